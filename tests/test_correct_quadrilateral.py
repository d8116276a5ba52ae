"""A photographed print's corners are found to a fraction of a pixel; what is no print is not taken for one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from restore.correct.quadrilateral import Points, estimate_corners, ordered
from restore.image import Pixels

CORNERS = np.array([[170.3, 90.8], [640.6, 150.2], [600.1, 520.9], [120.7, 470.4]])


def photographed(table: Pixels, margin: int = 0, corners: Points = CORNERS) -> Pixels:
    """A print with a white margin on a table, 600 x 800, seen from aside, with some noise."""
    picture = np.pad(data.astronaut(), ((margin, margin), (margin, margin), (0, 0)), constant_values=245)
    edge = picture.shape[0]
    own = np.array([[-0.5, -0.5], [edge - 0.5, -0.5], [edge - 0.5, edge - 0.5], [-0.5, edge - 0.5]], np.float32)
    matrix = cv2.getPerspectiveTransform(own, (2 * corners + 0.5).astype(np.float32))  # at twice the size
    seen = cv2.warpPerspective(picture.astype(np.float32), matrix, (1600, 1200), borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpPerspective(np.ones((edge, edge), np.float32), matrix, (1600, 1200))[..., None]
    whole = seen * inside + cv2.resize(table, (1600, 1200)) * (1 - inside)
    small = cv2.resize(whole, (800, 600), interpolation=cv2.INTER_AREA)
    result: Pixels = (small + np.random.default_rng(0).normal(0, 2, small.shape)).round().clip(0, 255).astype(np.uint8)
    return result


def even(value: tuple[int, int, int]) -> Pixels:
    return np.broadcast_to(np.array(value, np.float32), (60, 80, 3)).copy()


def gravel() -> Pixels:
    stones: Pixels = data.gravel()[..., None].repeat(3, 2).astype(np.float32)
    return stones


TABLES = {"dark": even((35, 30, 30)), "light": even((210, 205, 190)), "gravel": gravel()}


@pytest.mark.parametrize(("table", "margin"), [("dark", 20), ("light", 0), ("light", 20), ("gravel", 20)])
def test_corners_are_found_to_a_fraction_of_a_pixel(table: str, margin: int) -> None:
    found = estimate_corners(photographed(TABLES[table], margin))
    assert found is not None
    np.testing.assert_allclose(found.points, CORNERS, atol=0.7)
    assert found.confidence > 0.7


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_depth_makes_no_difference(dtype: type) -> None:
    seen = photographed(TABLES["dark"], 20)
    found = estimate_corners(seen.astype(np.uint16) * 257 if dtype is np.uint16 else seen.astype(np.float32) / 255)
    assert found is not None
    np.testing.assert_allclose(found.points, CORNERS, atol=0.7)


def test_a_grey_picture_of_a_print_will_do() -> None:
    found = estimate_corners(photographed(TABLES["dark"], 20)[..., 1:2])
    assert found is not None
    np.testing.assert_allclose(found.points, CORNERS, atol=0.7)


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee", "camera", "grass", "rocket", "moon"])
def test_what_is_no_photograph_of_a_print_is_not_taken_for_one(name: str) -> None:
    photo = getattr(data, name)()
    found = estimate_corners(photo.reshape(*photo.shape[:2], -1))
    assert found is None or found.confidence < 0.5


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 1), (60, 80, 3)])
def test_there_is_none_in_even_and_tiny_pictures(shape: tuple[int, int, int]) -> None:
    assert estimate_corners(np.full(shape, 99, np.uint8)) is None


def test_four_corners_are_put_in_order_whatever_theirs() -> None:
    for order in ([0, 1, 2, 3], [2, 0, 3, 1], [3, 2, 1, 0]):
        assert np.array_equal(ordered(CORNERS[order]), CORNERS)


@pytest.mark.parametrize(
    "points", [[[0, 0], [10, 0], [10, 10], [8, 3]], [[0, 0], [1, 1], [2, 2], [3, 3]], [[1, 1]] * 4]
)
def test_what_is_not_convex_is_refused(points: list[list[int]]) -> None:
    with pytest.raises(ValueError, match="not the corners of a convex quadrilateral"):
        ordered(np.array(points, float))
