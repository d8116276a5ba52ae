"""TIFF: what scanners, cameras and editors write."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from restore.codecs import embedded, exif, ifd
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.errors import InputError
from restore.image import Image, Metadata, Pixels


def photo(dtype: str = "uint8", channels: int = 3) -> Pixels:
    y, x = np.mgrid[0:1:40j, 0:1:56j]
    base = np.dstack([x, y, 1 - x * y, x * y])[..., :channels]
    return base.astype(np.float32) if dtype == "float32" else np.rint(base * np.iinfo(dtype).max).astype(dtype)


def stored(path: Path, data: Pixels, **settings: Any) -> Path:
    tifffile.imwrite(path / "a.tif", data, metadata=None, **settings)
    return path / "a.tif"


LAYOUTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "lzw": {"compression": "lzw", "predictor": True},
    "deflate": {"compression": "adobe_deflate", "predictor": True},
    "old deflate": {"compression": "deflate"},
    "packbits": {"compression": "packbits"},
    "zstd": {"compression": "zstd"},
    "tiles": {"tile": (16, 32), "compression": "lzw"},
    "big endian": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True},
    "one row per strip": {"rowsperstrip": 1},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_layout_gives_the_values_as_stored(tmp_path: Path, layout: str, dtype: str, channels: int) -> None:
    data = photo(dtype, channels)
    settings = {"photometric": "rgb" if channels == 3 else "minisblack", **LAYOUTS[layout]}
    image = read(stored(tmp_path, data if channels == 3 else data[..., 0], **settings))
    assert image.pixels.dtype == np.dtype(dtype)
    assert np.array_equal(image.pixels, data)
    assert image.pixels.flags.c_contiguous


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_separate_planes_are_put_together(tmp_path: Path, dtype: str) -> None:
    planes = np.moveaxis(photo(dtype, 4), -1, 0)
    path = stored(tmp_path, planes, photometric="rgb", planarconfig="separate", extrasamples=["unassalpha"])
    image = read(path)
    assert np.array_equal(image.pixels, photo(dtype))
    assert image.alpha is not None
    assert np.array_equal(image.alpha, photo(dtype, 4)[..., 3])


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_white_is_zero_is_turned_round(tmp_path: Path, dtype: str) -> None:
    data = photo(dtype, 1)
    path = stored(tmp_path, np.iinfo(dtype).max - data[..., 0], photometric="miniswhite")
    assert np.array_equal(read(path).pixels, data)


@pytest.mark.parametrize("compression", [None, "group4", "tiff_lzw"])
def test_scans_of_one_bit_become_8_bit_grey(tmp_path: Path, compression: str | None) -> None:
    scan = Pillow.fromarray(photo()[..., 0] > 100)
    scan.save(tmp_path / "a.tif", compression=compression)
    image = read(tmp_path / "a.tif")
    assert np.array_equal(image.pixels[..., 0], np.asarray(scan.convert("L")))
    write(image, tmp_path / "b.tif")
    assert np.array_equal(read(tmp_path / "b.tif").pixels, image.pixels)


def test_palettes_are_expanded(tmp_path: Path) -> None:
    picture = Pillow.fromarray(photo()).quantize(32)
    picture.save(tmp_path / "a.tif")
    assert np.array_equal(read(tmp_path / "a.tif").pixels, np.asarray(picture.convert("RGB")))


def test_a_palette_of_two_colours_is_expanded(tmp_path: Path) -> None:
    indices, reds_greens_blues = photo()[..., 0] > 100, (65535, 0, 0, 257 * 20, 0, 65535)
    path = stored(tmp_path, indices, photometric="minisblack", extratags=[(320, 3, 6, reds_greens_blues, True)])
    with tifffile.TiffFile(path, mode="r+b") as tif:
        tif.pages[0].tags[262].overwrite(3)  # tifffile writes palettes of 8 and 16 bits only
    expected = np.where(indices[..., None], (0, 20, 255), (255, 0, 0))
    assert np.array_equal(read(path).pixels, expected)
    with Pillow.open(path) as seen:
        assert np.array_equal(np.asarray(seen.convert("RGB")), expected)


def test_12_bits_fill_the_16_bit_range(tmp_path: Path) -> None:
    values = np.array([[0, 1, 2048, 4095]], np.uint16)
    packed = bytes([0x00, 0x00, 0x01, 0x80, 0x0F, 0xFF])
    path = stored(tmp_path, values, photometric="minisblack", compression=None)
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tif:
        tags = tif.pages[0].tags
        bits, offset, count = tags[258], tags[273].value[0], tags[279]
    data[bits.offset + 8 : bits.offset + 10] = struct.pack("<H", 12)
    data[count.offset + 8 : count.offset + 12] = struct.pack("<I", 6)
    data[offset : offset + 6] = packed
    path.write_bytes(data)
    assert read(path).pixels.ravel().tolist() == [0, 16, 32776, 65535]


def test_premultiplied_alpha_is_divided_out(tmp_path: Path) -> None:
    alpha = np.array([[255, 128, 0]], np.uint8)
    data = np.dstack([np.array([[200, 100, 0]], np.uint8)] * 3 + [alpha])
    image = read(stored(tmp_path, data, photometric="rgb", extrasamples=["assocalpha"]))
    assert image.pixels[0, :, 0].tolist() == [200, 199, 0]
    assert image.alpha is not None
    assert np.array_equal(image.alpha, alpha)


def test_unspecified_channels_are_no_transparency(tmp_path: Path) -> None:
    image = read(stored(tmp_path, photo("uint8", 4), photometric="rgb", extrasamples=["unspecified"]))
    assert image.alpha is None
    assert any("additional channels" in sentence for sentence in image.metadata.left_out)


def test_jpeg_inside_a_tiff_is_read_and_written_without_loss(tmp_path: Path) -> None:
    Pillow.fromarray(photo()).save(tmp_path / "a.tif", compression="jpeg", quality=95)
    image = read(tmp_path / "a.tif")
    assert np.abs(image.pixels.astype(int) - photo()).max() < 24
    write(image, tmp_path / "b.tif")
    assert np.array_equal(read(tmp_path / "b.tif").pixels, image.pixels)


def test_cmyk_is_converted(tmp_path: Path) -> None:
    Pillow.fromarray(photo()).convert("CMYK").save(tmp_path / "a.tif")
    image = read(tmp_path / "a.tif")
    assert np.abs(image.pixels.astype(int) - photo()).max() <= 1
    assert image.metadata.icc is not None
    assert image.metadata.icc[16:20] == b"RGB "


@pytest.mark.parametrize(("compression", "kept"), [(None, 1), ("lzw", 5), ("adobe_deflate", 8), ("packbits", 32773)])
def test_the_kind_of_compression_is_kept(tmp_path: Path, compression: str | None, kept: int) -> None:
    write(read(stored(tmp_path, photo(), compression=compression)), tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as result:
        assert result.pages[0].compression == kept


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("unit", [2, 3])
def test_resolution_and_its_unit_are_kept(tmp_path: Path, byteorder: str, unit: int) -> None:
    path = stored(tmp_path, photo(), resolution=(120, 80), resolutionunit=unit, byteorder=byteorder)
    image = read(path)
    inch = 2.54 if unit == 3 else 1.0
    assert image.metadata.dpi == pytest.approx((120 * inch, 80 * inch))
    write(image, tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as result:
        tags = result.pages[0].tags
        assert (tags[282].value, tags[283].value, tags[296].value) == ((120, 1), (80, 1), unit)


@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_descriptive_tags_survive_in_either_byte_order(tmp_path: Path, byteorder: str) -> None:
    tags = [(271, 2, 0, "Maker", True), (315, 2, 0, "Artist", True), (33432, 2, 0, "Rights", True)]
    path = stored(tmp_path, photo("uint16"), extratags=tags, byteorder=byteorder)
    write(read(path), tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as result:
        assert [result.pages[0].tags[code].value for code in (271, 315, 33432)] == ["Maker", "Artist", "Rights"]
        assert np.array_equal(result.pages[0].asarray(), photo("uint16"))


def test_iptc_reaches_a_jpeg_and_comes_back(tmp_path: Path) -> None:
    records = b"\x1c\x02\x05\0\x03abc"
    path = stored(tmp_path, photo(), extratags=[(33723, 7, len(records), records, True)])
    write(read(path), tmp_path / "b.jpg")
    write(read(tmp_path / "b.jpg"), tmp_path / "c.tif")
    with tifffile.TiffFile(tmp_path / "c.tif") as result:
        assert result.pages[0].tags[33723].value == records


PHOTOSHOP_FLAG = b"8BIM\x04\x0a\0\0\0\0\0\x01\x01\0"


@pytest.mark.parametrize("old", [b"", b"8BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x05\0\x03old"])
@pytest.mark.parametrize("suffix", [".tif", ".jpg", ".png"])
def test_iptc_beside_a_photoshop_block_is_not_lost(tmp_path: Path, suffix: str, old: bytes) -> None:
    records, block = b"\x1c\x02\x78\0\x0cGrandma 1932", PHOTOSHOP_FLAG + old
    tags = [(33723, 7, len(records), records, True), (34377, 1, len(block), block, True)]
    write(read(stored(tmp_path, photo(), extratags=tags)), tmp_path / f"b{suffix}")
    kept = read(tmp_path / f"b{suffix}").metadata.iptc
    assert kept is not None and embedded.iptc_records(kept) == records
    assert PHOTOSHOP_FLAG in kept


def test_iptc_survives_a_damaged_photoshop_block_with_a_warning(tmp_path: Path) -> None:
    records, block = b"\x1c\x02\x05\0\x03abc", b"8BIM\x04\x0a\0\0\0\0\xff\xff"
    tags = [(33723, 7, len(records), records, True), (34377, 1, len(block), block, True)]
    metadata = read(stored(tmp_path, photo(), extratags=tags)).metadata
    assert metadata.iptc == records
    assert metadata.warnings == ("Its Photoshop block is damaged (a Photoshop resource is cut off) and left out.",)


def test_orientation_is_reset_in_the_file_itself(tmp_path: Path) -> None:
    path = stored(tmp_path, photo(), extratags=[(274, 3, 1, 6, True)])
    image = read(path)
    assert np.array_equal(image.pixels, np.rot90(photo(), -1))
    write(image, tmp_path / "b.tif")
    with tifffile.TiffFile(tmp_path / "b.tif") as result:
        assert result.pages[0].tags[274].value == 1


def test_several_pages_are_refused_with_their_number(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        for _ in range(3):
            tif.write(photo(), metadata=None)
    with pytest.raises(InputError, match=r"a document of 3 pages.*Split it"):
        read(tmp_path / "a.tif")


def test_a_stack_of_pictures_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 20, 20), np.uint8), imagej=True)
    with pytest.raises(InputError, match="a document of 4 pages"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("thumbnail_first", [False, True])
def test_a_thumbnail_page_is_no_second_page(tmp_path: Path, thumbnail_first: bool) -> None:
    pages = [(photo(), 0), (photo()[::4, ::4].copy(), 1)]
    with tifffile.TiffWriter(tmp_path / "a.tif") as tif:
        for data, kind in reversed(pages) if thumbnail_first else pages:
            tif.write(data, subfiletype=kind, metadata=None, photometric="rgb")
    image = read(tmp_path / "a.tif")
    assert np.array_equal(image.pixels, photo())
    said = "It holds 2 pages, masks or reduced copies among them; only the picture is kept."
    assert (image.metadata.left_out, image.metadata.warnings) == ((said,), ())


def test_lab_is_refused_with_advice(tmp_path: Path) -> None:
    Pillow.fromarray(photo()).convert("LAB").save(tmp_path / "a.tif")
    with pytest.raises(InputError, match=r"CIE Lab colours.*Convert it to an RGB"):
        read(tmp_path / "a.tif")


@pytest.mark.parametrize("dtype", ["uint32", "int16", "int32", "complex64"])
def test_samples_that_are_no_photograph_are_refused(tmp_path: Path, dtype: str) -> None:
    path = stored(tmp_path, np.zeros((8, 8), dtype), photometric="minisblack")
    with pytest.raises(InputError, match=f"holds {dtype} samples"):
        read(path)


def test_double_precision_is_rounded_with_a_warning(tmp_path: Path) -> None:
    image = read(stored(tmp_path, np.full((8, 8), 0.1), photometric="minisblack"))
    assert image.pixels.dtype == np.float32
    assert any("64-bit" in warning for warning in image.metadata.warnings)


@pytest.mark.filterwarnings("error")
def test_what_single_precision_cannot_hold_becomes_infinite_without_a_word(tmp_path: Path) -> None:
    values = np.array([[1e300, -1e300], [np.frombuffer(b"\1\0\0\0\0\0\xf4\x7f", "<f8")[0], 0.5]])
    pixels = read(stored(tmp_path, values, photometric="minisblack")).pixels[..., 0]
    assert pixels[0].tolist() == [np.inf, -np.inf]
    assert np.isnan(pixels[1, 0])


def test_half_precision_is_exact(tmp_path: Path) -> None:
    values = np.linspace(-1, 2, 64, dtype=np.float16).reshape(8, 8)
    assert np.array_equal(read(stored(tmp_path, values, photometric="minisblack")).pixels[..., 0], values)


def test_pillow_reads_what_we_write(tmp_path: Path) -> None:
    block = Pillow.Exif()
    block[0x010F] = "Maker"
    block.get_ifd(0x8769)[0x9003] = "2020:01:02 03:04:05"
    metadata = Metadata(exif=exif.strip_prefix(block.tobytes()), dpi=(150.0, 150.0))
    write(Image(photo(), photo()[..., 0].copy(), metadata), tmp_path / "a.tif")
    with Pillow.open(tmp_path / "a.tif") as seen:
        assert seen.getexif().get_ifd(0x8769)[0x9003] == "2020:01:02 03:04:05"
        assert seen.info["dpi"] == (150.0, 150.0)
        assert np.array_equal(np.asarray(seen), np.dstack([photo(), photo()[..., 0]]))


def test_an_exif_block_made_of_a_tiff_is_a_tiff_structure(tmp_path: Path) -> None:
    block = read(stored(tmp_path, photo(), extratags=[(271, 2, 0, "Maker", True)])).metadata.exif
    assert block is not None
    main, _ = ifd.read_tree(block)
    assert main[271].value == b"Maker\0"
    assert 273 not in main, "offsets into the file have no place in it"
