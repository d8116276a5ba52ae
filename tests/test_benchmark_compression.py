"""What the benchmark of mending JPEG gives models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from restore.benchmark.compression import QUALITIES, compression_cases, saved_as_jpeg
from restore.benchmark.tasks import Setup
from restore.diagnose import estimate_quality
from restore.errors import UsageError
from restore.metrics import psnr
from restore.plugin_manager import PluginManager

Photo = Callable[..., Path]


@pytest.fixture
def manager() -> PluginManager:
    return PluginManager.of({})


@pytest.fixture
def data(photo: Photo, tmp_path: Path) -> Path:
    photo(tmp_path / "data" / "a.png", width=96, height=64)
    return tmp_path / "data"


def test_pictures_are_saved_at_the_qualities_of_the_literature_and_models_told(
    data: Path, manager: PluginManager
) -> None:
    cases = list(compression_cases(Setup(data), manager))
    assert [case.told for case in cases] == [{"saved_at": quality} for quality in QUALITIES]
    left = [psnr(case.reference, case.observation.image.pixels) for case in cases]
    assert left == sorted(left) and left[0] < left[-1] < 60
    assert all(case.observation.image.pixels.dtype == np.uint8 for case in cases)


def test_the_quality_asked_for_is_the_one_that_is_found(data: Path, manager: PluginManager) -> None:
    case = next(compression_cases(Setup(data, qualities=(30,)), manager))
    assert estimate_quality(case.observation.image.pixels).quality == pytest.approx(30, abs=3)


def test_blind_models_are_told_nothing_and_grey_pictures_have_one_channel(data: Path, manager: PluginManager) -> None:
    case = next(compression_cases(Setup(data, blind=True, grey=True), manager))
    assert case.told == {"saved_at": "auto"}
    assert case.reference.shape == case.observation.image.pixels.shape == (64, 96, 1)
    assert case.observation.image.metadata.jpeg_quality is None


def test_without_pictures_it_says_where_to_name_them(manager: PluginManager) -> None:
    with pytest.raises(UsageError, match="needs a folder"):
        next(compression_cases(Setup(), manager))


def test_a_quality_of_100_leaves_nearly_everything() -> None:
    picture = np.random.default_rng(0).integers(100, 156, (32, 32, 1), dtype=np.uint8)
    assert np.abs(saved_as_jpeg(picture, 100).astype(int) - picture).max() <= 2
