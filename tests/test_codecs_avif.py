"""AVIF: its depths and the orientation of its container."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from restore.codecs.avif import write as encode
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.image import Image, Metadata


@pytest.mark.parametrize("bits", [10, 12])
def test_10_and_12_bit_files_fill_the_16_bit_range(tmp_path: Path, bits: int) -> None:
    white = (1 << bits) - 1
    values = np.full((16, 16, 3), white, np.uint16)
    values[:8] = 0
    (tmp_path / "a.avif").write_bytes(imagecodecs.avif_encode(values, level=100, bitspersample=bits))
    pixels = read(tmp_path / "a.avif").pixels
    assert pixels.dtype == np.uint16
    assert set(pixels.ravel().tolist()) == {0, 65535}


def test_a_10_bit_file_comes_back_the_same_after_a_round_trip(tmp_path: Path) -> None:
    values = np.linspace(0, 1023, 64 * 64).reshape(64, 64, 1).repeat(3, axis=2).astype(np.uint16)
    (tmp_path / "a.avif").write_bytes(imagecodecs.avif_encode(values, level=100, bitspersample=10))
    image = read(tmp_path / "a.avif")
    write(image, tmp_path / "b.avif")
    assert np.abs(read(tmp_path / "b.avif").pixels.astype(int) - image.pixels).mean() < 64


def test_the_makers_notes_keep_their_bytes(tmp_path: Path) -> None:
    block = Pillow.Exif()
    block[0x0112] = 1
    block.get_ifd(0x8769)[0x927C] = b"private notes" * 9
    exif = block.tobytes()[6:]
    with (tmp_path / "a.avif").open("wb") as file:
        encode(Image(np.zeros((16, 16, 3), np.uint8), metadata=Metadata(exif=exif)), file, None, [])
    stored = read(tmp_path / "a.avif").metadata.exif
    assert stored is not None
    assert b"private notes" * 9 in stored
    assert len(stored) == len(exif), "only the orientation entry was taken out"


def test_the_quality_can_be_asked_for(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for pixels in (noise, noise.astype(np.uint16) * np.uint16(257)):
        for quality in (30, None):
            write(Image(pixels), tmp_path / f"{quality}.avif", quality)
        assert (tmp_path / "30.avif").stat().st_size < (tmp_path / "None.avif").stat().st_size
