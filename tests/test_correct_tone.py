"""Exposure counts in stops of light, gamma bends display values between black and white."""

from __future__ import annotations

import numpy as np
import pytest

from restore.correct.light import to_linear
from restore.correct.tone import apply_exposure, apply_gamma
from restore.image import Pixels

RAMP: Pixels = np.linspace(0, 1, 600, dtype=np.float32).reshape(20, 30, 1)


def test_a_stop_is_twice_the_light() -> None:
    np.testing.assert_allclose(to_linear(apply_exposure(RAMP, 1.0)), 2 * to_linear(RAMP), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(apply_exposure(apply_exposure(RAMP, 1.7), -1.7), RAMP, atol=1e-5)


def test_what_becomes_brighter_than_white_is_white_in_8_bit_and_kept_in_float() -> None:
    assert apply_exposure(np.full((2, 2, 3), 230, np.uint8), 2).min() == 255
    assert apply_exposure(np.full((2, 2, 3), 0.9, np.float32), 2).min() > 1.5


def test_gamma_keeps_black_and_white_and_lightens_the_middle() -> None:
    bent = apply_gamma(RAMP, 2.0).ravel()
    assert (bent[0], bent[-1]) == (0, 1)
    np.testing.assert_allclose(bent**2, RAMP.ravel(), atol=1e-6)
    assert apply_gamma(np.array([[[-0.25]]], np.float32), 2.0).item() == -0.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_whole_numbers_keep_their_depth(dtype: type) -> None:
    white = np.iinfo(dtype).max
    pixels: Pixels = (RAMP * white).round().astype(dtype)
    for out, exact in (
        (apply_gamma(pixels, 1.5), apply_gamma(RAMP, 1.5)),
        (apply_exposure(pixels, -1), apply_exposure(RAMP, -1)),
    ):
        assert out.dtype == dtype
        np.testing.assert_allclose(out / white, exact, atol=0.02 if dtype is np.uint8 else 1e-3)


def test_strength_zero_gives_the_very_same_array() -> None:
    assert apply_exposure(RAMP, 2, 0) is RAMP
    assert apply_gamma(RAMP, 2, 0) is RAMP
    np.testing.assert_allclose(apply_exposure(RAMP, 2, 0.5), apply_exposure(RAMP, 1))
