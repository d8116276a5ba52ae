"""Where there is something to do: windows round the holes, on the grid of the network.

Everything here is counted in cells of `restore_gan_inpaint.model.MULTIPLE` pixels, from the picture's upper left
corner. Pooling and unshuffling thus lie the same in every window, and a window's result is that of the whole picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from restore.toolkit.missing import Box, Mask
from restore_gan_inpaint.model import MULTIPLE

Bounds = npt.NDArray[np.int64]
"""``(4, h, w)``: top, bottom, left and right of what is marked in each of h by w squares; `EMPTY` where nothing is."""

EMPTY = np.array([1 << 40, -1, 1 << 40, -1])
"""Bounds that leave others as they are when both are put together."""

SMALLEST = 6
"""Rows and columns of cells down to which squares are divided, about."""


def pixels_of(box: Box, per_cell: int = MULTIPLE) -> tuple[slice, slice]:
    """A box of cells for an array with `per_cell` rows and columns per cell."""
    top, bottom, left, right = (per_cell * each for each in (box.top, box.bottom, box.left, box.right))
    return slice(top, bottom), slice(left, right)


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
    """Windows that cover marked cells and cost little together, of a few shapes only.

    Every new shape costs the convolutions some milliseconds of preparation and megabytes that stay.

    Args:
        marked: One entry per cell of the picture.
        margin: Cells round what a window is for that it must hold too, as far as the picture has them.
        largest: Rows and columns, without margin, of what one window is for at most.
        overhead: What each window costs beside its cells, in cells.
    """

    def __init__(self, marked: Mask, margin: int, largest: int, overhead: int) -> None:
        self.marked = marked
        self.margin = margin
        self.overhead = overhead
        longest = min(largest, max(marked.shape))
        self._halvings = max(0, (longest // SMALLEST).bit_length() - 1)
        self._step = max(1, longest >> self._halvings)
        if longest == max(marked.shape):  # all in one, where it fits
            self._step = -(-longest >> self._halvings)
        self._lengths = [(self._step << k) + 2 * margin for k in range(self._halvings + 1)]

    def boxes(self, part: Box | None = None) -> list[Box]:
        """Divide the marked cells into boxes.

        The picture is laid out in squares of the largest size, each of which is halved both ways again and again where
        the windows of its quarters cost less together than its own.

        Args:
            part: Of the picture; None for all of it.

        Returns:
            Boxes that hold every marked cell once, each as small as its cells allow.
        """
        levels = [self._squares(part)]
        for _ in range(self._halvings):
            levels.append(_quartered(levels[-1]))
        costs = [self._costs(level) for level in levels]
        cheapest, whole = [costs[0]], [np.ones_like(costs[0], np.bool_)]
        for cost in costs[1:]:
            quarters = _blocks(cheapest[-1]).sum(axis=(1, 3))
            whole.append(cost <= quarters)
            cheapest.append(np.minimum(cost, quarters))
        found, asked = [], np.ones_like(whole[-1])
        for level, cost, taken in zip(levels[::-1], costs[::-1], whole[::-1], strict=True):
            chosen = asked & taken
            found += [Box(*bounds) for bounds in level[:, chosen & (cost > 0)].T.tolist()]
            asked = np.repeat(np.repeat(asked & ~taken, 2, axis=0), 2, axis=1)
        return found

    def window(self, box: Box) -> Box:
        """A box with its margin, as large as the next shape, within the picture."""
        top, bottom = self._span(box.top, box.bottom, self.marked.shape[0])
        left, right = self._span(box.left, box.right, self.marked.shape[1])
        return Box(top, bottom, left, right)

    def _span(self, start: int, stop: int, length: int) -> tuple[int, int]:
        first, last = max(0, start - self.margin), min(length, stop + self.margin)
        size = min(length, next(size for size in self._lengths if last - first <= size))
        first = min(first, length - size)
        return first, first + size

    def _squares(self, part: Box | None) -> Bounds:
        """Bounds of the marked cells in each of the smallest squares, whose number is even at every level."""
        rows, columns = self.marked.shape
        edge = self._step << self._halvings
        marked = np.zeros((-(-rows // edge) * edge, -(-columns // edge) * edge), np.bool_)
        chosen = (part or Box(0, rows, 0, columns)).slices
        marked[chosen] = self.marked[chosen]
        squares = marked.reshape(marked.shape[0] // self._step, self._step, -1, self._step)
        down, along = np.asarray(squares.any(axis=3)), np.asarray(squares.any(axis=1))
        y, x = (self._step * np.arange(count) for count in (down.shape[0], along.shape[1]))
        found = (
            y[:, None] + down.argmax(axis=1),
            y[:, None] + self._step - down[:, ::-1].argmax(axis=1),
            x + along.argmax(axis=2),
            x + self._step - along[:, :, ::-1].argmax(axis=2),
        )
        return np.where(down.any(axis=1), np.stack(found), EMPTY[:, None, None])

    def _costs(self, bounds: Bounds) -> npt.NDArray[np.int64]:
        """What the window of each square costs; nothing where nothing is marked."""
        edges = []
        for start, stop, length in zip(bounds[::2], bounds[1::2], self.marked.shape, strict=True):
            needed = np.minimum(stop + self.margin, length) - np.maximum(start - self.margin, 0)
            sizes = np.array(self._lengths)[np.searchsorted(self._lengths, needed).clip(max=self._halvings)]
            edges.append(np.minimum(sizes, length))
        return np.where(bounds[0] < bounds[1], edges[0] * edges[1] + self.overhead, 0)


def _blocks(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """``(2 h, 2 w)`` as ``(h, 2, w, 2)``."""
    return values.reshape(values.shape[0] // 2, 2, -1, 2)


def _quartered(bounds: Bounds) -> Bounds:
    """The bounds of each four squares together."""
    top, bottom, left, right = (_blocks(each) for each in bounds)
    lowest, highest = (
        [each.min(axis=(1, 3)) for each in (top, left)],
        [each.max(axis=(1, 3)) for each in (bottom, right)],
    )
    return np.stack([lowest[0], highest[0], lowest[1], highest[1]])


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
