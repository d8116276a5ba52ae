"""BMP of every kind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.image import Image, Metadata, Pixels


def photo() -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (21, 33, 3), dtype=np.uint8)


def test_palettes_become_colours(tmp_path: Path) -> None:
    stored = Pillow.fromarray(photo()).quantize(50)
    stored.save(tmp_path / "a.bmp")
    assert np.array_equal(read(tmp_path / "a.bmp").pixels, np.asarray(stored.convert("RGB")))


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_and_black_and_white_become_8_bit_grey(tmp_path: Path, mode: str) -> None:
    stored = Pillow.fromarray(photo()[..., 0]).convert(mode)
    stored.save(tmp_path / "a.bmp")
    assert np.array_equal(read(tmp_path / "a.bmp").pixels[..., 0], np.asarray(stored.convert("L")))


def test_resolution_is_kept(tmp_path: Path) -> None:
    write(Image(photo(), metadata=Metadata(dpi=(300.0, 72.0))), tmp_path / "a.bmp")
    assert read(tmp_path / "a.bmp").metadata.dpi == (300.0, 72.0)


def test_pillow_sees_the_alpha_we_write(tmp_path: Path) -> None:
    write(Image(photo(), photo()[..., 0].copy()), tmp_path / "a.bmp")
    with Pillow.open(tmp_path / "a.bmp") as seen:
        assert np.array_equal(np.asarray(seen), np.dstack([photo(), photo()[..., 0]]))


def test_an_absurd_resolution_is_clipped_to_what_the_header_holds(tmp_path: Path) -> None:
    write(Image(photo(), metadata=Metadata(dpi=(1e9, 1e-9))), tmp_path / "a.bmp")
    dpi = read(tmp_path / "a.bmp").metadata.dpi
    assert dpi is not None
    assert dpi[0] > 5e7 and dpi[1] < 0.1
