"""Tiles along one axis cover it, overlap by one feather, and see a skirt more."""

from __future__ import annotations

import itertools

import pytest
from restore_spandrel.spans import FEATHER, SKIRT, SMALLEST, spans, widest


@pytest.mark.parametrize("length", [1, 63, 64, 65, 128, 129, 1000, 1001])
@pytest.mark.parametrize("edge", [SMALLEST, 100, 384])
def test_every_pixel_belongs_to_one_tile_or_to_two_that_share_it(length: int, edge: int) -> None:
    found = spans(length, edge)
    assert found[0].first and found[-1].last
    assert (found[0].start, found[-1].stop) == (0, length)
    for one, other in itertools.pairwise(found):
        assert one.stop - other.start == FEATHER
    for one, other in zip(found, found[2:], strict=False):
        assert one.stop <= other.start, "three tiles would share a pixel"


def test_a_tile_sees_beyond_what_it_is_for_up_to_the_border_of_the_picture() -> None:
    first, second, *_ = spans(1000, 100)
    assert (first.seen_from, first.seen_to) == (0, first.stop + SKIRT)
    assert (second.seen_from, second.seen_to) == (second.start - SKIRT, second.stop + SKIRT)
    assert all(span.seen_to - span.seen_from <= widest(100) for span in spans(1000, 100))


def test_what_fits_is_not_cut() -> None:
    (only,) = spans(100, 100)
    assert only.first and only.last and (only.seen_from, only.seen_to) == (0, 100)
