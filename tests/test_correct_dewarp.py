"""A print photographed in perspective comes out straight, whole, and in its own proportions."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from restore.correct.dewarp import apply_dewarp, aspect_ratio, dewarped_size
from restore.correct.quadrilateral import Points, estimate_corners
from restore.image import Pixels


def seen(ratio: float, turned: tuple[float, float, float], focus: float = 1.1) -> Points:
    """Where a camera of 800 x 600 pixels sees the corners of a print, in the order of `Corners`."""
    flat = np.array([[-ratio, -1, 0], [ratio, -1, 0], [ratio, 1, 0], [-ratio, 1, 0]]) / 2
    placed = flat @ cv2.Rodrigues(np.array(turned, np.float64))[0].T + [0.02, -0.03, 2.2 * max(ratio / 1.33, 1)]
    points: Points = placed[:, :2] / placed[:, 2:] * focus * 800 + [399.5, 299.5]
    return points


@pytest.mark.parametrize("ratio", [0.7, 1.0, 1.5, 2.2])
@pytest.mark.parametrize("turned", [(0.4, 0.3, 0.1), (-0.3, 0.5, -0.2), (0.5, -0.2, 0.0)])
def test_proportions_are_recovered_from_the_foreshortening(ratio: float, turned: tuple[float, float, float]) -> None:
    assert aspect_ratio(seen(ratio, turned), 600, 800) == pytest.approx(ratio, rel=0.01)


@pytest.mark.parametrize("turned", [(0, 0, 0), (0, 0, 0.3), (0.35, 0, 0), (0, 0.35, 0)])
def test_where_the_focal_length_cannot_be_told_a_usual_one_does(turned: tuple[float, float, float]) -> None:
    assert aspect_ratio(seen(1.5, turned), 600, 800) == pytest.approx(1.5, rel=0.03)


def photographed(corners: Points, picture: Pixels) -> Pixels:
    tall, wide = picture.shape[:2]
    own = np.array([[-0.5, -0.5], [wide - 0.5, -0.5], [wide - 0.5, tall - 0.5], [-0.5, tall - 0.5]], np.float32)
    matrix = cv2.getPerspectiveTransform(own, corners.astype(np.float32))
    table = np.full((600, 800, 3), 40, picture.dtype)
    photo: Pixels = cv2.warpPerspective(picture, matrix, (800, 600), table, cv2.INTER_AREA, cv2.BORDER_TRANSPARENT)
    return photo


def test_a_print_comes_out_straight_within_two_pixels_of_its_corners() -> None:
    """Marks in its corners are found again in the corners of the result."""
    picture = np.ascontiguousarray(data.coffee())
    tall, wide = picture.shape[:2]
    picture[:] = picture // 2 + 100
    marks = np.array([[20, 20], [wide - 21, 20], [wide - 21, tall - 21], [20, tall - 21]])
    for x, y in marks:
        picture[y - 8 : y + 9, x - 8 : x + 9] = (255, 0, 0)
    corners = seen(wide / tall, (0.35, 0.3, 0.1))
    photo = photographed(corners, picture)
    found = estimate_corners(photo)
    assert found is not None
    assert np.abs(found.points - corners).max() < 2
    straight = apply_dewarp(photo, found.points)
    height, width = straight.shape[:2]
    assert width / height == pytest.approx(wide / tall, rel=0.02)
    red = (straight[..., 0] > 200) & (straight[..., 1] < 60)
    for x, y in (marks + 0.5) * [width / wide, height / tall] - 0.5:
        top, left = max(int(y) - 14, 0), max(int(x) - 14, 0)
        down, across = np.nonzero(red[top : int(y) + 15, left : int(x) + 15])
        assert np.hypot(down.mean() + top - y, across.mean() + left - x) < 2


@pytest.mark.parametrize("turned", [(0.4, 0.3, 0.1), (0, 1.2, 0), (0, 0, 0)])
def test_the_result_has_no_more_pixels_than_the_picture_and_no_shorter_edges_below(
    turned: tuple[float, float, float],
) -> None:
    corners = seen(1.4, turned)
    tall, wide = dewarped_size(corners, 600, 800)
    assert tall * wide <= 600 * 800
    small = corners * 0.5 + 100
    tall, wide = dewarped_size(small, 600, 800)
    sides = np.hypot(*(np.roll(small, -1, axis=0) - small).T)
    assert wide >= int(max(sides[0], sides[2]))
    assert tall >= int(max(sides[1], sides[3]))


def test_corners_that_hold_next_to_nothing_still_give_a_picture() -> None:
    corners = np.array([[0, 0], [50, 0], [50, 0.001], [0, 30]])
    tall, wide = dewarped_size(corners, 37, 53)
    assert tall >= 1 and wide >= 1 and tall * wide <= 37 * 53


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_depth_stays(dtype: type) -> None:
    picture = data.chelsea().astype(dtype)
    assert apply_dewarp(picture, np.array([[50.0, 40], [400, 60], [380, 280], [30, 250]])).dtype == dtype


def test_strength_zero_gives_the_very_same_array_and_half_of_it_half_of_the_way() -> None:
    picture = data.chelsea()
    corners = np.array([[99.5, 49.5], [350.5, 49.5], [350.5, 249.5], [99.5, 249.5]])
    assert apply_dewarp(picture, corners, 0) is picture
    half = apply_dewarp(picture, corners, 0.5)
    assert half.shape[0] == pytest.approx(250, abs=2)
    assert np.abs(half[:240, :340].astype(int) - picture[25:265, 50:390]).mean() < 12
