"""Movements as matrices: where points go, what is plausible."""

from __future__ import annotations

import numpy as np
import pytest

from restore.series.geometry import STILL, Matrix, corners, is_plausible, moved, reach, scaled, shift


def test_a_movement_of_small_copies_is_that_of_the_pictures() -> None:
    small: Matrix = np.array([[0.99, -0.02, 1.5], [0.02, 0.99, -0.5], [1e-5, 2e-5, 1]])
    large = scaled(small, 4)
    points = np.array([[3.0, 5.0], [20.0, 11.0]])
    assert moved(points * 4 + 1.5, large) == pytest.approx(moved(points, small) * 4 + 1.5)
    assert scaled(large, 1 / 4) / scaled(large, 1 / 4)[2, 2] == pytest.approx(small)


def test_the_reach_is_that_of_the_corner_that_moves_most() -> None:
    assert reach(shift(3, 4), 100, 200) == pytest.approx(5)
    assert reach(STILL, 100, 200) == 0
    zoomed = np.diag([1.01, 1.01, 1.0])
    assert reach(zoomed, 101, 201) == pytest.approx(0.01 * np.hypot(100, 200))


@pytest.mark.parametrize(
    "matrix",
    [
        np.diag([-1.0, 1.0, 1.0]),
        np.diag([3.0, 3.0, 1.0]),
        np.zeros((3, 3)),
        np.full((3, 3), np.nan),
        shift(150, 0),
        np.array([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1]]),
    ],
    ids=["a mirror", "a zoom by three", "nothing", "no numbers", "nearly the whole width", "a fold"],
)
def test_what_no_camera_does_between_two_frames_is_not_plausible(matrix: Matrix) -> None:
    assert not is_plausible(matrix, 100, 200)


def test_a_hand_is_plausible() -> None:
    turn = np.array([[0.999, -0.03, 20], [0.03, 0.999, -15], [1e-5, -2e-5, 1]])
    assert is_plausible(turn, 1000, 1500) and is_plausible(STILL, 2, 2)


def test_corners_go_round_clockwise() -> None:
    assert corners(3, 5).tolist() == [[0, 0], [4, 0], [4, 2], [0, 2]]
