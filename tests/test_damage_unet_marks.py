"""Which of the pixels that may be damaged become marks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from restore_damage_unet.marks import FAINT, LONG, SURE, THIN, Heights, height_of, heights_of, marks_of

SOUND, FAINTLY, DAMAGED, SURELY = 0, height_of(-0.4), height_of(1), height_of(SURE)


def line(length: int, height: int, thickness: int = 3) -> Heights:
    """A slanted line of one height on nothing."""
    heights = np.zeros((300, 300), np.uint8)
    cv2.line(heights, (20, 20), (40, 20 + length), height, thickness)
    return heights


def test_a_mark_that_is_sure_nowhere_is_left_out() -> None:
    heights = np.zeros((7, 9), np.uint8)
    heights[1, 1:4] = DAMAGED
    heights[5, 2:8], heights[4, 8] = DAMAGED, SURELY  # joined at a corner
    marks = marks_of(heights)
    assert marks[5, 2:8].all() and marks[4, 8]
    assert np.count_nonzero(marks) == 7
    assert not marks_of(np.minimum(heights, DAMAGED)).any()


def test_heights_tell_what_is_above_the_threshold_and_what_is_sure() -> None:
    above = torch.tensor([[-50, FAINT - 0.01, FAINT, -0.01, 0.01, SURE - 0.01, SURE + 0.01, 50]])
    heights = heights_of(above + 2, border=2)
    assert heights.dtype == np.uint8
    assert (heights > 0).tolist() == [[False, False, True, True, True, True, True, True]]
    assert (heights >= height_of(0)).tolist() == [[False] * 4 + [True] * 4]
    assert (heights >= height_of(SURE)).tolist() == [[False] * 6 + [True] * 2]


def test_what_is_long_and_thin_need_not_be_sure() -> None:
    heights = line(LONG + 20, DAMAGED)
    assert np.array_equal(marks_of(heights), heights > 0)


@pytest.mark.parametrize(
    "heights",
    [line(LONG - 20, DAMAGED), line(LONG + 20, DAMAGED, 3 * THIN), line(LONG + 20, FAINTLY)],
    ids=["short", "wide", "faint"],
)
def test_what_is_short_or_wide_or_faint_all_along_must_be_sure(heights: Heights) -> None:
    assert not marks_of(heights).any()
    heights[20, 20] = SURELY
    assert marks_of(heights).any()


def test_a_long_mark_takes_its_faint_pieces_along() -> None:
    heights = line(LONG + 20, DAMAGED)
    heights[60:80][heights[60:80] > 0] = FAINTLY
    assert np.array_equal(marks_of(heights), heights > 0)


def test_a_long_net_of_twigs_is_no_scratch() -> None:
    heights = np.zeros((300, 300), np.uint8)
    for x in range(0, 300, 12):
        cv2.line(heights, (x, 0), (x, 299), DAMAGED, 2)
        cv2.line(heights, (0, x), (299, x), DAMAGED, 2)
    assert not marks_of(heights).any()


def test_nothing_is_marked_where_nothing_is_found() -> None:
    assert not marks_of(np.zeros((40, 30), np.uint8)).any()
