"""What is no picture, not a whole one, too large or one of several is refused with its name and the next step."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from restore.codecs.reading import read
from restore.errors import InputError
from restore.image import Pixels

SIZE = (53, 37)  # width, height


def picture() -> Pixels:
    """A smooth picture that does not compress so well that the end of a file holds none of it."""
    y, x = np.mgrid[0 : 1 : SIZE[1] * 1j, 0 : 1 : SIZE[0] * 1j]
    out: Pixels = np.rint(np.dstack([x * 255, y * 255, (1 - x * y) * 200])).astype(np.uint8)
    return out


def saved(name: str, path: Path, **settings: Any) -> Path:
    Pillow.fromarray(picture()).save(path / name, **settings)
    return path / name


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.jpg: does not exist"):
        read(tmp_path / "no.jpg")


def test_a_folder_is_not_a_picture(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        read(tmp_path / "a.jpg")


def test_text_renamed_is_not_a_picture(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("Dear diary, today I renamed a file.")
    with pytest.raises(InputError, match=r"is not a picture.*named \.jpg but does not begin like one"):
        read(tmp_path / "a.jpg")


def test_a_file_without_read_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved("a.png", tmp_path)
    if os.geteuid() == 0:  # root may read everything, so the system's refusal is played

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    path.chmod(0)
    with pytest.raises(InputError, match=r"a\.png: may not be read: permission denied"):
        read(path)


TRUNCATED = [
    ("a.jpg", {}),
    ("a.jpg", {"progressive": True}),
    ("a.png", {}),
    ("a.tif", {}),
    ("a.tif", {"compression": "tiff_lzw"}),
    ("a.tif", {"compression": "tiff_adobe_deflate"}),
    ("a.webp", {}),
    ("a.webp", {"lossless": True}),
    ("a.avif", {}),
    ("a.bmp", {}),
    ("a.ppm", {}),
    ("a.gif", {}),
]


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
@pytest.mark.parametrize(("name", "settings"), TRUNCATED)
def test_half_a_file_is_never_half_a_picture(
    tmp_path: Path, name: str, settings: dict[str, object], kept: float
) -> None:
    path = saved(name, tmp_path, **settings)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(InputError, match=r"damaged or incomplete") as caught:
        read(path)
    assert caught.value.path == path


def test_the_rest_of_a_broken_transfer_filled_with_zeros_is_noticed(tmp_path: Path) -> None:
    path = saved("a.jpg", tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) // 2))
    with pytest.raises(InputError, match="truncated"):
        read(path)


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"")
    idat = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + idat


def jpeg_header(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\x01\x01\x00\x00\x3f\x00"
    return b"\xff\xd8\xff\xc0\x00\x0b" + frame + b"\xff\xda\x00\x08" + scan + b"\0\0\xff\xd9"


def bmp_header(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def tiff_header(width: int, height: int) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((1, 1), np.uint8), metadata=None)
    data = bytearray(file.getvalue())
    for code, value in ((256, width), (257, height)):
        entry = data.find(struct.pack("<HH", code, 4))
        data[entry + 8 : entry + 12] = struct.pack("<I", value)
    return bytes(data)


HEADERS: dict[str, Callable[[int, int], bytes]] = {
    "a.png": png_header,
    "a.jpg": jpeg_header,
    "a.bmp": bmp_header,
    "a.tif": tiff_header,
    "a.ppm": lambda width, height: f"P6\n{width} {height}\n255\n".encode(),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_promises_too_many_pixels_is_refused_before_decoding(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HEADERS[name](65500, 65500))
    with pytest.raises(InputError, match=r"65500 x 65500 pixels, 4,290 megapixels; the limit is 500.*--max-pixels"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", HEADERS)
def test_a_picture_of_no_pixels_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HEADERS[name](0, 0))
    with pytest.raises(InputError):
        read(tmp_path / name)


def test_a_bomb_below_the_limit_is_refused_without_its_memory(tmp_path: Path) -> None:
    """65500 x 7000 is legal, but 8 bytes of data cannot hold it."""
    (tmp_path / "a.png").write_bytes(png_header(65500, 7000))
    with pytest.raises(InputError, match="truncated"):
        read(tmp_path / "a.png")


def test_the_limit_is_the_callers(tmp_path: Path) -> None:
    path = saved("a.png", tmp_path)
    assert read(path, max_pixels=SIZE[0] * SIZE[1]).width == SIZE[0]
    with pytest.raises(InputError, match="--max-pixels"):
        read(path, max_pixels=SIZE[0] * SIZE[1] - 1)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.bmp", "a.ppm", "a.gif"])
@pytest.mark.filterwarnings("error")
def test_legal_sizes_never_meet_pillows_own_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = saved(name, tmp_path)
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", 10)
    assert read(path).width == SIZE[0]


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.avif"])
def test_an_animation_is_refused_with_its_number_of_frames(tmp_path: Path, name: str) -> None:
    frames = [Pillow.fromarray(np.roll(picture(), 9 * i, axis=1)) for i in range(3)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=r"an animation of 3 frames.*Split it"):
        read(tmp_path / name)
