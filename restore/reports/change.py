"""What a restorer changed: how much in all, and where most, in strips of bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from restore.display import Box
from restore.image import Image, Pixels

_STRIP = 1 << 20
"""Pixels compared at a time."""

_CELLS = 4
"""Into how many parts the edge of a detail is divided, to find its place."""


@dataclass(frozen=True)
class Change:
    """How a picture differs from what it was.

    Attributes:
        psnr: Decibels over all pixels and channels against what it was, 8-bit range; infinite for equal pictures.
            None where the sizes differ.
        scale: How many pixels of the result stand for one of before along an edge; None where that is no whole number.
        box: Where most was changed, or where an enlarged picture has most detail, in pixels of what it was; None
            where no part of one can be laid beside a part of the other, or nothing was changed.
    """

    psnr: float | None
    scale: int | None
    box: Box | None


def changed(before: Image, after: Image, edge: int) -> Change:
    """Compare a picture with what it was.

    Args:
        before: Any depth, grey or colour.
        after: Any size, depth and number of channels.
        edge: Pixels of the result along the edges of the part that is looked for.
    """
    scale = after.width // before.width
    if scale < 1 or (after.width, after.height) != (before.width * scale, before.height * scale):
        return Change(None, None, None)
    size = min(max(edge // scale, 1), before.width), min(max(edge // scale, 1), before.height)
    if scale > 1:
        return Change(None, scale, _strongest(_edges(before.pixels, size), before, size))
    squared, differences = _compare(before.pixels, after.pixels, size)
    if squared == 0:
        return Change(math.inf, 1, None)
    return Change(10 * math.log10(255**2 / squared), 1, _strongest(differences, before, size))


Map = npt.NDArray[np.float32]


def _compare(x: Pixels, y: Pixels, size: tuple[int, int]) -> tuple[float, Map]:
    """The mean squared difference in 8-bit grey levels, and a map of the mean absolute one in cells of the detail."""
    total, rows = 0.0, []
    for top, height in _strips(x.shape, size):
        difference = np.abs(_levels(x[top : top + height]) - _levels(y[top : top + height]))
        total += float(np.square(difference, dtype=np.float64).mean(axis=2).sum())
        rows.append(_cells(difference.mean(axis=2), size))
    return total / (x.shape[0] * x.shape[1]), np.concatenate(rows)


def _edges(x: Pixels, size: tuple[int, int]) -> Map:
    """Where most detail is: the mean strength of edges in cells."""
    rows = []
    for top, height in _strips(x.shape, size):
        luma = _levels(x[top : top + height]).mean(axis=2)
        rows.append(_cells(np.abs(cv2.Laplacian(luma, cv2.CV_32F)), size))
    return np.concatenate(rows)


def _strips(shape: tuple[int, ...], size: tuple[int, int]) -> list[tuple[int, int]]:
    """Tops and heights of strips of whole cells."""
    cell = _cell(size[1])
    height = max(1, _STRIP // shape[1] // cell) * cell
    return [(top, min(height, shape[0] - top)) for top in range(0, shape[0], height)]


def _cell(edge: int) -> int:
    return max(1, edge // _CELLS)


def _levels(pixels: Pixels) -> npt.NDArray[np.float32]:
    """8-bit grey levels of any depth, three channels; what is no number is black."""
    white = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
    levels = np.nan_to_num(pixels.astype(np.float32) * np.float32(255 / white), nan=0.0, posinf=255.0, neginf=0.0)
    return np.broadcast_to(levels.clip(0, 255), (*levels.shape[:2], 3))


def _cells(values: npt.NDArray[np.float32], size: tuple[int, int]) -> Map:
    """Means over cells; those at the right and lower edge may be smaller."""
    for axis, cell in enumerate((_cell(size[1]), _cell(size[0]))):
        starts = np.arange(0, values.shape[axis], cell)
        counts = np.diff(np.append(starts, values.shape[axis])).astype(np.float32)
        sums = np.add.reduceat(values, starts, axis=axis)
        values = (sums / np.expand_dims(counts, 1 - axis)).astype(np.float32)
    return values


def _strongest(cells: Map, image: Image, size: tuple[int, int]) -> Box:
    """The part of `size` (width, height) whose cells have the largest mean."""
    wide, tall = (min(_CELLS, count) for count in (cells.shape[1], cells.shape[0]))
    means = cv2.boxFilter(cells, -1, (wide, tall), anchor=(0, 0), borderType=cv2.BORDER_CONSTANT)
    inside = means[: cells.shape[0] - tall + 1, : cells.shape[1] - wide + 1]
    row, column = np.unravel_index(int(inside.argmax()), inside.shape)
    left = min(int(column) * _cell(size[0]), image.width - size[0])
    top = min(int(row) * _cell(size[1]), image.height - size[1])
    return Box(top, left, size[1], size[0])
