"""`restore plugins new` writes plugins that pass their own tests and work at once; it never writes over anything."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.cli import main
from restore.plugin_manager import PluginManager
from tests.conftest import Outcome
from tests.fresh_environment import FreshEnvironment, fresh_environment

__all__ = ["fresh_environment"]

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("denoise", "upscale", "inpaint", "detect", "fuse")
"""Tasks that have templates of their own."""


@pytest.fixture
def new(run_cli: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs `restore plugins new` with the installed plugins in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run_cli(PluginManager.discover(), "plugins", "new", *arguments)


@pytest.fixture
def own_tests(
    new: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], ModuleType]]:
    """Writes a plugin for a task and imports its tests."""

    def written(task: str) -> ModuleType:
        assert new("mine", "--task", task).code == 0
        monkeypatch.syspath_prepend(str(tmp_path / "mine"))
        path = tmp_path / "mine" / "tests" / "test_restore_mine.py"
        spec = importlib.util.spec_from_file_location("its_own_tests", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield written
    for name in [name for name in sys.modules if name.split(".")[0] == "restore_mine"]:
        del sys.modules[name]


@pytest.mark.parametrize("task", KINDS)
def test_a_new_plugin_passes_its_own_tests(task: str, own_tests: Callable[[str], ModuleType], tmp_path: Path) -> None:
    tests = own_tests(task)
    found = [test for name, test in vars(tests).items() if name.startswith("test_")]
    assert len(found) == 3
    for test in found:
        test(*([tmp_path] if inspect.signature(test).parameters else []))


@pytest.mark.parametrize("task", ["dejpeg", "correct"])
def test_other_tasks_of_one_picture_differ_in_what_is_learned(
    task: str, own_tests: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    own_tests(task).test_it_learns_and_works_with_what_it_has_learned(tmp_path)
    lesson = {"dejpeg": "return jpeg(", "correct": "return fading("}[task]
    assert lesson in (tmp_path / "mine" / "restore_mine" / "train.py").read_text()


@pytest.mark.parametrize("task", KINDS)
def test_its_test_of_tiles_fails_where_the_network_sees_farther_than_it_says(
    task: str, own_tests: Callable[[str], ModuleType], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    tests = own_tests(task)
    plugin = importlib.import_module("restore_mine.plugin")
    short = plugin.SizeRule(multiple=1, halo=plugin.SIZE_RULE.halo - 1)
    for module in (tests, sys.modules.get("restore_mine.infer")):
        if hasattr(module, "SIZE_RULE"):
            vars(module)["SIZE_RULE"] = short
    with pytest.raises(AssertionError):
        tests.test_tiles_give_what_the_whole_picture_gives()


def test_what_is_written_keeps_the_rules_of_this_project(new: Callable[..., Outcome], tmp_path: Path) -> None:
    for task in (*KINDS, "dejpeg", "correct", "descratch"):
        assert new(f"my-{task}" if task != "descratch" else task, "--task", task).code == 0
    packages = [path.parent.name for path in tmp_path.glob("*/*/__init__.py")]
    assert len(packages) == 8
    names = ", ".join(f'"{name}"' for name in ["restore", *packages])
    for command in (["check", "--config", f"lint.isort.known-first-party=[{names}]"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--config", ROOT / "pyproject.toml", "--no-cache", tmp_path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_installed_and_restores_at_once(fresh_environment: FreshEnvironment, photo: Callable[..., Path]) -> None:
    """As a user would: written, installed, listed, run; here with a task of its own, which becomes a command."""
    folder = fresh_environment.folder
    photo(folder / "photo.png")
    fresh_environment.restore("plugins", "new", "descratch", "--task", "descratch")
    fresh_environment.pip("install", "--no-deps", "--no-build-isolation", "-e", "descratch")
    (line,) = [
        line for line in fresh_environment.restore("plugins").stdout.splitlines() if line.startswith("descratch ")
    ]
    assert line.split()[1:4] == ["0.1.0", "ok", "descratch"]
    done = fresh_environment.restore("descratch", "photo.png", "-o", "out.png")
    assert "descratch has learned nothing yet: give it --weights, see `restore train descratch`" in done.stderr
    before, after = (np.asarray(PillowImage.open(folder / name)) for name in ("photo.png", "out.png"))
    assert np.array_equal(before, after)


def test_the_answer_says_what_to_do_next(new: Callable[..., Outcome], tmp_path: Path) -> None:
    said = new("my-filler", "--task", "inpaint", "-o", "deep/inside").out
    assert said.splitlines() == [
        f"wrote {Path('deep/inside')}: 11 files, a plugin with the model 'my-filler' for `restore inpaint`.",
        "Now:",
        f"  pip install -e {Path('deep/inside')}",
        f"  pytest {Path('deep/inside')}",
        "  restore inpaint PHOTO -o OUT --mask MASK -m my-filler",
        "  restore train my-filler PHOTOS -o weights.safetensors",
        "Whether the name restore-my-filler is free on the package index was not looked up; do so before you publish.",
    ]
    assert (tmp_path / "deep" / "inside" / "restore_my_filler" / "plugin.py").is_file()


@pytest.mark.parametrize(
    ("name", "task", "reason"),
    [
        ("MyThing", "denoise", "a model cannot be called 'MyThing'"),
        ("MyThing", "denoise", "Write my-thing."),
        ("my_thing", "denoise", "Write my-thing."),
        ("3d", "denoise", "a model cannot be called '3d'"),
        ("../away", "denoise", "a model cannot be called '../away'"),
        ("a" * 31, "denoise", "at most 30 long"),
        ("", "denoise", "a model cannot be called ''"),
        ("nlm", "denoise", "there is a model 'nlm' already"),
        ("classic", "denoise", "there is a plugin 'classic' already"),
        ("core", "denoise", "there is a plugin 'core' already"),
        ("photos", "denoise", "a package restore-photos is installed already"),
        ("train", "train", "`restore train` is a command already"),
        ("mine", "denose", "there is no task 'denose'. Did you mean denoise? Tasks: denoise, correct,"),
        ("mine", "denose", "For a new command `restore mine` say --task mine."),
        ("mine", "degrade", "plugins do not add to"),
        ("mine", "stylize", "there is no template"),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out(
    name: str, task: str, reason: str, new: Callable[..., Outcome], tmp_path: Path
) -> None:
    outcome = new(name, "--task", task)
    assert outcome.code == 2 and reason in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_task_must_be_given(new: Callable[..., Outcome]) -> None:
    outcome = new("mine")
    assert outcome.code == 2 and "--task" in outcome.err


def test_nothing_is_written_over(new: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "novel.txt").write_text("Chapter 1")
    (tmp_path / "file").touch()
    for folder in ("mine", "file", "file/below"):
        outcome = new("mine", "--task", "denoise", "-o", folder)
        assert outcome.code == 4 and outcome.err.startswith(f"error: {Path(folder)}: ")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "mine", "novel.txt"]


def test_an_empty_folder_is_filled(new: Callable[..., Outcome], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert new("mine", "--task", "denoise").code == 0
    assert (tmp_path / "mine" / "pyproject.toml").is_file()


@pytest.mark.parametrize("place", [".", "../empty", "link"])
def test_an_empty_folder_stays_itself_however_it_is_named(
    new: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    before = (tmp_path / "empty").stat().st_ino
    if place != "link":
        monkeypatch.chdir(tmp_path / "empty")
    outcome = new("mine", "--task", "denoise", "-o", place)
    assert outcome.code == 0, outcome.err
    assert {path.name for path in (tmp_path / "empty").iterdir()} == {
        ".gitignore",
        "README.md",
        "pyproject.toml",
        "restore_mine",
        "tests",
    }
    assert (tmp_path / "empty").stat().st_ino == before and (tmp_path / "link").is_symlink()


def test_a_failure_half_way_leaves_nothing(
    new: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Path.write_text

    def full(path: Path, text: str, *rest: object, **more: object) -> int:
        if path.name == "train.py":
            raise OSError(28, "No space left on device")
        return written(path, text, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", full)
    outcome = new("mine", "--task", "denoise")
    assert outcome.code == 4 and "No space left on device" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_tasks_of_other_plugins_get_the_template_that_fits_their_models(
    run_cli: Callable[..., Outcome], painter: object, tmp_path: Path
) -> None:
    manager = PluginManager.of({"painter": painter})
    assert run_cli(manager, "plugins", "new", "mine", "--task", "inpaint", "-o", tmp_path / "mine").code == 0
    assert "needs=Needs.IMAGE_AND_MASK" in (tmp_path / "mine" / "restore_mine" / "plugin.py").read_text()


def test_the_group_its_command_hangs_on_shows_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "--help"]) == 0
    assert "new " in capsys.readouterr().out
    assert entry_points(group="restore.plugins")
