"""Frames laid over the reference, in their own depth, and the part that all of them show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from restore.image import Image, Pixels
from restore.series.geometry import Matrix, corners, moved, shift
from restore.toolkit.alpha import bled

PIECE = 2048
"""Edge of the pieces in which frames are moved: OpenCV takes no picture longer than 32767 pixels."""

_REACH = 4
"""Pixels that Lanczos' kernel reaches to either side."""

Box = tuple[int, int, int, int]
"""Top, bottom, left, right; bottom and right are outside."""


def warped(image: Image, matrix: Matrix) -> Image:
    """The frame as it would look from the reference's place; what it does not show is filled with its border.

    Resampled with Lanczos' kernel (a = 4), which keeps what is sharp. Its overshoot is cut off where it would leave the
    range of the frame's own values. No colour that full transparency hides is drawn into what is visible.

    Args:
        image: The frame.
        matrix: Where the reference's pixels are in it.

    Returns:
        A frame of the same size, depth and channels.
    """
    alpha = None if image.alpha is None else _warped(image.alpha[..., None], matrix)[..., 0]
    return image.with_pixels(_warped(bled(image.pixels, image.alpha), matrix), alpha)


def _warped(pixels: Pixels, matrix: Matrix) -> Pixels:
    height, width = pixels.shape[:2]
    out = np.empty_like(pixels)
    for top in range(0, height, PIECE):
        for left in range(0, width, PIECE):
            here = out[top : top + PIECE, left : left + PIECE]
            here[...] = _piece(pixels, matrix @ shift(left, top), here.shape[0], here.shape[1])
    if out.dtype == np.float32:
        np.clip(out, pixels.min(), pixels.max(), out=out)
    return out


def _piece(pixels: Pixels, matrix: Matrix, height: int, width: int) -> Pixels:
    """A piece of the moved frame, from the part of the frame that it shows."""
    import cv2

    most = np.array([pixels.shape[1], pixels.shape[0]])
    there = moved(corners(height, width), matrix)
    low = (np.floor(there.min(axis=0)) - _REACH).astype(int).clip(0, most - 1)
    high = (np.ceil(there.max(axis=0)) + _REACH + 1).astype(int).clip(low + 1, most)
    part = pixels[low[1] : high[1], low[0] : high[0]]
    found: Pixels = cv2.warpPerspective(
        part,
        shift(-low[0], -low[1]) @ matrix,
        (width, height),
        flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return found.reshape(height, width, pixels.shape[2])


def common_box(matrices: Sequence[Matrix], height: int, width: int) -> Box | None:
    """The largest rectangle of the reference that all frames show.

    Each frame shows the reference where four straight lines, its borders, allow it. In a rectangle's four sides these
    are linear conditions, and the logarithm of its area is concave, so that the largest one is found in a few steps.

    Args:
        matrices: Where the reference's pixels are in each of the other frames.
        height: Rows of all of them.
        width: Columns.

    Returns:
        None where nothing is seen in all of them.
    """
    from scipy.optimize import minimize

    limits = np.array([line for matrix in matrices for line in _borders(matrix, height, width)]).reshape(-1, 3)
    across, down, free = limits.T
    # The sides are left, top, right, bottom; the corner of a rectangle that is nearest to a border decides.
    sides = np.column_stack([across.clip(0), down.clip(0), across.clip(None, 0), down.clip(None, 0)])
    whole = np.array([0.0, 0.0, width - 1.0, height - 1.0])
    scale = np.array([width, height, width, height], np.float64)
    bounds = [(0.0, (width - 1.0) / width), (0.0, (height - 1.0) / height)] * 2

    def room(box: np.ndarray) -> np.ndarray:
        result: np.ndarray = sides @ (box * scale) + free
        return result

    if (room(whole / scale) >= 0).all():
        return 0, height, 0, width
    middle = whole.reshape(2, 2).mean(axis=0)
    start = (np.tile(middle, 2) + np.repeat([-0.05, 0.05], 2) * scale) / scale
    found = minimize(
        lambda box: -np.log(max(box[2] - box[0], 1e-6)) - np.log(max(box[3] - box[1], 1e-6)),
        start,
        method="SLSQP",
        bounds=bounds,
        constraints=[{"type": "ineq", "fun": room, "jac": lambda _: sides * scale}],
    )
    left, top, right, bottom = found.x * scale
    box = int(np.ceil(top - 1e-3)), int(np.floor(bottom + 1e-3)) + 1, int(np.ceil(left - 1e-3)), int(right + 1e-3) + 1
    sound = (room(found.x) >= -0.5).all() and box[1] - box[0] > 0 and box[3] - box[2] > 0
    return box if sound else None


def _borders(matrix: Matrix, height: int, width: int) -> np.ndarray:
    """The four borders of a frame as lines in the reference: what is inside has ``a x + b y + c >= 0`` for each.

    From ``0 <= (h0 p) / (h2 p) <= width - 1`` for the positive ``h2 p`` that plausible movements have, and likewise for
    y.
    """
    m = matrix * np.sign(matrix[2] @ [(width - 1) / 2, (height - 1) / 2, 1])
    lines = np.array([m[0], (width - 1) * m[2] - m[0], m[1], (height - 1) * m[2] - m[1]])
    result: np.ndarray = lines / np.abs(lines[:, :2]).sum(axis=1, keepdims=True).clip(1e-12)
    return result


def cropped(image: Image, box: Box) -> Image:
    """The part of a frame in a rectangle, as a copy; the frame itself where that is all of it."""
    top, bottom, left, right = box
    if box == (0, image.height, 0, image.width):
        return image
    here = slice(top, bottom), slice(left, right)
    alpha = None if image.alpha is None else np.ascontiguousarray(image.alpha[here])
    return image.with_pixels(np.ascontiguousarray(image.pixels[here]), alpha)
