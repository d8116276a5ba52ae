"""Noise and JPEG blocks are measured from pixels alone, on photographs whose noise and blocks are known."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from skimage import data

from restore.degrade import photo
from restore.diagnose import BLOCKED, NOISY, Diagnosis, jpeg_blocking, jpeg_grid, looks_processed, noise_level
from restore.resampling import resized
from tests.known_photographs import noisy, photographs, saved


@pytest.mark.parametrize("sigma", [2, 5, 10, 20])
def test_the_noise_of_photographs_is_measured_in_spite_of_their_texture(sigma: int) -> None:
    for pixels in photographs():
        assert noise_level(noisy(pixels, sigma)) == pytest.approx(sigma, rel=0.25)


def test_clean_photographs_have_next_to_no_noise() -> None:
    assert max(noise_level(pixels) for pixels in photographs()) < 1


def test_texture_is_not_noise() -> None:
    bricks = np.ascontiguousarray(data.brick()[:, :, None])
    assert noise_level(resized(bricks, 256, 256)) < 2


def test_every_depth_has_the_same_noise() -> None:
    pixels = noisy(photographs()[0], 5)
    expected = noise_level(pixels)
    assert noise_level(pixels.astype(np.uint16) * 257) == pytest.approx(expected, rel=1e-3)
    assert noise_level(pixels.astype(np.float32) / 255) == pytest.approx(expected, rel=1e-3)


def test_grey_pictures_are_measured_too() -> None:
    pixels = noisy(photographs()[0], 5)
    grey = resized(np.ascontiguousarray(pixels[:, :, 1:2]), *pixels.shape[:2])
    assert noise_level(grey) == pytest.approx(5, rel=0.25)
    assert jpeg_blocking(saved(pixels, 60)[:, :, 1:2]) > BLOCKED


def test_a_clean_reduction_is_clean_and_says_why() -> None:
    for pixels in photographs():
        assert not looks_processed(pixels).processed
    assert "clean" in looks_processed(photographs()[0]).reason


def test_noise_or_blocks_make_a_picture_processed() -> None:
    pixels = photographs()[1]
    assert looks_processed(noisy(pixels, 8)).processed
    assert looks_processed(saved(pixels, 70)).processed
    assert Diagnosis(NOISY + 0.1, 0).processed
    assert Diagnosis(0, BLOCKED * 1.1).processed
    assert Diagnosis(1.24, 0.31).reason.startswith("JPEG blocks 0.310, noise sigma 1.2")


def test_most_of_what_phones_and_the_web_leave_is_called_so() -> None:
    large = torch.from_numpy(np.ascontiguousarray(data.astronaut())).permute(2, 0, 1)[None].float() / 255
    found = []
    for seed in range(20):
        small = photo(large, 2, torch.Generator().manual_seed(seed))[0].permute(1, 2, 0) * 255
        found.append(looks_processed(small.round().byte().numpy()).processed)
    assert 0.5 <= np.mean(found) < 1


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (300, 7), (12, 12)], ids=str)
def test_pictures_too_small_to_tell_are_clean(shape: tuple[int, int]) -> None:
    assert not looks_processed(np.full((*shape, 3), 90, np.uint8)).processed


@pytest.mark.parametrize("value", [0, 128, 255])
def test_one_even_colour_is_clean(value: int) -> None:
    diagnosis = looks_processed(np.full((64, 64, 3), value, np.uint8))
    assert (diagnosis.noise, diagnosis.blocking) == pytest.approx((0, 0), abs=1e-4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (8, 8)])
def test_pictures_of_a_few_rows_or_columns_show_nothing_and_nobody_is_warned(shape: tuple[int, int]) -> None:
    diagnosis = looks_processed(np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8))
    assert diagnosis.noise == 0
    assert diagnosis.blocking == pytest.approx(0, abs=BLOCKED)


def test_values_that_are_no_numbers_do_no_harm() -> None:
    pixels = photographs()[0].astype(np.float32) / 255
    pixels[5, 5], pixels[6, 6] = np.nan, np.inf
    assert noise_level(pixels) == pytest.approx(noise_level(photographs()[0]), abs=0.1)


def test_large_pictures_are_sampled_with_the_same_findings() -> None:
    coffee = np.ascontiguousarray(data.coffee())
    small = saved(coffee, 80)
    large = np.tile(small[:400, :600], (10, 10, 1))  # 24 megapixels; blocks go on from tile to tile
    start = time.process_time()
    diagnosis = looks_processed(large)
    assert time.process_time() - start < 1
    assert diagnosis.blocking == pytest.approx(jpeg_blocking(small), rel=0.5)
    grid = jpeg_grid(large[3:, 5:])
    assert (grid.top, grid.left) == (5, 3)
    assert noise_level(np.tile(noisy(coffee, 6), (5, 5, 1))) == pytest.approx(6, rel=0.2)


def test_noise_does_not_decide_about_pictures_too_small_to_hold_a_flat_place() -> None:
    strokes = np.random.default_rng(0).integers(60, 200, (90, 62, 1)).astype(np.uint8)
    assert noise_level(strokes) > NOISY
    assert not looks_processed(strokes).processed
    assert looks_processed(np.tile(strokes, (3, 3, 1))).processed
