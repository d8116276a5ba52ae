"""Unsharp masking: edges steeper, noise and colours as they were."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage import data

from restore.correct.sharpen import apply_unsharp


def test_detail_is_what_a_gaussian_takes_away() -> None:
    photo = data.camera()[..., None].astype(np.float32) / 255
    blurred = gaussian_filter(photo[..., 0], 2.0, mode="nearest", truncate=4.0)[..., None]
    np.testing.assert_allclose(apply_unsharp(photo, 0.8, 2.0, 0), photo + 0.8 * (photo - blurred), atol=2e-5)


def test_a_soft_edge_becomes_steeper() -> None:
    edge = gaussian_filter(np.repeat([[50.0] * 20 + [200.0] * 20], 20, axis=0), 1.5)[..., None].round().astype(np.uint8)
    slopes = [np.diff(each[10, :, 0].astype(int)).max() for each in (edge, apply_unsharp(edge, 1.0))]
    assert slopes[1] > 1.1 * slopes[0]


def test_what_is_below_the_threshold_stays_bit_for_bit() -> None:
    noise = np.random.default_rng(0).integers(99, 103, (60, 60, 3)).astype(np.uint8)
    assert np.array_equal(apply_unsharp(noise, 2.0, threshold=3.0), noise)
    assert not np.array_equal(apply_unsharp(noise, 2.0, threshold=0.0), noise)


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_all_channels_get_the_same_so_that_no_colours_are_made(dtype: type) -> None:
    white = 1 if dtype is np.float32 else 65535
    photo = ((data.coffee() * 0.3 + 80) / 255 * white).astype(dtype)
    change = apply_unsharp(photo, 1.0).astype(np.float64) - photo
    assert change.std() > 0.002 * white
    assert np.ptp(change, axis=2).max() <= white * 2e-5 + (white > 1) * 1.5


def test_strength_zero_gives_the_very_same_array() -> None:
    photo = data.camera()[..., None]
    assert apply_unsharp(photo, 0) is photo


def test_strips_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    photo = data.coffee()
    whole = apply_unsharp(photo, 1.0, 3.0)
    monkeypatch.setattr("restore.correct.light._STRIP", 600 * 3 * 20)
    assert np.array_equal(apply_unsharp(photo, 1.0, 3.0), whole)
