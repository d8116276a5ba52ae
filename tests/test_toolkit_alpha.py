"""What full transparency hides takes the colour of what is visible beside it."""

from __future__ import annotations

import numpy as np
import pytest

from restore.image import Pixels
from restore.toolkit.alpha import bled


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_hidden_pixels_take_the_nearest_visible_colour_and_visible_ones_stay(dtype: type, channels: int) -> None:
    chance = np.random.default_rng(0)
    pixels: Pixels = (chance.random((9, 12, channels)) * 200).astype(dtype)
    alpha: Pixels = np.zeros((9, 12), dtype)
    alpha[:, 4:7] = [1, 0.5 if dtype is np.float32 else 9, 1]
    before = pixels.copy()
    result = bled(pixels, alpha)
    assert result.dtype == dtype
    assert np.array_equal(result[:, 4:7], pixels[:, 4:7])
    assert np.array_equal(result[:, :4], pixels[:, 4:5].repeat(4, 1))
    assert np.array_equal(result[:, 7:], pixels[:, 6:7].repeat(5, 1))
    assert np.array_equal(pixels, before), "the picture read is needed again"


def test_where_everything_or_nothing_is_visible_the_pixels_themselves_come_back() -> None:
    pixels = np.zeros((3, 4, 3), np.uint8)
    for alpha in (None, np.ones((3, 4), np.uint8), np.zeros((3, 4), np.uint8)):
        assert bled(pixels, alpha) is pixels
