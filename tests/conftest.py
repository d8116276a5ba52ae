"""Shared by several test files: tiny plugins, pictures, and the command line run in-process."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from restore.journal import FOLDER
from restore.plugin_manager import PluginManager
from tests.tiny import Tiny
from tests.tiny_neighbours import Averager, Painter, Spotter


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
        rows, columns = np.mgrid[:height, :width]
        pixels = np.stack([rows * 7 % 256, columns * 5 % 256, (rows + columns) % 256], axis=2).astype(np.uint8)
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
