"""Shared by several test files: tiny plugins, pictures, and the command line run in-process."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from restore.job import Job
from restore.journal import FOLDER
from restore.planning import plan
from restore.plugin_manager import PluginManager
from tests.tiny import Tiny
from tests.tiny_neighbours import Averager, Painter, Spotter

# Set before torch is imported, which reads it once: its threads wait for each other asleep. Otherwise they spin, and
# beside other work on the machine the small networks of tests then take more than ten times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")


@dataclass(frozen=True)
class Outcome:
    """What a command gave."""

    code: int
    out: str
    err: str


def pytest_collection_finish() -> None:
    """Leave out of every later collection of garbage what is loaded by now: all tests, and the libraries they use.

    Every run begins with a full collection (`restore.memory.give_back`). Among so many objects each took 0.4 s.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def no_own_weights(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models take what they ship with, whatever the developer who runs the tests has made their default."""
    monkeypatch.setenv("RESTORE_WEIGHTS", str(tmp_path_factory.getbasetemp() / "own-weights"))


@pytest.fixture
def tiny() -> Tiny:
    return Tiny()


@pytest.fixture
def tiny_manager(tiny: Tiny) -> PluginManager:
    return PluginManager.of({"tiny": tiny})


@pytest.fixture
def job(tiny: Tiny, tmp_path: Path) -> Callable[..., Job]:
    """Makes jobs of the tiny restorer, from the folder `in` into the folder `out`."""

    def make(strength: float = 1.0, trouble: str = "", overwrite: bool = False) -> Job:
        the_plan = plan([str(tmp_path / "in")], tmp_path / "out", overwrite=overwrite)
        options = tiny.options(strength=strength, trouble=trouble)
        return Job(the_plan, tiny.spec, options, overwrite=overwrite)

    return make


@pytest.fixture
def averager() -> Averager:
    return Averager()


@pytest.fixture
def painter() -> Painter:
    return Painter()


@pytest.fixture
def spotter() -> Spotter:
    return Spotter()


@pytest.fixture
def photo() -> Callable[..., Path]:
    """Writes a small picture with structure in it; the suffix says the format."""
    from PIL import Image as PillowImage

    def write(path: Path, width: int = 24, height: int = 16, mode: str = "RGB") -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        rows, columns = (steps.astype(np.uint8) for steps in np.ogrid[:height, :width])  # which begin again after 255
        pixels = np.empty((height, width, 3), np.uint8)
        pixels[..., 0], pixels[..., 1], pixels[..., 2] = rows * np.uint8(7), columns * np.uint8(5), rows + columns
        PillowImage.fromarray(pixels).convert(mode).save(path)
        return path

    return write


@pytest.fixture
def run_cli(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Runs ``restore`` in this process with any plugins."""
    from restore.cli import main

    def call(manager: PluginManager, *arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments], manager)
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return call


@pytest.fixture
def cli(tiny_manager: PluginManager, run_cli: Callable[..., Outcome]) -> Callable[..., Outcome]:
    """Runs ``restore`` in this process with the tiny plugin."""
    return lambda *arguments: run_cli(tiny_manager, *arguments)


@pytest.fixture
def listing_of() -> Callable[[Path], list[str]]:
    """All names below a folder, hidden ones too: shows whether something half-written was left behind.

    A journal, and a folder that holds nothing else, are part of every run and not listed.
    """

    def names(folder: Path) -> list[str]:
        return sorted(
            str(path.relative_to(folder))
            for path in folder.rglob("*")
            if FOLDER not in path.relative_to(folder).parts
            and not (path.is_dir() and [child.name for child in path.iterdir()] == [FOLDER])
        )

    return names
