"""TIFFs that promise more than they hold are refused before anything is decoded."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from restore.codecs.reading import read
from restore.errors import InputError
from restore.image import Pixels

PHOTO: Pixels = (np.indices((40, 48)).sum(axis=0)[..., None] * [1, 2, 1]).astype(np.uint8)


def stored(**settings: Any) -> bytearray:
    file = io.BytesIO()
    tifffile.imwrite(file, PHOTO, photometric="rgb", metadata=None, **settings)
    return bytearray(file.getvalue())


def set_tag(data: bytearray, number: int, value: int) -> None:
    """Give a tag of the first directory a single LONG as its value."""
    entry = entry_of(data, number)
    data[entry + 2 : entry + 12] = struct.pack("<HII", 4, 1, value)


def entry_of(data: bytearray, number: int) -> int:
    """Return where the entry of a tag of the first directory begins."""
    (start,) = struct.unpack("<I", data[4:8])
    (count,) = struct.unpack("<H", data[start : start + 2])
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack("<H", data[entry : entry + 2])[0] == number:
            return entry
    raise AssertionError(f"there is no tag {number}")


def refused(path: Path, data: bytes, match: str) -> None:
    (path / "a.tif").write_bytes(data)
    with pytest.raises(InputError, match=match):
        read(path / "a.tif")


@pytest.mark.parametrize("compression", ["jpeg2000", "jpegxl", "webp", "lzma"])
def test_pictures_within_the_picture_are_refused_with_advice(tmp_path: Path, compression: str) -> None:
    """Their decoders make room for whatever size the inner picture states."""
    refused(tmp_path, bytes(stored(compression=compression)), "compressed by .*Convert it")


def test_a_jpeg_strip_larger_than_its_page_is_not_decoded(tmp_path: Path) -> None:
    data = stored(compression="jpeg")
    frame = data.find(b"\xff\xc0")
    assert frame > 0
    data[frame + 5 : frame + 9] = struct.pack(">HH", 60000, 60000)
    refused(tmp_path, bytes(data), "truncated")


def test_a_jpeg_strip_without_its_end_is_noticed(tmp_path: Path) -> None:
    """The decoder would fill the rest with grey."""
    data = bytes(stored(compression="jpeg"))
    assert data.rstrip(b"\0").endswith(b"\xff\xd9")
    refused(tmp_path, data[: data.rfind(b"\xff\xd9") - 30], "truncated")


def test_tiles_larger_than_any_picture_are_refused(tmp_path: Path) -> None:
    data = stored(compression="zlib", tile=(16, 16))
    set_tag(data, 322, 1 << 31)
    set_tag(data, 323, 1 << 31)
    refused(tmp_path, bytes(data), "truncated")


def test_missing_strips_are_not_filled_with_whatever_is_in_memory(tmp_path: Path) -> None:
    data = stored(compression="zlib", rowsperstrip=8)
    for number in (273, 279):
        entry = entry_of(data, number)
        assert data[entry + 4 : entry + 8] == struct.pack("<I", 5)
        data[entry + 4 : entry + 8] = struct.pack("<I", 4)
    refused(tmp_path, bytes(data), "truncated")


def test_an_unknown_order_of_samples_is_refused(tmp_path: Path) -> None:
    """Two thirds of the picture would be whatever is in memory."""
    data = stored(compression="jpeg")
    set_tag(data, 284, 4097)
    refused(tmp_path, bytes(data), "PlanarConfiguration.*damaged")


def test_a_strip_said_to_be_larger_than_the_file_takes_no_memory(tmp_path: Path) -> None:
    data = stored(compression="lzw")
    set_tag(data, 279, 3 << 30)
    refused(tmp_path, bytes(data), "truncated")


@pytest.mark.parametrize("compression", ["lzw", "zlib", "packbits", "jpeg"])
def test_a_strip_that_lacks_its_last_byte_is_noticed(tmp_path: Path, compression: str) -> None:
    """Half a code of LZW would be another code."""
    data = stored(compression=compression)
    end = struct.unpack("<II", b"".join(data[entry_of(data, n) + 8 : entry_of(data, n) + 12] for n in (273, 279)))
    refused(tmp_path, bytes(data[: sum(end) - 1]), "truncated")


def test_strips_left_out_on_purpose_are_a_warning(tmp_path: Path) -> None:
    data = stored(compression="zlib")
    set_tag(data, 279, 0)
    (tmp_path / "a.tif").write_bytes(data)
    image = read(tmp_path / "a.tif")
    assert image.metadata.warnings == ("Parts of it hold no data and were filled with black.",)
    assert not image.pixels.any()


def test_hundreds_of_samples_per_pixel_are_refused(tmp_path: Path) -> None:
    data = stored()
    set_tag(data, 277, 600)
    set_tag(data, 258, 8)
    (tmp_path / "a.tif").write_bytes(data)
    with pytest.raises(InputError, match="600 samples per pixel"):
        read(tmp_path / "a.tif", max_pixels=48 * 40)
