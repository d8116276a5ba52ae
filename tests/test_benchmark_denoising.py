"""What the benchmark of denoising gives models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from restore.benchmark.denoising import denoising_cases, standard_noise
from restore.benchmark.tasks import Setup
from restore.errors import InputError, UsageError
from restore.plugin_manager import PluginManager

Photo = Callable[..., Path]


@pytest.fixture
def manager() -> PluginManager:
    return PluginManager.of({})


@pytest.fixture
def data(photo: Photo, tmp_path: Path) -> Path:
    for name in ("a.png", "b.png", "c.png"):
        photo(tmp_path / "data" / name, width=64, height=48)
    return tmp_path / "data"


def test_noise_has_the_sigma_asked_for_and_is_not_clipped(data: Path, manager: PluginManager) -> None:
    case = next(denoising_cases(Setup(data, sigmas=(50.0,)), manager))
    noisy = case.observation.image.pixels
    assert noisy.dtype == np.float32
    assert noisy.min() < 0
    assert noisy.max() > 1
    assert 255 * float((noisy - case.reference).std()) == pytest.approx(50, rel=0.02)
    assert case.told == {"sigma": 50.0}


def test_a_picture_gets_the_same_noise_whatever_other_pictures_there_are(
    data: Path, manager: PluginManager, photo: Photo
) -> None:
    before = {case.name: case.observation.image.pixels for case in denoising_cases(Setup(data), manager)}
    photo(data / "0-new.png")
    after = {case.name: case.observation.image.pixels for case in denoising_cases(Setup(data), manager)}
    assert len(after) == 4
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert not np.array_equal(before["a.png"], before["b.png"])


def test_noise_depends_on_the_seed_and_only_scales_with_sigma(data: Path, manager: PluginManager) -> None:
    assert not np.array_equal(standard_noise((4, 4), 0, "a"), standard_noise((4, 4), 1, "a"))
    weak, strong = denoising_cases(Setup(data, sigmas=(10.0, 20.0), limit=1), manager)
    assert weak.observation.image.pixels - weak.reference == pytest.approx(
        (strong.observation.image.pixels - strong.reference) / 2, abs=1e-6
    )


def test_grey_pictures_have_one_channel_and_blind_models_are_told_nothing(data: Path, manager: PluginManager) -> None:
    case = next(denoising_cases(Setup(data, grey=True, blind=True), manager))
    assert case.observation.image.is_grey
    assert case.reference.shape == (48, 64, 1)
    assert case.told == {"sigma": "auto"}


def test_real_pairs_keep_their_depth_and_every_picture_needs_a_partner(
    data: Path, manager: PluginManager, photo: Photo
) -> None:
    case = next(denoising_cases(Setup(pairs=(data, data)), manager))
    assert case.observation.image.pixels.dtype == np.uint8
    assert case.told == {"sigma": "auto"}
    other = photo(data.parent / "other" / "a.png", width=64, height=48).parent
    with pytest.raises(InputError, match=r"b\.png: has no partner"):
        next(denoising_cases(Setup(pairs=(data, other)), manager))


def test_pictures_come_from_one_place() -> None:
    for setup in (Setup(), Setup(Path("a"), (Path("a"), Path("b")))):
        with pytest.raises(UsageError, match="needs a folder of clean pictures, or --pairs"):
            next(denoising_cases(setup, PluginManager.of({})))
