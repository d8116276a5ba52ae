"""Headers: what they say agrees with what is read later, and asking is cheap and never an error."""

from __future__ import annotations

import itertools
import random
import struct
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image as Pillow

from restore.codecs.header import Header, peek
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.image import Image, Pixels


def pixels(dtype: str, channels: int) -> Pixels:
    rng = np.random.default_rng(1)
    if dtype == "float32":
        return rng.random((20, 30, channels), np.float32)
    return rng.integers(0, np.iinfo(dtype).max, (20, 30, channels), dtype=dtype)


def agrees_with_the_reader(path: Path) -> Header:
    """The header, compared with the decoded picture."""
    header, image = peek(path), read(path)
    assert header is not None
    assert (header.width, header.height) == (image.width, image.height)
    assert header.channels == image.channels
    assert header.bits == image.pixels.itemsize * 8
    assert header.alpha == (image.alpha is not None)
    assert header.format == image.metadata.source_format
    assert header.bytes == image.pixels.nbytes + (0 if image.alpha is None else image.alpha.nbytes)
    return header


WRITTEN = [
    (suffix, dtype, channels, alpha)
    for suffix, dtypes in {
        ".jpg": ["uint8"],
        ".png": ["uint8", "uint16"],
        ".tif": ["uint8", "uint16", "float32"],
        ".webp": ["uint8"],
        ".avif": ["uint8", "uint16"],
        ".bmp": ["uint8"],
        ".ppm": ["uint8", "uint16"],
    }.items()
    for dtype, channels, alpha in itertools.product(dtypes, (1, 3), (False, True))
    if not (alpha and suffix in (".jpg", ".ppm"))
]


@pytest.mark.parametrize(("suffix", "dtype", "channels", "alpha"), WRITTEN)
def test_the_header_says_what_is_read(tmp_path: Path, suffix: str, dtype: str, channels: int, alpha: bool) -> None:
    path = tmp_path / f"a{suffix}"
    write(Image(pixels(dtype, channels), pixels(dtype, 1)[..., 0] if alpha else None), path)
    agrees_with_the_reader(path)


def test_so_does_that_of_files_of_other_programs(tmp_path: Path) -> None:
    colour = Pillow.fromarray(pixels("uint8", 3))
    transparent = colour.convert("P")
    transparent.info["transparency"] = 3
    clear = Pillow.new("RGB", colour.size, "blue")
    clear.putalpha(Pillow.linear_gradient("L").resize(colour.size))
    pictures = {
        "cmyk.jpg": colour.convert("CMYK"),
        "palette.png": colour.convert("P"),
        "transparent.png": transparent,
        "bits.png": colour.convert("1"),
        "grey.gif": colour.convert("L"),
        "colour.gif": colour.convert("P"),
        "transparent.gif": transparent,
        "palette.tif": colour.convert("P"),
        "cmyk.tif": colour.convert("CMYK"),
        "bits.tif": colour.convert("1"),
        "palette.bmp": colour.convert("P"),
        "bits.pbm": colour.convert("1"),
        "clear.webp": clear,
        "colour.heic": colour.resize((64, 48)),
    }
    pillow_heif.register_heif_opener()
    for name, picture in pictures.items():
        picture.save(tmp_path / name)
        agrees_with_the_reader(tmp_path / name)


def test_10_bit_heic_is_16_bit(tmp_path: Path) -> None:
    white = np.full((48, 64, 3), 65535, np.uint16)
    pillow_heif.from_bytes("RGB;16", (64, 48), white.tobytes()).save(tmp_path / "a.heic")
    assert agrees_with_the_reader(tmp_path / "a.heic").bits == 16


def test_the_thumbnail_in_front_of_a_tiff_is_not_the_picture(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        tif.write(np.zeros((4, 6), np.uint8), subfiletype=1)
        tif.write(np.zeros((40, 60, 3), np.uint16), photometric="rgb")
    assert agrees_with_the_reader(tmp_path / "a.tif").megapixels == pytest.approx(0.0024)


def test_a_comment_in_a_netpbm_header_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5\n# by hand\n2 3 # wide, high\n65535\n" + bytes(12))
    assert agrees_with_the_reader(tmp_path / "a.pgm").bits == 16


def test_the_content_and_not_the_suffix_says_what_a_file_is(tmp_path: Path) -> None:
    Pillow.new("L", (3, 2)).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert peek(tmp_path / "a.jpg") == Header(3, 2, 1, 8, False, "PNG")


def bomb_png(path: Path) -> Path:
    """A PNG that promises 60000 x 60000 pixels and holds none."""
    ihdr = struct.pack(">IIBBBBB", 60000, 60000, 16, 6, 0, 0, 0)
    chunks = [(b"IHDR", ihdr), (b"IDAT", b""), (b"IEND", b"")]
    body = b"".join(struct.pack(">I", len(b)) + k + b + struct.pack(">I", zlib.crc32(k + b)) for k, b in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    return path


def test_a_bomb_is_only_weighed(tmp_path: Path) -> None:
    bombs = [bomb_png(tmp_path / "a.png"), tmp_path / "a.ppm", tmp_path / "a.webp", tmp_path / "a.bmp"]
    bombs[1].write_bytes(b"P6 60000 60000 255\n")
    bombs[2].write_bytes(b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0\xff\x3f\0\xff\x3f\0")
    bombs[3].write_bytes(b"BM" + struct.pack("<IIIIiiHHIIiiII", 54, 0, 54, 40, 60000, 60000, 1, 24, 0, 0, 0, 0, 0, 0))
    headers = [peek(path) for path in bombs]
    assert [header and (header.width, header.height) for header in headers] == [
        (60000, 60000), (60000, 60000), (16384, 16384), (60000, 60000),
    ]  # fmt: skip
    assert headers[0] is not None and headers[0].bytes == 60000 * 60000 * 8


def test_what_is_damaged_unknown_or_missing_has_no_header(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert peek(tmp_path / "missing.jpg") is None
    assert peek(tmp_path) is None
    (tmp_path / "notes.txt").write_text("no picture")
    assert peek(tmp_path / "notes.txt") is None
    (tmp_path / "empty.png").write_bytes(b"")
    assert peek(tmp_path / "empty.png") is None
    pillow_heif.register_heif_opener()
    (tmp_path / "claims.nef").write_bytes(b"no photo " * 50)
    assert peek(tmp_path / "claims.nef") is None
    (tmp_path / "damaged.tif").write_bytes(b"II*\0\xff\xff\0\0" + bytes(50))
    assert peek(tmp_path / "damaged.tif") is None
    Pillow.new("RGB", (64, 48)).save(tmp_path / "a.heic")
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    assert peek(tmp_path / "a.heic") is None, "the extra is not installed"
    assert capfd.readouterr() == ("", "")


def test_no_beginning_of_a_file_and_no_flipped_bits_make_it_raise_or_print(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = random.Random(1)
    for suffix in (".jpg", ".png", ".tif", ".webp", ".avif", ".bmp", ".ppm", ".gif"):
        path = tmp_path / f"a{suffix}"
        Pillow.fromarray(pixels("uint8", 3)).save(path)
        data = path.read_bytes()
        for size in range(0, 120):
            path.write_bytes(data[:size])
            peek(path)
            flipped = bytearray(data)
            for _ in range(3):
                flipped[rng.randrange(120)] = rng.randrange(256)
            path.write_bytes(flipped)
            peek(path)
    assert capfd.readouterr() == ("", "")


def test_ten_thousand_thumbnails_take_seconds(tmp_path: Path) -> None:
    for suffix in (".jpg", ".png", ".tif", ".webp"):
        path = tmp_path / f"a{suffix}"
        Pillow.fromarray(pixels("uint8", 3)).save(path)
        peek(path)
        began = time.perf_counter()
        for _ in range(100):
            peek(path)
        assert (time.perf_counter() - began) / 100 < 0.002, suffix  # 0.01 to 0.05 ms where nothing else runs
