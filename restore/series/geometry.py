"""Planar movements of a frame against the reference, as 3 x 3 matrices in pixels (homographies).

A matrix ``H`` says where the reference's pixel (x, y) is found in the frame: at ``H (x, y, 1)``, after division by its
third value (Hartley and Zisserman, Multiple View Geometry, 2nd edition, section 2.3).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
Points = npt.NDArray[np.float64]
"""``(N, 2)``, x and y in pixels."""

STILL: Matrix = np.eye(3)
"""Nothing has moved."""

_LARGEST_SHIFT = 0.6
_MOST_AREA = 2.5
"""Parts of a side by which a corner may have moved, and by how much the area may have grown, in one scene."""


def moved(points: Points, matrix: Matrix) -> Points:
    """Where the reference's points are found in the frame."""
    there = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return there[:, :2] / there[:, 2:]


def scaled(matrix: Matrix, factor: float) -> Matrix:
    """A movement of small copies as one of the pictures, which are larger by `factor`; less than 1 for the way back."""
    up = np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2], [0, 0, 1]])
    return up @ matrix @ np.linalg.inv(up)


def shift(x: float, y: float) -> Matrix:
    """A movement by x and y pixels."""
    return np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])


def corners(height: int, width: int) -> Points:
    """The centres of the four corner pixels, clockwise from the upper left one."""
    return np.array([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], np.float64)


def reach(matrix: Matrix, height: int, width: int) -> float:
    """By how many pixels a movement moves a picture's corners, at most."""
    there = corners(height, width)
    return float(np.linalg.norm(moved(there, matrix) - there, axis=1).max())


def is_plausible(matrix: Matrix, height: int, width: int) -> bool:
    """Whether somebody could have moved a camera like this: no mirror, no fold, no huge step."""
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-9:
        return False
    here = corners(height, width)
    depth = np.column_stack([here, np.ones(4)]) @ matrix.T[:, 2]
    if not (depth > 0).all() and not (depth < 0).all():
        return False
    there = moved(here, matrix)
    following = np.roll(there, -1, axis=0)
    doubled = there[:, 0] * following[:, 1] - there[:, 1] * following[:, 0]  # the shoelace formula
    area = doubled.sum() / 2 / max((height - 1) * (width - 1), 1)
    turned = np.cross(
        np.column_stack([following - there, np.zeros(4)]),
        np.column_stack([np.roll(following, -1, axis=0) - following, np.zeros(4)]),
    )[:, 2]
    near = np.abs(there - here).max(axis=0) <= _LARGEST_SHIFT * np.array([width, height])
    return bool((turned > 0).all() and 1 / _MOST_AREA < area < _MOST_AREA and near.all())
