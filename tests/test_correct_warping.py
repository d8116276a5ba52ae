"""Pictures moved, turned and cut: pieces fit together, nothing is lost, corners are filled or cut off."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from restore.correct.warping import Edges, border_colour, turn, turned_size, warp

PHOTO = data.chelsea()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_where_nothing_moves_the_pixels_are_the_same(dtype: type) -> None:
    pixels = PHOTO.astype(dtype) * (257 if dtype is np.uint16 else 1)
    assert np.array_equal(warp(pixels, np.eye(3), *pixels.shape[:2]), pixels)


def test_pieces_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = np.array([[0.95, 0.1, 3.3], [-0.08, 1.02, 20.7], [1e-5, 2e-5, 1]])
    whole = warp(PHOTO, matrix, 280, 420)
    monkeypatch.setattr("restore.correct.warping.PIECE", 61)
    assert np.abs(warp(PHOTO, matrix, 280, 420).astype(int) - whole).max() <= 1


def test_a_quarter_of_a_picture_is_where_the_matrix_says() -> None:
    shifted = warp(PHOTO, np.array([[1.0, 0, 200], [0, 1, 100], [0, 0, 1]]), 150, 220)
    assert np.array_equal(shifted, PHOTO[100:250, 200:420])


@pytest.mark.parametrize("angle", [-15, -3.7, 0.5, 11])
@pytest.mark.parametrize("size", [(300, 451), (451, 300), (40, 600)])
def test_filled_pictures_hold_all_and_cropped_ones_nothing_else(angle: float, size: tuple[int, int]) -> None:
    white = np.full((*size, 1), 255, np.uint8)
    filled, cropped = turn(white, angle, "fill", (0.0,)), turn(white, angle, "crop", (0.0,))
    assert filled.astype(float).sum() / 255 == pytest.approx(white.size, rel=0.005)
    assert cropped[1:-1, 1:-1].min() >= 250
    assert cropped.shape[:2] == turned_size(*size, angle, "crop")
    assert filled.shape[:2] == turned_size(*size, angle, "fill")


def test_turning_is_counter_clockwise_about_the_middle() -> None:
    pixels = np.zeros((101, 101, 1), np.uint8)
    pixels[48:53, 88:93] = 255  # to the right of the middle
    turned = turn(pixels, 15, "fill", (0.0,))
    y, x = (int(i.mean()) - turned.shape[0] // 2 for i in np.nonzero(turned[..., 0] > 128))
    assert (x, y) == (
        pytest.approx(40 * np.cos(np.radians(15)), abs=1),
        pytest.approx(-40 * np.sin(np.radians(15)), abs=1),
    )


@pytest.mark.parametrize("edges", ["fill", "crop"])
def test_no_angle_gives_the_very_same_array(edges: Edges) -> None:
    assert turn(PHOTO, 0, edges) is PHOTO


def test_float_pictures_keep_their_range() -> None:
    turned = turn(PHOTO.astype(np.float32) / 255, 5, "crop")
    assert 0 <= turned.min() < turned.max() <= PHOTO.max() / 255


def test_the_border_s_colour_is_what_most_of_it_has() -> None:
    page = np.full((200, 300, 3), (240, 235, 220), np.uint8)
    page[50:150, :3] = 0
    assert border_colour(page) == (240, 235, 220)
    assert border_colour(np.full((1, 1, 1), 0.5, np.float32)) == (0.5,)
