"""The sample pictures: reproducible, small, and each of them is what its description says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import ExifTags, Image

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT / "sample_images"
PICTURES = sorted(p.relative_to(SAMPLES).as_posix() for p in SAMPLES.rglob("*") if p.is_file() and p.suffix != ".md")


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The samples, made by the committed script in another folder."""
    folder = tmp_path_factory.mktemp("samples")
    script = ROOT / "scripts" / "make_sample_images.py"
    subprocess.run([sys.executable, script, folder], check=True, capture_output=True)
    return folder


def test_the_script_makes_these_files_and_no_others(made_again: Path) -> None:
    made = sorted(p.relative_to(made_again).as_posix() for p in made_again.rglob("*") if p.is_file())
    assert made == PICTURES


@pytest.mark.parametrize("name", PICTURES)
def test_the_script_makes_the_same_pixels_again(name: str, made_again: Path) -> None:
    """Lossless ones exactly; JPEGs may differ by rounding where another libjpeg wrote or reads them."""
    committed, made = (
        cv2.imdecode(np.fromfile(folder / name, np.uint8), cv2.IMREAD_UNCHANGED) for folder in (SAMPLES, made_again)
    )
    assert committed is not None
    assert made is not None
    assert (committed.dtype, committed.shape) == (made.dtype, made.shape)
    difference = np.abs(committed.astype(np.float64) - made)
    if name.endswith(".jpg"):
        assert difference.mean() < 0.5
    else:
        assert difference.max() == 0


@pytest.mark.parametrize("name", PICTURES)
def test_source_and_licence_are_listed(name: str) -> None:
    rows = [
        line for line in (SAMPLES / "README.md").read_text("utf-8").splitlines() if line.startswith(f"| `{name}` |")
    ]
    assert len(rows) == 1
    assert "CC0" in rows[0] or "Public domain" in rows[0]


def test_together_they_are_small() -> None:
    assert sum((SAMPLES / name).stat().st_size for name in PICTURES) < 2_500_000


def test_the_scan_is_16_bit_grey_and_uses_the_steps_between_8_bit_levels() -> None:
    with tifffile.TiffFile(SAMPLES / "scan-16bit.tif") as tiff:
        pixels = tiff.asarray()
        assert tiff.pages.first.tags["XResolution"].value == (600, 1)
    assert pixels.dtype == np.uint16
    assert pixels.ndim == 2
    assert np.count_nonzero(pixels % 257) > pixels.size // 2


def test_the_portrait_lies_on_its_side_and_carries_orientation_place_and_profile() -> None:
    with Image.open(SAMPLES / "clean/portrait-rotated.jpg") as photo:
        exif = photo.getexif()
        assert photo.size == (512, 384)
        assert exif[ExifTags.Base.Orientation] == 6
        assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"
        assert photo.info["icc_profile"]


def test_the_cutout_has_clear_opaque_and_soft_places() -> None:
    with Image.open(SAMPLES / "cat-cutout.png") as cutout:
        assert cutout.mode == "RGBA"
        alpha = np.asarray(cutout)[..., 3]
    assert alpha.min() == 0
    assert alpha.max() == 255
    assert np.count_nonzero((alpha > 0) & (alpha < 255)) > 1000


def test_one_name_has_letters_outside_ascii_and_one_folder_is_nested() -> None:
    assert any(not name.isascii() for name in PICTURES)
    assert any(name.count("/") == 2 for name in PICTURES)
