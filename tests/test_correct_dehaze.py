"""Haze is found, its colour and how thick it is, and taken away; clear pictures stay nearly what they were."""

from __future__ import annotations

import numpy as np
import pytest

from restore.correct.dehaze import apply_dehaze, estimate_haze
from restore.image import Pixels

LIGHT = np.array([0.85, 0.87, 0.92])


def clear() -> Pixels:
    """Patches of colours of which most are dark in some channel, and a distant sky."""
    rng = np.random.default_rng(0)
    patches = rng.random((30, 40, 3)) ** 2
    patches[np.arange(30)[:, None], np.arange(40), rng.integers(0, 3, (30, 40))] *= 0.1
    return patches.repeat(10, 0).repeat(10, 1).astype(np.float32)


def transmission() -> Pixels:
    values: Pixels = np.linspace(0.02, 0.9, 300, dtype=np.float32)[:, None, None]
    return values


def hazy() -> Pixels:
    t = transmission()
    result: Pixels = (clear() * t + LIGHT * (1 - t)).astype(np.float32)
    return result


def test_the_colour_of_the_haze_is_found_where_it_is_thickest() -> None:
    np.testing.assert_allclose(estimate_haze(hazy()).light, LIGHT, atol=0.02)


def test_haze_is_taken_away() -> None:
    mended = apply_dehaze(hazy(), estimate_haze(hazy()))
    near = slice(100, 300)  # where the haze lets a third and more through
    before = np.abs(hazy() - clear())[near].mean()
    assert np.abs(mended - clear())[near].mean() < 0.35 * before
    assert estimate_haze(hazy()).thickness > 0.4 > 0.15 > estimate_haze(clear()).thickness


def test_a_clear_picture_changes_little() -> None:
    assert np.abs(apply_dehaze(clear(), estimate_haze(clear())) - clear()).mean() < 0.03


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_whole_numbers_and_grey_keep_their_depth(dtype: type, channels: int) -> None:
    white = np.iinfo(dtype).max
    pixels: Pixels = (hazy()[..., :channels] * white).round().astype(dtype)
    haze = estimate_haze(pixels)
    out = apply_dehaze(pixels, haze)
    assert out.dtype == dtype
    assert out.shape == pixels.shape
    exact = apply_dehaze(hazy()[..., :channels], haze).clip(0, 1)
    assert np.abs(out / white - exact).mean() < (5e-3 if dtype is np.uint8 else 1e-4)


def test_grey_in_colour_stays_grey() -> None:
    grey = hazy()[..., :1].repeat(3, 2)
    assert np.ptp(apply_dehaze(grey, estimate_haze(grey)), axis=2).max() < 1e-5


def test_strength_is_the_share_taken_and_zero_gives_the_very_same_array() -> None:
    haze = estimate_haze(hazy())
    pixels = hazy()
    assert apply_dehaze(pixels, haze, 0) is pixels
    means = [apply_dehaze(pixels, haze, strength).mean() for strength in (0.25, 0.5, 1.0)]
    assert pixels.mean() > means[0] > means[1] > means[2]


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 7, 1)])
def test_tiny_pictures_are_no_trouble(shape: tuple[int, int, int]) -> None:
    pixels: Pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert apply_dehaze(pixels, estimate_haze(pixels)).shape == shape


def test_strips_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    haze, whole = estimate_haze(hazy()), apply_dehaze(hazy(), estimate_haze(hazy()))
    monkeypatch.setattr("restore.correct.light._STRIP", 400 * 3 * 17)
    np.testing.assert_allclose(apply_dehaze(hazy(), haze), whole, atol=1e-6)
