"""Light and display values, reduced copies, and curves that every depth goes through."""

from __future__ import annotations

import numpy as np
import pytest

from restore.correct.light import apply_curves, is_grey, reduced, to_display, to_linear

RNG = np.random.default_rng(0)


def test_light_is_that_of_srgb_and_comes_back() -> None:
    values = np.linspace(-0.5, 2, 1000, dtype=np.float32)
    assert to_linear(np.array([0.5], np.float32)) == pytest.approx(0.21404, abs=1e-5)
    np.testing.assert_allclose(to_display(to_linear(values)), values, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_depth_goes_through_the_same_curve(dtype: type) -> None:
    values = RNG.random((40, 30, 3)).astype(np.float32)
    white = 1 if dtype is np.float32 else np.iinfo(dtype).max
    pixels = (values * white).round().astype(dtype) if white > 1 else values
    out = apply_curves(pixels, [lambda x: x * np.float32(0.5), np.sqrt, lambda x: x + np.float32(0.25)])
    assert out.dtype == dtype
    expected = np.stack([values[..., 0] / 2, np.sqrt(values[..., 1]), values[..., 2] + 0.25], 2)
    expected = expected if white == 1 else expected.clip(0, 1)
    np.testing.assert_allclose(out / white, expected, atol=0.5 / min(white, 2**15) + (0.03 if white == 255 else 2e-3))


def test_float_pictures_keep_what_is_beyond_white() -> None:
    assert apply_curves(np.array([[[-0.5], [3.0]]], np.float32), [lambda x: x * 2]).ravel().tolist() == [-1.0, 6.0]


def test_as_many_curves_as_channels_are_needed() -> None:
    with pytest.raises(ValueError, match="3 channels need as many curves, got 2"):
        apply_curves(np.zeros((2, 2, 3), np.uint8), [np.sqrt, np.sqrt])


@pytest.mark.parametrize("channels", [1, 3])
def test_a_reduced_copy_has_the_means_and_the_proportions_of_the_picture(channels: int) -> None:
    pixels = RNG.integers(0, 65536, (300, 500, channels)).astype(np.uint16)
    small = reduced(pixels, 1500)
    assert small.shape == (30, 50, channels)
    np.testing.assert_allclose(small.mean(axis=(0, 1)), pixels.mean(axis=(0, 1)) / 65535, atol=1e-3)
    assert reduced(pixels).shape == pixels.shape


def test_a_picture_is_grey_where_all_channels_are_equal_everywhere() -> None:
    grey = np.repeat(RNG.integers(0, 256, (50, 60, 1)), 3, axis=2).astype(np.uint8)
    assert is_grey(grey)
    grey[49, 59, 2] ^= 1
    assert not is_grey(grey)
