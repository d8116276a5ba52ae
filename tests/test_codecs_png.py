"""PNG: every kind of sample, transparency of palettes, and chunks."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import PngImagePlugin

from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.errors import InputError
from restore.image import Image, Metadata, Pixels


def photo() -> Pixels:
    y, x = np.mgrid[0:1:24j, 0:1:32j]
    out: Pixels = np.rint(np.dstack([x * 255, y * 255, (1 - x * y) * 200])).astype(np.uint8)
    return out


def with_chunk(path: Path, kind: bytes, body: bytes) -> None:
    """Put a chunk behind IHDR."""
    data = path.read_bytes()
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    path.write_bytes(data[:33] + chunk + data[33:])


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_palettes_are_expanded_to_colours(tmp_path: Path, bits: int) -> None:
    stored = Pillow.fromarray(photo()).quantize(2**bits)
    stored.save(tmp_path / "a.png", bits=bits)
    assert np.array_equal(read(tmp_path / "a.png").pixels, np.asarray(stored.convert("RGB")))


def test_the_transparency_of_a_palette_becomes_alpha(tmp_path: Path) -> None:
    stored = Pillow.fromarray(photo()).quantize(16)
    stored.save(tmp_path / "a.png", transparency=bytes(range(0, 160, 10)))
    image = read(tmp_path / "a.png")
    with Pillow.open(tmp_path / "a.png") as expected:
        rgba = np.asarray(expected.convert("RGBA"))
    assert image.alpha is not None
    assert np.array_equal(image.alpha, rgba[..., 3])
    assert np.array_equal(image.pixels, rgba[..., :3])


def test_a_transparent_colour_becomes_alpha(tmp_path: Path) -> None:
    Pillow.fromarray(photo()).save(tmp_path / "a.png", transparency=tuple(map(int, photo()[5, 5])))
    alpha = read(tmp_path / "a.png").alpha
    assert alpha is not None
    assert alpha[5, 5] == 0
    assert alpha[0, 0] == 255


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_of_few_bits_becomes_8_bit_grey(tmp_path: Path, mode: str) -> None:
    stored = Pillow.fromarray(photo()[..., 0]).convert(mode)
    stored.save(tmp_path / "a.png")
    image = read(tmp_path / "a.png")
    assert image.pixels.dtype == np.uint8
    assert image.channels == 1
    assert np.array_equal(image.pixels[..., 0], np.asarray(stored.convert("L")))


def test_the_depth_comes_from_the_header_and_not_from_the_values(tmp_path: Path) -> None:
    dark = (photo() // 4).astype(np.uint16)  # 16-bit file, 8-bit values
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(dark))
    image = read(tmp_path / "a.png")
    assert image.pixels.dtype == np.uint16
    assert np.array_equal(image.pixels, dark)


def test_interlaced_files_are_read(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 1)
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with (tmp_path / "a.png").open("ab") as file:
        for kind, body in ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0\1\2\3")), (b"IEND", b"")):
            file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)))
    assert read(tmp_path / "a.png").pixels.tolist() == [[[1, 2, 3]]]


def test_damaged_pixels_are_an_error(tmp_path: Path) -> None:
    write(Image(photo()), tmp_path / "a.png")
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[-40] ^= 0xFF
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(InputError, match="cannot be decoded as PNG"):
        read(tmp_path / "a.png")


def test_300_dots_per_inch_stay_300(tmp_path: Path) -> None:
    write(Image(photo(), metadata=Metadata(dpi=(300.0, 72.0))), tmp_path / "a.png")
    assert read(tmp_path / "a.png").metadata.dpi == (300.0, 72.0)


def test_exif_and_iptc_in_imagemagicks_form_are_understood(tmp_path: Path) -> None:
    def raw(name: str, body: bytes) -> str:
        return f"\n{name}\n{len(body):8d}\n{body.hex()}\n"

    block = Pillow.Exif()
    block[0x010F] = "Maker"
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", raw("exif", block.tobytes()), zip=True)
    info.add_text("Raw profile type iptc", raw("iptc", b"8BIM\x04\x04\0\0\0\0\0\x02ab"))
    Pillow.fromarray(photo()).save(tmp_path / "a.png", pnginfo=info)
    metadata = read(tmp_path / "a.png").metadata
    assert metadata.exif is not None
    assert b"Maker" in metadata.exif
    assert metadata.iptc == b"8BIM\x04\x04\0\0\0\0\0\x02ab"


def test_compressed_xmp_is_understood(tmp_path: Path) -> None:
    write(Image(photo()), tmp_path / "a.png")
    with_chunk(tmp_path / "a.png", b"iTXt", b"XML:com.adobe.xmp\0\1\0en\0\0" + zlib.compress(b"<xmp/>"))
    assert read(tmp_path / "a.png").metadata.xmp == b"<xmp/>"


@pytest.mark.parametrize(
    ("kind", "body"),
    [(b"iCCP", b"x\0\0not zlib"), (b"iTXt", b"XML:com.adobe.xmp\0"), (b"pHYs", b"\0\0\0\0\0\0\0\0\1")],
)
def test_damaged_chunks_cost_no_picture(tmp_path: Path, kind: bytes, body: bytes) -> None:
    write(Image(photo()), tmp_path / "a.png")
    with_chunk(tmp_path / "a.png", kind, body)
    assert np.array_equal(read(tmp_path / "a.png").pixels, photo())


def test_a_metadata_bomb_is_left_out_with_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restore.codecs.png.MAX_METADATA", 1000)
    write(Image(photo()), tmp_path / "a.png")
    with_chunk(tmp_path / "a.png", b"iCCP", b"x\0\0" + zlib.compress(bytes(2000)))
    metadata = read(tmp_path / "a.png").metadata
    assert metadata.icc is None
    assert any("iCCP" in warning for warning in metadata.warnings)


def test_a_gamma_that_is_not_kept_is_said(tmp_path: Path) -> None:
    write(Image(photo()), tmp_path / "a.png")
    with_chunk(tmp_path / "a.png", b"gAMA", struct.pack(">I", 100000))
    assert any("gamma" in sentence for sentence in read(tmp_path / "a.png").metadata.left_out)


def test_an_rgb_profile_in_a_grey_picture_is_left_out_with_a_warning(tmp_path: Path) -> None:
    icc = bytearray(200)
    icc[16:20], icc[36:40] = b"RGB ", b"acsp"
    warnings = write(Image(photo()[..., :1], metadata=Metadata(icc=bytes(icc))), tmp_path / "a.png")
    assert warnings == ("PNG allows no RGB colour profile in a grey picture; it was left out.",)
