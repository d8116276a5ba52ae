"""Pictures moved by a homography into another size, piece by piece; turned about their middle; cut."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from restore.image import Pixels

Matrix = npt.NDArray[np.float64]
"""``(3, 3)``: where the points of the result lie in the picture, in homogeneous x and y of pixels' middles."""

Edges = Literal["fill", "crop"]
"""What becomes of the corners that a turned picture leaves empty."""

PIECE = 2048
"""Edge of the pieces in which pictures are moved: OpenCV takes none longer than 32767 pixels."""

_REACH = 4
"""Pixels that Lanczos' kernel reaches to either side."""


def warp(pixels: Pixels, matrix: Matrix, height: int, width: int, fill: tuple[float, ...] | None = None) -> Pixels:
    """Move a picture, resampled with Lanczos' kernel (a = 4), which keeps what is sharp.

    Args:
        pixels: ``(H, W, C)``.
        matrix: Where the result's pixels lie in it.
        height: Rows of the result.
        width: Its columns.
        fill: Value of each channel where the picture has nothing, in its own depth; None for its border's pixels.

    Returns:
        ``(height, width, C)`` in the picture's depth; float pictures keep within the range they had.
    """
    out = np.empty((height, width, pixels.shape[2]), pixels.dtype)
    for top in range(0, height, PIECE):
        for left in range(0, width, PIECE):
            here = out[top : top + PIECE, left : left + PIECE]
            here[...] = _piece(pixels, matrix @ _shift(left, top), here.shape[0], here.shape[1], fill)
    if out.dtype == np.float32:
        np.clip(out, min(pixels.min(), *(fill or [np.inf])), max(pixels.max(), *(fill or [-np.inf])), out=out)
    return out


def _piece(pixels: Pixels, matrix: Matrix, height: int, width: int, fill: tuple[float, ...] | None) -> Pixels:
    """A piece of the result, from the part of the picture that it shows."""
    import cv2

    most = np.array([pixels.shape[1], pixels.shape[0]])
    corners = np.array([[0, 0, 1], [width - 1, 0, 1], [width - 1, height - 1, 1], [0, height - 1, 1]]) @ matrix.T
    there = corners[:, :2] / corners[:, 2:]
    low = (np.floor(there.min(axis=0)) - _REACH).astype(int).clip(0, most - 1)
    high = (np.ceil(there.max(axis=0)) + _REACH + 1).astype(int).clip(low + 1, most)
    found: Pixels = cv2.warpPerspective(
        pixels[low[1] : high[1], low[0] : high[0]],
        _shift(-low[0], -low[1]) @ matrix,
        (width, height),
        flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE if fill is None else cv2.BORDER_CONSTANT,
        borderValue=fill or 0,
    )
    return found.reshape(height, width, pixels.shape[2])


def turned_size(height: int, width: int, angle: float, edges: Edges) -> tuple[int, int]:
    """Height and width of a picture that is turned: all of it, or the largest upright rectangle within it.

    Args:
        height: Rows.
        width: Columns.
        angle: In degrees, at most 45 either way.
        edges: "fill" for all of it.
    """
    sine, cosine = abs(math.sin(math.radians(angle))), math.cos(math.radians(angle))
    if edges == "fill":
        return math.ceil(height * cosine + width * sine - 1e-6), math.ceil(width * cosine + height * sine - 1e-6)
    short, long = sorted((height, width))
    if short <= 2 * sine * cosine * long:  # two corners touch the long sides
        along, across = (0.5 * short / sine, 0.5 * short / cosine) if sine else (long, short)
        tall, wide = (across, along) if width >= height else (along, across)
    else:
        twice = cosine * cosine - sine * sine
        tall, wide = (height * cosine - width * sine) / twice, (width * cosine - height * sine) / twice
    return max(int(tall + 1e-6), 1), max(int(wide + 1e-6), 1)


def turn(pixels: Pixels, angle: float, edges: Edges, fill: tuple[float, ...] | None = None) -> Pixels:
    """Turn a picture about its middle.

    Args:
        pixels: ``(H, W, C)``.
        angle: In degrees, counter-clockwise as one looks at it; 0 gives the very same array.
        edges: "fill" enlarges the picture so that nothing is lost, "crop" leaves nothing empty.
        fill: See `warp`; for "fill" only.
    """
    if angle == 0:
        return pixels
    height, width = pixels.shape[:2]
    tall, wide = turned_size(height, width, angle, edges)
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    rotation = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    matrix = _shift((width - 1) / 2, (height - 1) / 2) @ rotation @ _shift(-(wide - 1) / 2, -(tall - 1) / 2)
    return warp(pixels, matrix, tall, wide, fill if edges == "fill" else None)


def border_colour(pixels: Pixels) -> tuple[float, ...]:
    """The median of a picture's outermost pixels, in its own depth."""
    deep = max(min(pixels.shape[:2]) // 200, 1)
    sides = pixels[:deep], pixels[-deep:], pixels[:, :deep].swapaxes(0, 1), pixels[:, -deep:].swapaxes(0, 1)
    outermost = np.concatenate([side.reshape(-1, pixels.shape[2]) for side in sides])
    median = np.median(outermost, axis=0)
    values: list[float] = median.tolist() if pixels.dtype == np.float32 else np.rint(median).tolist()
    return tuple(values)


def _shift(x: float, y: float) -> Matrix:
    return np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])
