"""What is written is read back: pixels, alpha and everything round them, as far as each format can hold it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from restore.codecs import exif, ifd
from restore.codecs.colour import srgb_profile
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.errors import OutputError
from restore.image import Image, Metadata, Pixels

LOSSLESS = {
    ".png": ("uint8", "uint16"),
    ".tif": ("uint8", "uint16", "float32"),
    ".bmp": ("uint8",),
    ".ppm": ("uint8", "uint16"),
    ".webp": ("uint8",),
}
IPTC = b"8BIM\x04\x04\0\0\0\0\0\x08\x1c\x02\x05\0\x03abc"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="1"/></x:xmpmeta>'


def noise(dtype: str, channels: int, height: int = 37, width: int = 53) -> Pixels:
    rng = np.random.default_rng(7)
    if dtype == "float32":
        return rng.normal(0.5, 0.7, (height, width, channels)).astype(np.float32)  # outside [0, 1] too
    return rng.integers(0, np.iinfo(dtype).max, (height, width, channels), dtype=dtype, endpoint=True)


def camera_exif() -> bytes:
    """EXIF with a maker's private notes, GPS and pixel dimensions."""
    block = Pillow.Exif()
    block[0x010F] = "Maker"
    block[0x0112] = 1
    block.get_ifd(0x8769)[0x927C] = b"private notes" * 20
    block.get_ifd(0x8769)[0xA002] = 53
    block.get_ifd(0x8769)[0xA003] = 37
    block.get_ifd(0x8825)[1] = "N"
    block.get_ifd(0x8825)[2] = (48.0, 51.0, 24.0)
    return exif.strip_prefix(block.tobytes())


def full_metadata() -> Metadata:
    return Metadata(source_format="PNG", exif=camera_exif(), xmp=XMP, iptc=IPTC, icc=srgb_profile(), dpi=(300.0, 240.0))


def cases() -> list[tuple[str, str, int, bool]]:
    every = [(s, d, c, a) for s, ds in LOSSLESS.items() for d, c, a in itertools.product(ds, (1, 3), (False, True))]
    return [case for case in every if not (case[0] == ".ppm" and case[3])]


@pytest.mark.parametrize(("suffix", "dtype", "channels", "alpha"), cases())
def test_lossless_formats_return_every_value(
    tmp_path: Path, suffix: str, dtype: str, channels: int, alpha: bool
) -> None:
    image = Image(noise(dtype, channels), noise(dtype, 1)[..., 0] if alpha else None, Metadata(source_format="PNG"))
    assert write(image, tmp_path / f"a{suffix}") == ()
    result = read(tmp_path / f"a{suffix}")
    # WebP has no grey at all, BMP none with alpha: there it comes back as RGB of three equal channels.
    grey_lost = channels == 1 and (suffix == ".webp" or (suffix == ".bmp" and alpha))
    expected = np.repeat(image.pixels, 3, axis=2) if grey_lost else image.pixels
    assert result.pixels.dtype == np.dtype(dtype)
    assert result.pixels.tobytes() == expected.tobytes()
    assert (result.alpha is None) == (image.alpha is None)
    if result.alpha is not None and image.alpha is not None:
        assert result.alpha.tobytes() == image.alpha.tobytes()


@pytest.mark.parametrize("suffix", [".jpg", ".avif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_lossy_formats_stay_close_and_keep_grey_grey(tmp_path: Path, suffix: str, channels: int) -> None:
    ramp = np.add.outer(np.arange(64), np.arange(96)).astype(np.uint8)[..., None] * np.arange(
        1, 1 + channels, dtype=np.uint8
    )
    ramp = np.ascontiguousarray(ramp // channels)
    write(Image(ramp), tmp_path / f"a{suffix}")
    result = read(tmp_path / f"a{suffix}").pixels
    assert result.shape == ramp.shape
    assert np.abs(result.astype(int) - ramp).mean() < 1.5


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("alpha", [False, True])
def test_avif_keeps_12_of_16_bits(tmp_path: Path, channels: int, alpha: bool) -> None:
    ramp = np.linspace(0, 65535, 64 * 96).reshape(64, 96, 1).repeat(channels, axis=2).astype(np.uint16)
    warnings = write(Image(ramp, ramp[..., 0].copy() if alpha else None), tmp_path / "a.avif")
    assert warnings == ("AVIF holds at most 12 bits per sample; its 16 bits were rounded.",)
    result = read(tmp_path / "a.avif")
    assert result.pixels.dtype == np.uint16
    assert np.abs(result.pixels[..., 0].astype(int) - ramp[..., 0]).mean() < 65535 / 500
    assert (result.alpha is not None) == alpha


KEPT = {
    ".jpg": ("exif", "xmp", "iptc", "icc", "dpi"),
    ".png": ("exif", "xmp", "iptc", "icc", "dpi"),
    ".tif": ("xmp", "iptc", "icc", "dpi"),
    ".webp": ("xmp", "icc", "dpi"),
    ".avif": ("xmp", "icc", "dpi"),
    ".bmp": ("dpi",),
    ".ppm": (),
}


@pytest.mark.parametrize("suffix", KEPT)
def test_metadata_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    before = full_metadata()
    write(Image(noise("uint8", 3), metadata=before), tmp_path / f"a{suffix}")
    after = read(tmp_path / f"a{suffix}").metadata
    assert {name: getattr(after, name) for name in KEPT[suffix]} == {
        name: getattr(before, name) for name in KEPT[suffix]
    }
    assert after.warnings == ()


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_gps_and_the_makers_notes_survive(tmp_path: Path, suffix: str, dtype: str) -> None:
    write(Image(noise(dtype, 3), metadata=full_metadata()), tmp_path / f"a{suffix}")
    block = read(tmp_path / f"a{suffix}").metadata.exif
    assert block is not None
    main, sub = ifd.read_tree(block)
    assert main[0x010F].value == b"Maker\0"
    assert sub[ifd.EXIF_IFD][0x927C].value == b"private notes" * 20
    assert ifd.rational(sub[ifd.GPS_IFD][2], ifd.byte_order(block)) == 48.0
    # Other programs must find it too, not only our own reader.
    with Pillow.open(tmp_path / f"a{suffix}") as seen:
        assert seen.getexif()[0x010F] == "Maker"
        assert seen.getexif().get_ifd(0x8825)[2] == (48.0, 51.0, 24.0)


@pytest.mark.parametrize(
    ("suffix", "lost"),
    [
        (".ppm", "PPM cannot hold EXIF, XMP, IPTC, colour profile, resolution; left out."),
        (".bmp", "BMP cannot hold EXIF, XMP, IPTC, colour profile; left out."),
        (".webp", "WEBP cannot hold IPTC; left out."),
    ],
)
def test_what_a_format_cannot_hold_is_said_once(tmp_path: Path, suffix: str, lost: str) -> None:
    assert write(Image(noise("uint8", 3), metadata=full_metadata()), tmp_path / f"a{suffix}").count(lost) == 1


@pytest.mark.parametrize("suffix", [".webp", ".avif"])
def test_a_resolution_without_exif_is_put_into_one(tmp_path: Path, suffix: str) -> None:
    write(Image(noise("uint8", 3), metadata=Metadata(dpi=(300.0, 300.0))), tmp_path / f"a{suffix}")
    assert read(tmp_path / f"a{suffix}").metadata.dpi == (300.0, 300.0)


@pytest.mark.parametrize("suffix", [".webp", ".avif"])
def test_a_resolution_is_put_beside_the_exif_that_lacks_it(tmp_path: Path, suffix: str) -> None:
    assert exif.dpi(camera_exif()) is None
    metadata = Metadata(exif=camera_exif(), dpi=(300.0, 240.0))
    assert write(Image(noise("uint8", 3), metadata=metadata), tmp_path / f"a{suffix}") == ()
    after = read(tmp_path / f"a{suffix}").metadata
    assert after.dpi == (300.0, 240.0)
    assert after.exif is not None and b"private notes" in after.exif


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_stated_dimensions_follow_a_picture_that_grew(tmp_path: Path, suffix: str) -> None:
    xmp = b'<x:xmpmeta exif:PixelXDimension="53"><tiff:ImageLength>37</tiff:ImageLength></x:xmpmeta>'
    metadata = replace(full_metadata(), xmp=xmp)
    write(Image(noise("uint8", 3, 74, 106), metadata=metadata), tmp_path / f"a{suffix}")
    after = read(tmp_path / f"a{suffix}").metadata
    assert after.exif is not None
    _, sub = ifd.read_tree(after.exif)
    order = ifd.byte_order(after.exif)
    assert ifd.integers(sub[ifd.EXIF_IFD][0xA002], order) == (106,)
    assert ifd.integers(sub[ifd.EXIF_IFD][0xA003], order) == (74,)
    assert after.xmp == b'<x:xmpmeta exif:PixelXDimension="106"><tiff:ImageLength>74</tiff:ImageLength></x:xmpmeta>'


@pytest.mark.parametrize("suffix", [".jpg", ".bmp", ".webp"])
def test_16_bits_are_rounded_for_8_bit_formats_with_a_warning(tmp_path: Path, suffix: str) -> None:
    values = np.full((16, 16, 3), 128 * 257 - 129 + 1, np.uint16)  # the smallest that rounds to 128
    warnings = write(Image(values, metadata=Metadata(source_format="PNG")), tmp_path / f"a{suffix}")
    assert any("8 bits per sample" in warning for warning in warnings)
    assert set(read(tmp_path / f"a{suffix}").pixels.ravel()) == {128}


def test_floating_point_becomes_16_bit_where_only_tiff_could_hold_it(tmp_path: Path) -> None:
    values = np.array([[[-1.0], [0.5], [2.0], [np.nan]]], np.float32)
    assert "rounded to 16 bit" in write(Image(values), tmp_path / "a.png")[0]
    assert read(tmp_path / "a.png").pixels.ravel().tolist() == [0, 32768, 65535, 0]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".avif", ".ppm"])
def test_what_integers_cut_off_of_floating_point_is_said_with_its_share(tmp_path: Path, suffix: str) -> None:
    values = np.full((10, 100, 3), 0.5, np.float32)
    values[:, :12], values[:, 12:15], values[:1, 15:20] = 250.0, -5.0, np.nan
    warnings = write(Image(values), tmp_path / f"a{suffix}")
    assert "12 % of the picture lay above white and was cut off." in warnings
    assert "3 % of the picture lay below black and was cut off." in warnings
    assert "0.5 % of the picture was no number (NaN) and became black." in warnings
    assert write(Image(values), tmp_path / "a.tif") == ()


def test_transparency_beyond_its_range_is_told_of_by_its_name(tmp_path: Path) -> None:
    alpha = np.ones((10, 10), np.float32)
    alpha[:2] = 255.0
    warnings = write(Image(np.full((10, 10, 3), 0.5, np.float32), alpha), tmp_path / "a.png")
    assert "20 % of the transparency lay above white and was cut off." in warnings


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_on_another_scale_is_refused_before_it_becomes_all_white(tmp_path: Path, suffix: str) -> None:
    values = np.linspace(-5, 250, 48 * 64, dtype=np.float32).reshape(48, 64, 1)
    with pytest.raises(OutputError, match=r"100 % of the picture would be cut off.*Choose \.tif") as refused:
        write(Image(values), tmp_path / f"a{suffix}")
    assert refused.value.path == tmp_path / f"a{suffix}"
    assert list(tmp_path.iterdir()) == []


def test_the_small_overshoots_of_a_restoration_need_no_word(tmp_path: Path) -> None:
    values = np.full((100, 100, 1), 0.5, np.float32)
    values[0, :9] = 1.3
    values[1:50] = 1.0 + 0.4 / 65535
    said = ("PNG holds no floating point; the picture was rounded to 16 bit.",)
    assert write(Image(values), tmp_path / "a.png") == said


@pytest.mark.parametrize("suffix", [".jpg", ".ppm"])
def test_transparency_is_never_dropped_silently(tmp_path: Path, suffix: str) -> None:
    image = Image(noise("uint8", 3), noise("uint8", 1)[..., 0])
    with pytest.raises(OutputError, match=r"transparency.*Choose \.png"):
        write(image, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_suffix_says_which_are_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.xyz is not a format that is written.*\.png"):
        write(Image(noise("uint8", 3)), tmp_path / "a.xyz")


def test_a_picture_too_large_for_its_format_says_what_to_choose(tmp_path: Path) -> None:
    for suffix, width in ((".webp", 16384), (".jpg", 65536)):
        with pytest.raises(OutputError, match=r"cannot be written as .*Choose \.tif or \.png"):
            write(Image(np.zeros((1, width, 3), np.uint8)), tmp_path / f"a{suffix}")


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Create the output folder"):
        write(Image(noise("uint8", 3)), tmp_path / "no" / "a.png")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".avif", ".bmp", ".ppm"])
def test_a_full_disk_is_an_output_error_in_every_format(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").symlink_to("/dev/full")
    with pytest.raises(OutputError, match="the disk is full"):
        write(Image(noise("uint8", 3, 200, 200)), tmp_path / f"a{suffix}")


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_a_view_into_a_larger_array_is_written_right(tmp_path: Path, dtype: str) -> None:
    view = noise(dtype, 3)[::2, 5:, ::-1]
    for suffix in (".png", ".tif", ".ppm"):
        write(Image(view), tmp_path / f"a{suffix}")
        assert np.array_equal(read(tmp_path / f"a{suffix}").pixels, view)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_single_pixel_is_written_however_it_lies_in_memory(tmp_path: Path, suffix: str, channels: int) -> None:
    pixel = np.lib.stride_tricks.as_strided(np.full(channels, 90, np.uint8), (1, 1, channels), (7, 5, 1))
    assert pixel.flags.c_contiguous  # as numpy has it
    write(Image(pixel), tmp_path / f"a{suffix}")
    assert np.abs(read(tmp_path / f"a{suffix}").pixels.astype(int) - 90).max() <= 2


def test_the_same_picture_gives_the_same_bytes(tmp_path: Path) -> None:
    for suffix in (".jpg", ".png", ".tif", ".webp", ".bmp", ".ppm"):
        for name in ("a", "b"):
            write(Image(noise("uint8", 3), metadata=full_metadata()), tmp_path / f"{name}{suffix}")
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
