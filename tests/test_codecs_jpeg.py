"""JPEG: quality, subsampling, colour models and marker segments."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from PIL import Image as Pillow

from restore.codecs import jpeg_header
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.errors import InputError
from restore.image import Image, Metadata, Pixels


def photo() -> Pixels:
    y, x = np.mgrid[0:1:64j, 0:1:96j]
    out: Pixels = np.rint(np.dstack([x * 255, y * 255, (1 - x * y) * 200])).astype(np.uint8)
    return out


def encoded(pixels: Pixels, **settings: Any) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, "JPEG", **settings)
    return file.getvalue()


@pytest.mark.parametrize("quality", range(1, 101))
def test_the_quality_of_libjpeg_is_recognised_exactly(quality: int) -> None:
    header = jpeg_header.parse(encoded(photo(), quality=quality))
    estimate = jpeg_header.estimate_quality(header)
    assert estimate is not None
    same = jpeg_header.parse(encoded(photo(), quality=estimate)).tables == header.tables
    assert same, "another quality is right only where it has the very same tables"


def test_tables_of_other_programs_get_the_nearest_quality(tmp_path: Path) -> None:
    Pillow.fromarray(photo()).save(tmp_path / "a.jpg", qtables="web_very_high")
    quality = read(tmp_path / "a.jpg").metadata.jpeg_quality
    assert quality is not None
    assert 85 <= quality <= 100


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1"])
def test_chroma_subsampling_is_kept(tmp_path: Path, subsampling: str) -> None:
    data = imagecodecs.jpeg8_encode(photo(), level=80, subsampling=subsampling.replace(":", ""))
    (tmp_path / "a.jpg").write_bytes(data)
    image = read(tmp_path / "a.jpg")
    assert image.metadata.jpeg_subsampling == subsampling
    write(image, tmp_path / "b.jpg")
    assert read(tmp_path / "b.jpg").metadata.jpeg_subsampling == subsampling


@pytest.mark.parametrize(("source", "result"), [(60, 92), (92, 92), (97, 97), (100, 100)])
def test_it_is_written_at_the_sources_quality_and_at_least_92(tmp_path: Path, source: int, result: int) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(photo(), quality=source))
    write(read(tmp_path / "a.jpg"), tmp_path / "b.jpg")
    assert read(tmp_path / "b.jpg").metadata.jpeg_quality == result


def test_a_quality_that_was_asked_for_is_used(tmp_path: Path) -> None:
    write(Image(photo()), tmp_path / "a.jpg", quality=40)
    assert read(tmp_path / "a.jpg").metadata.jpeg_quality == 40


def test_grey_is_written_with_one_component(tmp_path: Path) -> None:
    metadata = Metadata(jpeg_subsampling="4:2:0")
    write(Image(photo()[..., :1], metadata=metadata), tmp_path / "a.jpg")
    header = jpeg_header.parse((tmp_path / "a.jpg").read_bytes())
    assert header.subsampling == "grey"
    assert read(tmp_path / "a.jpg").channels == 1


def test_what_was_grey_can_be_written_in_colour(tmp_path: Path) -> None:
    write(Image(photo(), metadata=Metadata(jpeg_subsampling="grey")), tmp_path / "a.jpg")
    assert read(tmp_path / "a.jpg").metadata.jpeg_subsampling == "4:4:4"


def test_our_pixels_are_those_of_libjpeg(tmp_path: Path) -> None:
    data = encoded(photo(), quality=85)
    (tmp_path / "a.jpg").write_bytes(data)
    with Pillow.open(io.BytesIO(data)) as expected:
        assert np.array_equal(read(tmp_path / "a.jpg").pixels, np.asarray(expected))


def test_cmyk_without_a_profile_is_converted_with_a_warning(tmp_path: Path) -> None:
    stored = Pillow.fromarray(photo()).convert("CMYK")
    stored.save(tmp_path / "a.jpg", quality=100, subsampling=0)
    image = read(tmp_path / "a.jpg")
    assert np.abs(image.pixels.astype(int) - photo()).max() <= 4
    assert any("CMYK without a colour profile" in warning for warning in image.metadata.warnings)
    assert image.metadata.icc is not None
    assert image.metadata.icc[16:20] == b"RGB "
    write(image, tmp_path / "b.jpg")
    assert read(tmp_path / "b.jpg").channels == 3


def test_a_large_profile_is_split_and_joined(tmp_path: Path) -> None:
    icc = bytearray(200_000)
    icc[16:20], icc[36:40] = b"RGB ", b"acsp"
    icc[150_000] = 77
    write(Image(photo(), metadata=Metadata(icc=bytes(icc))), tmp_path / "a.jpg")
    assert read(tmp_path / "a.jpg").metadata.icc == bytes(icc)
    with Pillow.open(tmp_path / "a.jpg") as seen:
        assert seen.info["icc_profile"] == bytes(icc)


def test_exif_larger_than_a_segment_loses_only_the_makers_notes(tmp_path: Path) -> None:
    block = Pillow.Exif()
    block[0x010F] = "Maker"
    block.get_ifd(0x8769)[0x927C] = bytes(70_000)
    warnings = write(Image(photo(), metadata=Metadata(exif=block.tobytes()[6:])), tmp_path / "a.jpg")
    assert any("private notes" in warning for warning in warnings)
    with Pillow.open(tmp_path / "a.jpg") as seen:
        assert seen.getexif()[0x010F] == "Maker"


def test_xmp_larger_than_a_segment_is_left_out_with_a_warning(tmp_path: Path) -> None:
    warnings = write(Image(photo(), metadata=Metadata(xmp=b"<x/>" * 20_000)), tmp_path / "a.jpg")
    assert any("XMP is larger" in warning for warning in warnings)
    assert read(tmp_path / "a.jpg").metadata.xmp is None


def test_a_phones_multi_picture_file_gives_its_first_with_a_warning(tmp_path: Path) -> None:
    first, second = Pillow.fromarray(photo()), Pillow.fromarray(photo()[::2, ::2])
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    image = read(tmp_path / "a.jpg")
    assert (image.width, image.height) == (96, 64)
    assert any("It holds 2 pictures" in sentence for sentence in image.metadata.left_out)


def test_12_bit_jpeg_is_refused_with_advice(tmp_path: Path) -> None:
    data = imagecodecs.jpeg8_encode(photo().astype(np.uint16) * 16, level=95, bitspersample=12)
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(InputError, match=r"of 12 bits.*Convert it to TIFF"):
        read(tmp_path / "a.jpg")


def test_dots_per_centimetre_are_understood(tmp_path: Path) -> None:
    data = bytearray(encoded(photo(), dpi=(100, 50)))
    data[13] = 2  # the unit in the JFIF segment
    (tmp_path / "a.jpg").write_bytes(data)
    assert read(tmp_path / "a.jpg").metadata.dpi == (254.0, 127.0)


def test_trailing_bytes_and_fill_bytes_are_no_trouble(tmp_path: Path) -> None:
    data = encoded(photo())
    (tmp_path / "a.jpg").write_bytes(data[:2] + b"\xff\xff" + data[2:] + b"camera rubbish" * 9)
    assert read(tmp_path / "a.jpg").width == 96


def test_every_cut_of_the_header_is_an_input_error(tmp_path: Path) -> None:
    data = encoded(photo(), exif=Pillow.Exif().tobytes(), dpi=(300, 300))
    scan = jpeg_header.parse(data).scan
    for length in range(3, scan, 7):
        (tmp_path / "a.jpg").write_bytes(data[:length])
        with pytest.raises(InputError):
            read(tmp_path / "a.jpg")


def test_a_header_that_promises_more_than_the_file_can_hold_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    Pillow.fromarray(np.zeros((48, 64, 3), np.uint8)).save(path)
    data = bytearray(path.read_bytes())
    frame = data.index(b"\xff\xc0")
    data[frame + 7 : frame + 9] = (65500).to_bytes(2, "big")
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.jpg: is truncated"):
        read(path)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_flat_picture_is_small_and_still_whole(tmp_path: Path, progressive: bool) -> None:
    path = tmp_path / "flat.jpg"
    Pillow.new("RGB", (4096, 2048), (9, 9, 9)).save(path, optimize=True, progressive=progressive, subsampling=2)
    assert read(path).pixels.shape == (2048, 4096, 3)


def test_huge_pictures_are_written_without_the_tables_that_need_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Image(photo()), tmp_path / "small.jpg")
    monkeypatch.setattr("restore.codecs.jpeg.OPTIMIZED_PIXELS", 1)
    write(Image(photo()), tmp_path / "large.jpg")
    assert (tmp_path / "large.jpg").stat().st_size > (tmp_path / "small.jpg").stat().st_size
    assert np.array_equal(read(tmp_path / "large.jpg").pixels, read(tmp_path / "small.jpg").pixels)


def test_the_source_block_of_photoshop_loses_its_stale_thumbnail(tmp_path: Path) -> None:
    keep = b"8BIM\x04\x04\0\0\0\0\0\x03abc\0"
    metadata = Metadata(iptc=keep + b"8BIM\x04\x0c\0\0\0\0\0\x04JPEG")
    write(Image(photo(), metadata=metadata), tmp_path / "a.jpg")
    assert read(tmp_path / "a.jpg").metadata.iptc == keep
