"""Where a frame roughly lies, told from small copies."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from restore.image import SeriesKind
from restore.series.coarse import View, agreement, rough_place
from restore.series.geometry import STILL, reach, shift
from restore.series.reduction import Plane


@pytest.fixture(scope="module")
def scene() -> Plane:
    """A photograph, 0 to 1, of 360 x 300 pixels."""
    grey = cv2.cvtColor(data.coffee(), cv2.COLOR_RGB2GRAY)
    found: Plane = cv2.resize(grey, (360, 300), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return found


def part(scene: Plane, top: int, left: int) -> Plane:
    """240 rows of 300 columns of it."""
    return np.ascontiguousarray(scene[top : top + 240, left : left + 300])


@pytest.mark.parametrize("kind", list(SeriesKind))
def test_a_frame_agrees_with_itself_best_where_it_is(scene: Plane, kind: SeriesKind) -> None:
    view = View.of(part(scene, 20, 20), kind)
    assert agreement(view, view, STILL) == pytest.approx(1.0)
    assert agreement(view, view, shift(3, 2)) < 0.9
    assert rough_place(view, view, kind)[0] is STILL


@pytest.mark.parametrize("kind", [SeriesKind.EXPOSURE, SeriesKind.FOCUS])
@pytest.mark.parametrize("gamma", [1.0, 0.6])
def test_a_shifted_frame_is_found_whatever_its_exposure(scene: Plane, kind: SeriesKind, gamma: float) -> None:
    one, other = part(scene, 20, 20), part(scene, 34, 3)
    found, score = rough_place(View.of(one, kind), View.of((other**gamma).astype(np.float32), kind), kind)
    assert reach(found @ shift(-17, 14), 240, 300) < 1.0 and score > 0.6


def test_frames_that_show_nothing_in_both_cannot_be_judged(scene: Plane) -> None:
    kind = SeriesKind.EXPOSURE
    one, black = View.of(part(scene, 0, 0), kind), View.of(np.zeros((240, 300), np.float32), kind)
    assert agreement(one, black, STILL) == -1.0
    assert rough_place(one, black, kind) == (STILL, -1.0)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1), (2, 2), (40, 2)])
@pytest.mark.parametrize("kind", list(SeriesKind))
def test_pictures_of_a_few_pixels_have_a_place_too(size: tuple[int, int], kind: SeriesKind) -> None:
    one, other = (View.of(np.full(size, grey, np.float32), kind) for grey in (0.3, 0.6))
    assert rough_place(one, other, kind)[0] is STILL
