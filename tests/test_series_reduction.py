"""Small copies: means of squares of pixels, exactly in their places."""

from __future__ import annotations

import numpy as np
import pytest

from restore.image import Image, Pixels
from restore.series import reduction
from restore.series.reduction import factor_to, grey_of, reduced


@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
def test_a_pixel_is_the_mean_of_its_square(depth: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduction, "_ROWS", 8)  # several bands
    values = np.random.default_rng(0).random((23, 31, 3))
    white = 1.0 if depth is np.float32 else float(np.iinfo(depth).max)
    pixels: Pixels = (values * white).astype(depth)
    small = reduced(Image(pixels), 4)
    wanted = pixels[:20, :28].reshape(5, 4, 7, 4, 3).astype(np.float64).mean(axis=(1, 3)) / white
    assert small.shape == (5, 7, 3) and small == pytest.approx(wanted, abs=1e-5)


def test_a_picture_narrower_than_the_factor_still_has_a_copy() -> None:
    assert reduced(Image(np.zeros((2, 300, 1), np.uint8)), 5).shape == (1, 150, 1)


def test_the_factor_brings_the_longer_side_below_the_edge() -> None:
    assert [factor_to(*size, 100) for size in ((50, 100), (50, 101), (600, 20))] == [1, 2, 6]


def test_grey_weighs_the_channels_as_the_eye_does_and_keeps_grey() -> None:
    assert grey_of(np.ones((2, 2, 3), np.float32)) == pytest.approx(np.ones((2, 2)))
    only = np.random.default_rng(0).random((3, 4, 1)).astype(np.float32)
    assert np.array_equal(grey_of(only), only[..., 0])
