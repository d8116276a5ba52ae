"""Every hook is a contract: it has a docstring, a place in the guide for plugin authors, and a test that uses it.

The plugin of the guide is run as it stands there.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from restore import hookspecs
from restore.errors import UsageError
from restore.options import build_options
from restore.plugin_manager import PluginManager
from restore.testing import check_restorer

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "plugins" / "README.md").read_text("utf-8")
HOOKS: dict[str, Callable[..., object]] = {
    name: function for name, function in vars(hookspecs).items() if hasattr(function, "restore_spec")
}


def blocks(language: str) -> list[str]:
    """The code of the guide in one language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def despeckle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The guide's plugin, written to a file and "installed" as the guide's pyproject.toml says."""
    (tmp_path / "restore_despeckle.py").write_text(blocks("python")[0])
    project = tomllib.loads(blocks("toml")[0])["project"]
    information = tmp_path / f"restore_despeckle-{project['version']}.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    entries = "".join(f"{name} = {value}\n" for name, value in project["entry-points"]["restore.plugins"].items())
    (information / "entry_points.txt").write_text(f"[restore.plugins]\n{entries}")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("restore_despeckle")
    del sys.modules["restore_despeckle"]


def test_there_are_the_hooks_of_the_design() -> None:
    assert set(HOOKS) == {
        "provide_restorers",
        "read_image",
        "write_image",
        "provide_metrics",
        "run_finished",
        "register_commands",
    }


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_says_what_it_is_for_and_when_it_is_called(name: str) -> None:
    contract = inspect.getdoc(HOOKS[name]) or ""
    assert re.search(r"\b[Cc]alled\b", contract), f"{name} does not say when it is called"


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_stands_in_the_guide_with_its_arguments(name: str) -> None:
    arguments = ", ".join(inspect.signature(HOOKS[name]).parameters)
    assert f"`{name}({arguments})`" in GUIDE


def test_the_guide_has_no_hook_that_does_not_exist() -> None:
    in_table = re.findall(r"^\| `(\w+)\(", GUIDE, re.MULTILINE)
    assert in_table == list(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_implemented_by_a_sound_and_by_a_broken_plugin_of_the_tests(name: str) -> None:
    implementing = set()
    for path in (ROOT / "tests" / "broken_plugins").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == name and node.decorator_list:
                implementing.add(path.stem)
    assert {"good_neighbour", "raises_everywhere"} <= implementing


def test_the_guides_plugin_is_found_through_its_entry_point(
    despeckle: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESTORE_PLUGINS", "despeckle")
    manager = PluginManager.discover()
    (info,) = manager.plugins()
    assert (info.name, info.version, info.problem) == ("despeckle", "0.1.0", None)
    assert manager.restorer("despeckle") is despeckle.SPEC


def test_the_guides_plugin_keeps_all_rules(despeckle: ModuleType) -> None:
    check_restorer(despeckle.SPEC)


def test_the_guides_own_test_passes(despeckle: ModuleType) -> None:
    names: dict[str, Callable[[], None]] = {}
    exec(compile(blocks("python")[1], "plugins/README.md", "exec"), names)
    names["test_despeckle_keeps_the_rules"]()


def test_the_guides_options_refuse_what_is_out_of_range(despeckle: ModuleType) -> None:
    with pytest.raises(UsageError, match=r"--strength: '2' is not allowed; give a number from 0 to 1\."):
        build_options(despeckle.DespeckleOptions, {"strength": "2"})


def test_the_guides_shell_commands_exist(despeckle: ModuleType) -> None:
    from restore.cli.main import build

    cli = build(PluginManager.of({"despeckle": despeckle}))
    used = re.findall(r"^restore (\w+)", "\n".join(blocks("sh")), re.MULTILINE)
    assert used and set(used) <= set(cli.commands)
