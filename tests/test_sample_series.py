"""The sample series: reproducible, small, and found as two series."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

ROOT = Path(__file__).resolve().parents[1]
SERIES = ROOT / "sample_series"
FRAMES = ("face-1.jpg", "face-2.jpg", "table-1.jpg", "table-2.jpg", "table-3.jpg")


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The frames, made by the committed script in another folder."""
    folder = tmp_path_factory.mktemp("series")
    subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_sample_series.py", folder], check=True, capture_output=True
    )
    return folder


def test_the_script_makes_these_frames_and_no_others(made_again: Path) -> None:
    assert sorted(path.name for path in made_again.iterdir()) == sorted(FRAMES)
    assert sorted(path.name for path in SERIES.iterdir()) == sorted([*FRAMES, "README.md"])


@pytest.mark.parametrize("name", FRAMES)
def test_the_script_makes_the_same_pixels_again_but_for_rounding(name: str, made_again: Path) -> None:
    committed, made = (np.asarray(Image.open(folder / name), np.float64) for folder in (SERIES, made_again))
    assert committed.shape == made.shape
    assert np.abs(committed - made).mean() < 0.5


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_says_when_and_how_it_was_taken(name: str) -> None:
    block = Image.open(SERIES / name).getexif().get_ifd(ExifTags.IFD.Exif)
    assert block[ExifTags.Base.DateTimeOriginal].startswith("2026:06:21 12:")
    assert float(block[ExifTags.Base.ExposureBiasValue]) in (-2, 0, 2)


def test_longer_exposures_are_brighter() -> None:
    means = [np.asarray(Image.open(SERIES / f"table-{k}.jpg"), np.float64).mean() for k in (1, 2, 3)]
    assert means[0] * 1.3 < means[1] and means[1] * 1.3 < means[2]


def test_together_they_are_small() -> None:
    assert sum((SERIES / name).stat().st_size for name in FRAMES) < 500_000
