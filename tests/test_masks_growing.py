"""Grown masks and distances, against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from restore.masks import growing
from restore.masks.growing import depth, grown


def specks(height: int = 60, width: int = 50, share: float = 0.002) -> growing.Mask:
    return np.random.default_rng(3).random((height, width)) < share


def nearest(mask: growing.Mask) -> np.ndarray:
    """Distance of every pixel to the nearest marked one, one by one."""
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    marked = np.argwhere(mask)
    squares = (rows[..., None] - marked[:, 0]) ** 2 + (columns[..., None] - marked[:, 1]) ** 2
    return np.asarray(np.sqrt(squares.min(axis=2)))


@pytest.mark.parametrize("reach", [1, 2, 5, 16, 17, 30])
def test_a_grown_mask_holds_all_within_reach_and_nothing_else(reach: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "BAND", 7)
    mask = specks()
    before = mask.copy()
    assert np.array_equal(grown(mask, reach), nearest(mask) <= reach)
    assert np.array_equal(mask, before)


def test_growing_by_nothing_or_an_empty_mask_changes_nothing() -> None:
    mask = specks()
    assert grown(mask, 0) is mask
    assert not grown(np.zeros((5, 5), np.bool_), 3).any() and not grown(np.zeros((50, 50), np.bool_), 20).any()


def test_depth_is_the_distance_to_the_outside_whatever_the_band() -> None:
    mask = ~specks()
    whole = nearest(~mask)
    for band in growing.bands(60, 7):
        found = depth(mask, band, 4)
        exact = whole[band] <= 4
        assert np.allclose(found[exact], whole[band][exact], atol=1e-4)
        assert (found[~exact] > 4).all()


def test_depth_knows_no_outside_beyond_the_picture() -> None:
    assert (depth(np.ones((4, 4), np.bool_), slice(0, 4), 3) > 3).all()
