"""What is missing: the same questions, and the same answers, for everyone who fills holes."""

from __future__ import annotations

import numpy as np
import pytest

from restore.errors import InputError
from restore.image import Image, Observation
from restore.toolkit.missing import Box, check_known, what_is_missing

PIXELS = np.zeros((3, 4, 3), np.float32)
HOLE = np.zeros((3, 4), np.bool_)
HOLE[1, 2] = True


def test_a_hole_is_what_is_missing_and_without_one_nothing_is() -> None:
    found = what_is_missing(Observation((Image(PIXELS),), HOLE))
    assert found is not None and np.array_equal(found, HOLE)
    assert what_is_missing(Observation((Image(PIXELS),), np.zeros_like(HOLE))) is None


def test_no_mask_and_one_that_leaves_nothing_are_refused_with_what_to_do() -> None:
    with pytest.raises(InputError, match=r"a mask of what is missing is needed\. Give one with --mask"):
        what_is_missing(Observation((Image(PIXELS),)))
    with pytest.raises(InputError, match=r"covers all 4 x 3 pixels; nothing is left .* --invert-mask turns"):
        what_is_missing(Observation((Image(PIXELS),), np.ones_like(HOLE)))


def test_what_is_missing_may_hold_anything_but_what_is_known_may_not() -> None:
    spoilt = PIXELS.copy()
    spoilt[1, 2] = np.nan
    check_known(spoilt, HOLE)
    check_known(np.zeros((3, 4, 3), np.uint8), HOLE)
    tall, known = np.zeros((600, 2, 1), np.float32), np.zeros((600, 2), np.bool_)
    tall[599, 1] = np.inf
    with pytest.raises(InputError, match=r"NaN or infinite pixels\. Mark them in the mask"):
        check_known(tall, known)


def test_boxes_are_joined_and_counted_from_other_corners() -> None:
    box = Box(5, 7, 9, 12)
    assert box.shape == (2, 3) and box.slices == (slice(5, 7), slice(9, 12))
    assert box.joined(Box(1, 6, 10, 20)) == Box(1, 7, 9, 20)
    assert box.within(Box(4, 20, 6, 20)) == Box(1, 3, 3, 6)
