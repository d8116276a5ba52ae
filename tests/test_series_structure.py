"""What frames show, whatever their exposure."""

from __future__ import annotations

import numpy as np
import pytest

from restore.image import SeriesKind
from restore.series.reduction import Plane
from restore.series.structure import comparable, detail, even, rank_table, ranks, seen


@pytest.fixture
def chance() -> Plane:
    """Brightness of chance, none of it black or white."""
    return np.random.default_rng(0).uniform(0.05, 0.95, (60, 80)).astype(np.float32)


def test_ranks_stay_under_any_rising_curve(chance: Plane) -> None:
    assert ranks((chance**0.5).astype(np.float32)) == pytest.approx(ranks(chance), abs=2e-3)
    assert 0 <= ranks(chance).min() < 0.01 and 0.99 < ranks(chance).max() <= 1


def test_a_part_has_the_ranks_of_its_whole(chance: Plane) -> None:
    table = rank_table(chance)
    assert np.array_equal(ranks(chance[10:20], table), ranks(chance)[10:20])


def test_no_number_is_taken_for_black() -> None:
    broken = np.array([[np.nan, 0.5], [0.7, 0.9]], np.float32)
    assert ranks(broken)[0, 0] < ranks(broken)[0, 1]


def test_what_is_black_or_white_is_not_seen() -> None:
    assert seen(np.array([[0.0, 0.01, 0.5, 0.97, 1.0]], np.float32)).tolist() == [[False, False, True, True, False]]


def test_detail_is_free_of_light_that_changes_slowly_and_nothing_where_nothing_is_seen(chance: Plane) -> None:
    where = np.ones(chance.shape, np.bool_)
    where[:, 40:] = False
    slope = np.linspace(0, 1, 80, dtype=np.float32)[None].repeat(60, axis=0)
    found = detail(chance + slope, where)
    assert not found[:, 40:].any()
    assert found[10:50, 10:30] == pytest.approx(detail(chance, where)[10:50, 10:30], abs=0.03)


def test_focus_is_compared_in_linear_light_and_infrared_by_its_edges(chance: Plane) -> None:
    assert even(chance, SeriesKind.FOCUS) == pytest.approx(chance**2.2)
    where = np.ones(chance.shape, np.bool_)
    negative = comparable((1 - chance).astype(np.float32), where, SeriesKind.INFRARED)
    assert negative == pytest.approx(comparable(chance, where, SeriesKind.INFRARED), abs=1e-4)
