"""HEIC and HEIF, read through their extra."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image as Pillow

from restore.codecs.reading import read
from restore.errors import InputError
from restore.image import Pixels


def photo() -> Pixels:
    y, x = np.mgrid[0:1:48j, 0:1:64j]
    out: Pixels = np.rint(np.dstack([x * 255, y * 255, (1 - x * y) * 200])).astype(np.uint8)
    return out


def test_pixels_and_metadata_arrive(tmp_path: Path) -> None:
    block = Pillow.Exif()
    block[0x010F] = "Maker"
    heif = pillow_heif.from_pillow(Pillow.fromarray(photo()))
    heif.save(tmp_path / "a.heic", quality=95, exif=block.tobytes(), xmp=b"<x/>")
    image = read(tmp_path / "a.heic")
    assert image.metadata.source_format == "HEIF"
    assert np.abs(image.pixels.astype(int) - photo()).mean() < 4
    assert image.metadata.exif is not None
    assert b"Maker" in image.metadata.exif
    assert image.metadata.xmp == b"<x/>"


def test_10_bits_fill_the_16_bit_range(tmp_path: Path) -> None:
    white = np.full((48, 64, 3), 65535, np.uint16)
    pillow_heif.from_bytes("RGB;16", (64, 48), white.tobytes()).save(tmp_path / "a.heic", quality=95)
    pixels = read(tmp_path / "a.heic").pixels
    assert pixels.dtype == np.uint16
    assert pixels.min() > 65000
    assert pixels.max() == 65535


def test_alpha_and_grey_are_kept(tmp_path: Path) -> None:
    pillow_heif.from_pillow(Pillow.fromarray(photo()[..., 0])).save(tmp_path / "grey.heic", quality=95)
    assert read(tmp_path / "grey.heic").channels == 1
    rgba = Pillow.fromarray(np.dstack([photo(), photo()[..., 0]]))
    pillow_heif.from_pillow(rgba).save(tmp_path / "alpha.heic", quality=95)
    assert read(tmp_path / "alpha.heic").alpha is not None


def test_several_pictures_give_the_primary_one_with_a_warning(tmp_path: Path) -> None:
    heif = pillow_heif.from_pillow(Pillow.fromarray(photo()))
    heif.add_from_pillow(Pillow.fromarray(photo()[:32, :32]))
    heif.save(tmp_path / "a.heic", quality=95, primary_index=0)
    image = read(tmp_path / "a.heic")
    assert image.width == 64
    assert any("It holds 2 pictures" in sentence for sentence in image.metadata.left_out)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_an_input_error(tmp_path: Path, kept: float) -> None:
    pillow_heif.from_pillow(Pillow.fromarray(photo())).save(tmp_path / "a.heic", quality=95)
    data = (tmp_path / "a.heic").read_bytes()
    (tmp_path / "a.heic").write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(InputError, match=r"a\.heic"):
        read(tmp_path / "a.heic")


def test_too_many_pixels_are_refused(tmp_path: Path) -> None:
    pillow_heif.from_pillow(Pillow.fromarray(photo())).save(tmp_path / "a.heic", quality=95)
    with pytest.raises(InputError, match="--max-pixels"):
        read(tmp_path / "a.heic", max_pixels=100)


def test_without_the_extra_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pillow_heif.from_pillow(Pillow.fromarray(photo())).save(tmp_path / "a.heic", quality=95)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(InputError, match=r"needs the extra `heif`.*restore-photos\[heif\]"):
        read(tmp_path / "a.heic")
