"""What the README says, works: continuous integration takes its set-up commands from there, all others run here."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")

SET_UP = [
    "pip install . && restore denoise sample_images -o restored",
    'pip install ".[test]" && pytest -n 2 --dist loadfile',
]


def shell_blocks(text: str) -> list[list[str]]:
    """The lines of each ``sh`` block, without blank lines and comments of their own."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [[line for line in block.splitlines() if line.strip() and not line.startswith("#")] for block in blocks]


def restore_commands(block: list[str]) -> list[list[str]]:
    """The arguments of each ``restore`` command in a block, as a shell would split them."""
    commands = [shlex.split(part, comments=True) for line in block for part in line.split(" && ")]
    return [words[1:] for words in commands if words and words[0] == "restore"]


BLOCKS = [commands for block in shell_blocks(README) if (commands := restore_commands(block))]


@pytest.mark.parametrize(
    "commands", BLOCKS, ids=[" · ".join(" ".join(words[:2]) for words in block) for block in BLOCKS]
)
def test_commands_in_the_readme_run(
    commands: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each block from a folder with nothing but samples and examples, its commands in order."""
    from restore.cli import main

    for samples in ("sample_images", "sample_series", "docs/examples"):
        shutil.copytree(ROOT / samples, tmp_path / samples)
    monkeypatch.chdir(tmp_path)
    for arguments in commands:
        assert main(arguments) == 0, f"restore {shlex.join(arguments)}: {capsys.readouterr().err}"
        if "-o" in arguments and "--dry-run" not in arguments:
            assert (tmp_path / arguments[arguments.index("-o") + 1]).exists()


def test_every_code_block_is_one_that_these_tests_run() -> None:
    """A block without a language, or with another one, would escape."""
    assert set(re.findall(r"^```(\w*)$", README, flags=re.MULTILINE)) == {"sh", ""}
    lines = [line for block in shell_blocks(README) for line in block]
    assert [line for line in lines if not line.startswith("restore ")] == SET_UP


def test_the_set_up_commands_are_taken_from_the_readme_by_the_continuous_integration() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    pattern = re.search(r"grep -E '([^']+)' README\.md", script)
    assert pattern, ".ci/run reads the set-up commands from the README"
    assert re.findall(f"(?m){pattern[1]}.*$", README) == SET_UP


def test_links_and_pictures_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_exit_codes_are_those_of_the_program() -> None:
    from restore.errors import ExitCode

    assert [int(code) for code in re.findall(r"^\| (\d+) \|", README, flags=re.MULTILINE)] == sorted(ExitCode)


def test_the_table_of_models_lists_what_the_bundled_plugins_provide() -> None:
    from restore.plugin_manager import PluginManager

    listed = set(re.findall(r"^\| `([\w-]+)`", README.partition("## Models")[2], flags=re.MULTILINE))
    ours = {
        name for plugin in PluginManager.discover().plugins() if is_bundled(plugin.module) for name in plugin.restorers
    }
    assert listed == ours


def is_bundled(module: str) -> bool:
    """Whether a plugin's module is one of this repository's."""
    return (ROOT / "plugins" / module.split(".")[0]).is_dir()
