"""Runs of ``restore inpaint`` with an inpainter that paints white, and masks for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.codecs.reading import read
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny import Tiny
    from tests.tiny_neighbours import Painter

Photo = Callable[..., Path]
Inpaint = Callable[..., "Outcome"]
BOX = (slice(4, 8), slice(10, 15))


@pytest.fixture
def restore_(painter: Painter, tiny: Tiny, run_cli: Inpaint) -> Inpaint:
    """Runs ``restore`` in this process with an inpainter and the tiny plugin."""
    manager = PluginManager.of({"painter": painter, "tiny": tiny})
    return lambda *words: run_cli(manager, *words)


@pytest.fixture
def inpaint(restore_: Inpaint, tmp_path: Path) -> Inpaint:
    """``restore inpaint IN -o OUT`` with further words."""
    return lambda *words: restore_("inpaint", tmp_path / "in", "-o", tmp_path / "out", *words)


def mask(path: Path, *places: tuple[slice, slice], height: int = 16, width: int = 24) -> Path:
    """Paints a mask of the usual picture's size."""
    pixels = np.zeros((height, width), np.uint8)
    for place in places:
        pixels[place] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(pixels).save(path)
    return path


def check(source: Path, result: Path, places: Sequence[tuple[slice, slice]]) -> None:
    """The result is white in these places and the source everywhere else."""
    before, after = read(source), read(result)
    missing = np.zeros((before.height, before.width), np.bool_)
    for place in places:
        missing[place] = True
    assert missing.any() and (after.pixels[missing] == 255).all()
    assert np.array_equal(before.pixels[~missing], after.pixels[~missing])
