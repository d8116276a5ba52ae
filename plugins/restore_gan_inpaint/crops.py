"""Where there is something to do: windows round the holes, on the grid of the network.

Everything here is counted in cells of `restore_gan_inpaint.model.MULTIPLE` pixels, from the picture's upper left
corner. Pooling and unshuffling thus lie the same in every window, and a window's result is that of the whole picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from restore_gan_inpaint.model import MULTIPLE

Mask = npt.NDArray[np.bool_]

WORTHWHILE = 1.5
"""A window is not divided if at most so many times as much is computed in it as must be: there is little to gain."""

TOLERANCE = 1.05
"""Cuts that cost up to so many times as much as the best one are as good."""

STEPS = ((16, 2), (32, 4))
"""Edges of windows up to so many cells are a multiple of so many, longer ones of `LONG_STEP`: windows of one shape run
together, and every new shape costs its convolutions some milliseconds of preparation."""

LONG_STEP = 8


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


def reduced(mask: Mask, size: int = MULTIPLE, *, full: bool = False) -> Mask:
    """Which cells hold missing pixels.

    Args:
        mask: ``(H, W)``, True = missing.
        size: Edge of a cell in pixels.
        full: Whether all pixels of a cell must be missing (as far as they are in the picture), instead of any.

    Returns:
        One entry per cell; the last row and column of cells may reach beyond the picture.
    """
    combine = np.logical_and if full else np.logical_or
    rows = combine.reduceat(mask, np.arange(0, mask.shape[0], size), axis=0)
    found: Mask = combine.reduceat(rows, np.arange(0, mask.shape[1], size), axis=1)
    return found


class Cover:
    """Windows that cover marked cells and cost little together.

    Args:
        marked: One entry per cell of the picture.
        margin: Cells round what a window is for that it must hold too, as far as the picture has them.
        largest: Rows and columns, without margin, of what one window is for.
        overhead: What each window costs beside its cells, in cells.
    """

    def __init__(self, marked: Mask, margin: int, largest: int, overhead: int) -> None:
        self.marked = marked
        self.margin = margin
        self.largest = largest
        self.overhead = overhead
        around = np.ones((2 * margin + 1, 2 * margin + 1), np.uint8)
        self._needed = cv2.integral(cv2.dilate(marked.astype(np.uint8), around))

    def boxes(self, part: Box | None = None) -> list[Box]:
        """Divide the marked cells into boxes.

        Boxes are cut in two where that is cheapest, as long as they are too large or much of their windows is
        needless; on the way back, two are only kept apart where that is cheaper than both as one.

        Args:
            part: Of the picture; None for all of it.

        Returns:
            Boxes that hold every marked cell once, each as small as its cells allow.
        """
        rows, columns = self.marked.shape
        everything = _tight(self.marked, part or Box(0, rows, 0, columns))
        return [] if everything is None else self._divided(everything)

    def window(self, box: Box) -> Box:
        """A box with its margin, its edges rounded up as `STEPS` says, within the picture."""
        top, bottom = self._span(box.top, box.bottom, self.marked.shape[0])
        left, right = self._span(box.left, box.right, self.marked.shape[1])
        return Box(top, bottom, left, right)

    def _span(self, start: int, stop: int, length: int) -> tuple[int, int]:
        first, last = max(0, start - self.margin), min(length, stop + self.margin)
        step = next((step for most, step in STEPS if last - first <= most), LONG_STEP)
        size = min(length, math.ceil((last - first) / step) * step)
        first = min(first, length - size)
        return first, first + size

    def _cost(self, box: Box) -> int:
        rows, columns = self.window(box).shape
        return rows * columns + self.overhead

    def _least(self, box: Box) -> int:
        """What a box costs at least, however it is divided: the cells near marked ones."""
        (top, bottom, left, right), sums = astuple(self.window(box)), self._needed
        return int(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]) + self.overhead

    def _divided(self, box: Box) -> list[Box]:
        small, cost = max(box.shape) <= self.largest, self._cost(box)
        if small and cost <= WORTHWHILE * self._least(box):
            return [box]
        halves = self._halves(box)
        if halves is None:
            return [box]
        parts = [part for half in halves for part in self._divided(half)]
        return [box] if small and cost <= sum(self._cost(part) for part in parts) else parts

    def _halves(self, box: Box) -> tuple[Box, Box] | None:
        """The two parts of a box, cut along either direction, that cost least; None for a single cell."""
        found = []
        for across in (False, True):
            part = self.marked[box.slices]
            cut = _cheapest_cut(part.T if across else part, self.margin)
            if cut is not None:
                found.append((*cut, across))
        if not found:
            return None
        _, at, across = min(found)
        at += box.left if across else box.top
        pieces = (
            (replace(box, right=at), replace(box, left=at))
            if across
            else (replace(box, bottom=at), replace(box, top=at))
        )
        first, second = (_tight(self.marked, piece) for piece in pieces)
        assert first is not None and second is not None, "a tight box has marked cells in its first and last rows"
        return first, second


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
