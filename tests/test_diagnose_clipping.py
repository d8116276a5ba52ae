"""What is cut off at black and white is counted."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from restore.diagnose import measure_clipping


def test_shares_are_those_that_were_made() -> None:
    pixels = np.random.default_rng(0).integers(20, 230, (200, 200, 3)).astype(np.uint8)
    pixels[:20, :, 0] = 0
    pixels[-10:] = 255
    found = measure_clipping(pixels)
    assert found.black == pytest.approx((0.1, 0, 0))
    assert found.white == pytest.approx((0.05, 0.05, 0.05))
    assert found.confidence == 1


def test_an_overexposed_photograph_is_clipped_surely() -> None:
    found = measure_clipping(np.clip(data.chelsea().astype(np.float32) * 2, 0, 255).astype(np.uint8))
    assert max(found.white) > 0.05
    assert found.confidence > 0.5


def test_a_dark_photograph_that_ends_softly_is_not_surely_clipped() -> None:
    levels = np.minimum(np.random.default_rng(0).exponential(12, (256, 256, 1)), 254).astype(np.uint8)
    found = measure_clipping(levels)
    assert found.black[0] > 0.05
    assert found.confidence < 0.2


def test_where_nothing_is_clipped_that_is_sure() -> None:
    found = measure_clipping(np.full((30, 30, 1), 90, np.uint8))
    assert (found.black, found.white, found.confidence) == ((0.0,), (0.0,), 1.0)


def test_every_depth_is_counted_alike_and_values_near_the_ends_are_not_at_them() -> None:
    eight = np.array([0, 0, 1, 254, 255, 100], np.uint8).reshape(1, 6, 1)
    expected = measure_clipping(eight)
    assert expected.black == pytest.approx((2 / 6,))
    assert measure_clipping(eight.astype(np.uint16) * 257).white == pytest.approx(expected.white)
    assert measure_clipping(eight.astype(np.float32) / 255).black == pytest.approx(expected.black)
    assert measure_clipping(np.full((8, 8, 1), 65_534, np.uint16)).white == (0.0,)
    assert measure_clipping(np.full((8, 8, 1), 1.5, np.float32)).white == (1.0,)


def test_a_large_picture_is_counted_all_over() -> None:
    pixels = np.full((2003, 3001, 3), 120, np.uint8)
    pixels[:100] = 255
    found = measure_clipping(pixels)
    assert found.white == pytest.approx((100 / 2003,) * 3, rel=0.02)
