"""A photographed print seen from straight ahead, in its own proportions."""

from __future__ import annotations

import math

import numpy as np

from restore.correct.quadrilateral import Points
from restore.correct.warping import warp
from restore.image import Pixels

USUAL_FOCUS = 1.0
"""Focal length in long edges of the picture where the corners do not tell: phones and normal lenses lie about it."""

FOCUS = (0.4, 6.0)
"""Focal lengths that are believed, in long edges: a wide angle and a long tele."""


def aspect_ratio(corners: Points, height: int, width: int) -> float:
    """Width of a print over its height, recovered from how it is foreshortened.

    Zhang and He, Whiteboard scanning and image enhancement, Digital Signal Processing 2007, section 3: a rectangle, a
    camera with square pixels that looks through the picture's middle. Where the sides are too nearly parallel to tell
    the focal length, a usual one is taken; it hardly matters then.

    Args:
        corners: As in `restore.correct.quadrilateral.Corners`.
        height: Rows of the picture.
        width: Its columns.
    """
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    scale = max(height, width)
    upper_left, upper_right, lower_right, lower_left = np.column_stack([(corners - middle) / scale, np.ones(4)])
    diagonal = np.cross(upper_left, lower_right)
    k2 = (diagonal @ lower_left) / (np.cross(upper_right, lower_right) @ lower_left)
    k3 = (diagonal @ upper_right) / (np.cross(lower_left, lower_right) @ upper_right)
    across, down = k2 * upper_right - upper_left, k3 * lower_left - upper_left
    vanishing = across[2] * down[2]
    squared = -(across[:2] @ down[:2]) / vanishing if abs(vanishing) > 1e-4 else USUAL_FOCUS**2
    if not FOCUS[0] ** 2 <= squared <= FOCUS[1] ** 2:
        squared = USUAL_FOCUS**2
    lengths = [(side[:2] @ side[:2]) / squared + side[2] ** 2 for side in (across, down)]
    return math.sqrt(lengths[0] / lengths[1])


def dewarped_size(corners: Points, height: int, width: int) -> tuple[int, int]:
    """Height and width of a print seen straight: no edge is shorter than in the picture, but for its number of pixels.

    Args:
        corners: As in `restore.correct.quadrilateral.Corners`.
        height: Rows of the picture.
        width: Its columns; the result has at most as many pixels as the picture.
    """
    sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    wide, tall = max(sides[0], sides[2]), max(sides[1], sides[3])
    ratio = aspect_ratio(corners, height, width)
    wide, tall = max(wide, tall * ratio), max(tall, wide / ratio)
    factor = min(math.sqrt(height * width / (wide * tall)), 1.0)
    wide, tall = min(max(int(wide * factor + 0.5), 1), height * width), max(int(tall * factor + 0.5), 1)
    return min(tall, height * width // wide), wide


def apply_dewarp(pixels: Pixels, corners: Points, strength: float = 1.0) -> Pixels:
    """The print alone, seen from straight ahead; its corners become the corners of the result.

    Args:
        pixels: ``(H, W, C)``.
        corners: As in `restore.correct.quadrilateral.Corners`.
        strength: How far on the way from the picture's own corners to these.

    Returns:
        ``(height, width, C)`` as `dewarped_size` says, in the picture's depth.
    """
    import cv2

    if strength == 0:
        return pixels
    own = _outline(*pixels.shape[:2])
    corners = own + strength * (corners - own)
    tall, wide = dewarped_size(corners, *pixels.shape[:2])
    matrix = cv2.getPerspectiveTransform(_outline(tall, wide).astype(np.float32), corners.astype(np.float32))
    return warp(pixels, matrix, tall, wide)


def _outline(height: int, width: int) -> Points:
    """The corners of a picture: of its pixels, not of their middles."""
    right, bottom = width - 0.5, height - 0.5
    return np.array([[-0.5, -0.5], [right, -0.5], [right, bottom], [-0.5, bottom]])
