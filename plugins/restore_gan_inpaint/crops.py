"""Where there is something to do: windows round the holes, on the grid of the network.

Everything here is counted in cells of `restore_gan_inpaint.model.MULTIPLE` pixels, from the picture's upper left corner. Pooling and
unshuffling thus lie the same in every window, and a window's result is that of the whole picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from restore_gan_inpaint.model import MULTIPLE

Mask = npt.NDArray[np.bool_]

WORTHWHILE = 1.5
"""A window is not divided if at most so much more is computed in it than must be: what dividing could gain is little."""

TOLERANCE = 1.05
"""Cuts that cost up to so many times as much as the best one are as good."""

STEP = 2
"""Edges of windows are a multiple of so many cells: windows of one shape run together, and every new shape costs its
convolutions some milliseconds of preparation."""


@dataclass(frozen=True)
class Box:
    """A rectangle of cells: rows from `top` to before `bottom`, columns from `left` to before `right`."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """For an array with one entry per cell."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def pixels(self, per_cell: int = MULTIPLE) -> tuple[slice, slice]:
        """For an array with `per_cell` rows and columns per cell."""
        top, bottom, left, right = (per_cell * each for each in (self.top, self.bottom, self.left, self.right))
        return slice(top, bottom), slice(left, right)

    def within(self, outer: Box) -> Box:
        """The same rectangle, counted from another's corner."""
        return Box(self.top - outer.top, self.bottom - outer.top, self.left - outer.left, self.right - outer.left)


def reduced(mask: Mask, *, full: bool = False) -> Mask:
    """Which cells hold missing pixels.

    Args:
        mask: ``(H, W)``, True = missing.
        full: Whether all pixels of a cell must be missing (as far as they are in the picture), instead of any.

    Returns:
        One entry per cell; the last row and column of cells may reach beyond the picture.
    """
    combine = np.logical_and if full else np.logical_or
    rows = combine.reduceat(mask, np.arange(0, mask.shape[0], MULTIPLE), axis=0)
    found: Mask = combine.reduceat(rows, np.arange(0, mask.shape[1], MULTIPLE), axis=1)
    return found


@dataclass(frozen=True)
class Cover:
    """How to cover marked cells with windows.

    Attributes:
        margin: Cells round what a window is for that it must hold too, as far as the picture has them.
        largest: Rows and columns, without margin, of what one window is for.
        overhead: What each window costs beside its cells, in cells.
    """

    margin: int
    largest: int
    overhead: int

    def boxes(self, marked: Mask) -> list[Box]:
        """Divide the marked cells into boxes whose windows cost little together.

        Boxes are halved where they are cheapest to halve as long as they are too large or much of them is empty; on the
        way back halves are only kept apart where that is cheaper than both as one.

        Args:
            marked: One entry per cell.

        Returns:
            Boxes that hold every marked cell once, each as small as its cells allow.
        """
        everything = _tight(marked, Box(0, marked.shape[0], 0, marked.shape[1]))
        if everything is None:
            return []
        return self._divided(marked, _Needed(marked, self.margin), everything)

    def window(self, box: Box, shape: tuple[int, int]) -> Box:
        """A box with its margin, its edges rounded up to a multiple of `STEP`, within a grid of this shape."""
        top, bottom = self._span(box.top, box.bottom, shape[0])
        left, right = self._span(box.left, box.right, shape[1])
        return Box(top, bottom, left, right)

    def _span(self, start: int, stop: int, length: int) -> tuple[int, int]:
        first, last = max(0, start - self.margin), min(length, stop + self.margin)
        size = min(length, math.ceil((last - first) / STEP) * STEP)
        first = min(first, length - size)
        return first, first + size

    def _cost(self, box: Box, shape: tuple[int, int]) -> int:
        rows, columns = self.window(box, shape).shape
        return rows * columns + self.overhead

    def _divided(self, marked: Mask, needed: _Needed, box: Box) -> list[Box]:
        small = max(box.shape) <= self.largest
        cost = self._cost(box, marked.shape)
        if small and cost <= WORTHWHILE * (needed.within(self.window(box, marked.shape)) + self.overhead):
            return [box]
        halves = self._halves(marked, box)
        if halves is None:
            return [box]
        parts = [part for half in halves for part in self._divided(marked, needed, half)]
        if small and cost <= sum(self._cost(part, marked.shape) for part in parts):
            return [box]
        return parts

    def _halves(self, marked: Mask, box: Box) -> tuple[Box, Box] | None:
        """The two parts of a box, cut anywhere along either direction, that cost least; None for a single cell."""
        best: tuple[float, Box, Box] | None = None
        part = marked[box.slices]
        for across in (False, True):
            cut = _cheapest_cut(part.T if across else part, self.margin)
            if cut is None:
                continue
            cost, at = cut
            if across:
                pieces = (
                    Box(box.top, box.bottom, box.left, box.left + at),
                    Box(box.top, box.bottom, box.left + at, box.right),
                )
            else:
                pieces = (
                    Box(box.top, box.top + at, box.left, box.right),
                    Box(box.top + at, box.bottom, box.left, box.right),
                )
            first, second = (_tight(marked, piece) for piece in pieces)
            if first is not None and second is not None and (best is None or cost < best[0]):
                best = cost, first, second
        return None if best is None else best[1:]


class _Needed:
    """How many cells within a window lie near a marked one: what must be computed in any case."""

    def __init__(self, marked: Mask, margin: int) -> None:
        near = cv2.dilate(marked.astype(np.uint8), np.ones((2 * margin + 1, 2 * margin + 1), np.uint8))
        self.sums = cv2.integral(near)

    def within(self, box: Box) -> int:
        s = self.sums
        return int(s[box.bottom, box.right] - s[box.top, box.right] - s[box.bottom, box.left] + s[box.top, box.left])


def _tight(marked: Mask, box: Box) -> Box | None:
    """The smallest box with the same marked cells; None where there are none."""
    part = marked[box.slices]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if not len(rows):
        return None
    return Box(
        box.top + int(rows[0]), box.top + int(rows[-1]) + 1, box.left + int(columns[0]), box.left + int(columns[-1]) + 1
    )


def _cheapest_cut(part: Mask, margin: int) -> tuple[float, int] | None:
    """Where to cut between two rows so that the windows of both parts have the fewest cells, and how many.

    The first and the last row hold marked cells. Windows are taken not to end at the picture's edge.
    """
    height, width = part.shape
    if height < 2:
        return None
    occupied = part.any(axis=1)
    first = np.where(occupied, part.argmax(axis=1), width)
    last = np.where(occupied, width - part[:, ::-1].argmax(axis=1), 0)
    rows = np.arange(height)
    ends = np.maximum.accumulate(np.where(occupied, rows, 0))  # last occupied row so far
    starts = np.minimum.accumulate(np.where(occupied, rows, height)[::-1])[::-1]
    upper = (ends[:-1] + 1 + 2 * margin) * (
        np.maximum.accumulate(last)[:-1] - np.minimum.accumulate(first)[:-1] + 2 * margin
    )
    lower = (height - starts[1:] + 2 * margin) * (
        np.maximum.accumulate(last[::-1])[::-1][1:] - np.minimum.accumulate(first[::-1])[::-1][1:] + 2 * margin
    )
    costs = upper + lower
    # Of cuts that are as good, or nearly, the one next to the middle: an evenly filled part must not lose row by row.
    good = np.flatnonzero(costs <= TOLERANCE * costs.min())
    at = int(good[np.abs(good - (height - 2) / 2).argmin()])
    return float(costs[at]), at + 1


def batches(windows: Iterable[tuple[Box, Box]], most: int) -> Iterator[list[tuple[Box, Box]]]:
    """Put windows of one shape together.

    Args:
        windows: Boxes with their windows.
        most: Cells of all windows together; a larger one runs alone.

    Yields:
        Boxes with their windows, in the order in which shapes first appear.
    """
    groups: dict[tuple[int, int], list[tuple[Box, Box]]] = {}
    for box, window in windows:
        groups.setdefault(window.shape, []).append((box, window))
    for (rows, columns), group in groups.items():
        count = max(1, most // (rows * columns))
        for start in range(0, len(group), count):
            yield group[start : start + count]
