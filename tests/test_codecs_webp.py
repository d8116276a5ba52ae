"""WebP: what was stored without loss stays so, and the container."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.image import Image, Metadata, Pixels


def noise(channels: int = 3) -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (30, 41, channels), dtype=np.uint8)


def test_a_lossless_file_stays_lossless(tmp_path: Path) -> None:
    Pillow.fromarray(noise()).save(tmp_path / "a.webp", lossless=True)
    image = read(tmp_path / "a.webp")
    assert image.metadata.compression == "lossless"
    write(image, tmp_path / "b.webp")
    assert read(tmp_path / "b.webp").metadata.compression == "lossless"
    assert np.array_equal(read(tmp_path / "b.webp").pixels, noise())


def test_a_lossy_file_stays_lossy(tmp_path: Path) -> None:
    Pillow.fromarray(noise()).save(tmp_path / "a.webp", quality=70)
    image = read(tmp_path / "a.webp")
    assert image.metadata.compression == "lossy"
    write(image, tmp_path / "b.webp")
    assert read(tmp_path / "b.webp").metadata.compression == "lossy"


@pytest.mark.parametrize(("source", "result"), [("PNG", "lossless"), ("TIFF", "lossless"), ("JPEG", "lossy")])
def test_pictures_from_other_formats_follow_their_source(tmp_path: Path, source: str, result: str) -> None:
    write(Image(noise(), metadata=Metadata(source_format=source)), tmp_path / "a.webp")
    assert read(tmp_path / "a.webp").metadata.compression == result


def test_a_quality_that_was_asked_for_means_lossy(tmp_path: Path) -> None:
    write(Image(noise(), metadata=Metadata(source_format="PNG")), tmp_path / "a.webp", quality=50)
    assert read(tmp_path / "a.webp").metadata.compression == "lossy"


@pytest.mark.parametrize("lossless", [True, False])
def test_alpha_and_the_colours_under_it_are_kept(tmp_path: Path, lossless: bool) -> None:
    alpha = np.zeros((30, 41), np.uint8)
    alpha[:10] = 255
    metadata = Metadata(source_format="PNG" if lossless else "JPEG")
    write(Image(noise(), alpha, metadata), tmp_path / "a.webp")
    image = read(tmp_path / "a.webp")
    assert image.alpha is not None
    assert np.array_equal(image.alpha, alpha)
    if lossless:
        assert np.array_equal(image.pixels, noise())


def test_an_opaque_file_has_no_alpha(tmp_path: Path) -> None:
    write(Image(noise(), metadata=Metadata(source_format="PNG", exif=b"")), tmp_path / "a.webp")
    assert read(tmp_path / "a.webp").alpha is None


def test_pillow_finds_pixels_and_metadata(tmp_path: Path) -> None:
    metadata = Metadata(source_format="PNG", xmp=b"<odd/>", exif=b"MM\0*\0\0\0\x08\0\0\0\0\0\0")
    write(Image(noise(), metadata=metadata), tmp_path / "a.webp")
    with Pillow.open(tmp_path / "a.webp") as seen:
        assert seen.info["xmp"] == metadata.xmp
        assert seen.info["exif"] == metadata.exif
        assert np.array_equal(np.asarray(seen), noise())


def test_a_grey_profile_is_left_out_because_webp_has_no_grey(tmp_path: Path) -> None:
    icc = bytearray(200)
    icc[16:20], icc[36:40] = b"GRAY", b"acsp"
    warnings = write(Image(noise(1), metadata=Metadata(icc=bytes(icc))), tmp_path / "a.webp")
    assert any("no grey" in warning for warning in warnings)
    assert read(tmp_path / "a.webp").metadata.icc is None
