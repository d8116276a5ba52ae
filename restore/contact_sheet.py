"""A contact sheet: many photos on one picture, each before and after, its name below."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from restore.drawn_png import save_drawing
from restore.heat_map import Pen

KIND = "contact sheet"
"""How a sheet is known again, see `restore.drawn_png`."""

PAPER, EMPTY, TROUBLE = 250, 225, (196, 70, 60)

_EDGES = (320, 256, 192, 144, 112, 80, 56, 40, 28, 20)
_MOST = 48_000_000
"""Pixels of a sheet; the more photos, the smaller they are."""

_READABLE = 112
"""Edge from which on names are written."""

Shown = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Cell:
    """One photo on a sheet.

    Attributes:
        name: Below it, its middle left out where it is long.
        state: What became of it; anything but "done" is written where the result would be.
        before: ``(h, w, 1 | 3 | 4)``, or None where it cannot be shown.
        after: Likewise.
    """

    name: str
    state: str
    before: Shown | None
    after: Shown | None


class ContactSheet:
    """A sheet of a known number of cells, filled one by one.

    Args:
        cells: How many there will be.
    """

    def __init__(self, cells: int) -> None:
        self._count = max(cells, 1)
        self._edge = next((edge for edge in _EDGES if self._pixels(edge) <= _MOST), _EDGES[-1])
        width, height = self._cell(self._edge)
        self._columns = self._columns_for(self._edge)
        rows = math.ceil(self._count / self._columns)
        gap = self._gap(self._edge)
        self._canvas = np.full((gap + rows * height, gap + self._columns * width, 3), PAPER, np.uint8)
        self._next = 0

    @property
    def pixels(self) -> Shown:
        """The sheet so far, ``(H, W, 3)``."""
        return self._canvas

    def add(self, cell: Cell) -> None:
        """Draw the next photo."""
        width, height = self._cell(self._edge)
        gap = self._gap(self._edge)
        row, column = divmod(self._next, self._columns)
        self._next += 1
        top, left = gap + row * height, gap + column * width
        for place, picture in enumerate((cell.before, cell.after)):
            x = left + place * (self._edge + max(1, gap // 4))
            box = self._canvas[top : top + self._edge, x : x + self._edge]
            if picture is not None:
                _lay(box, picture)
            else:
                box[:] = EMPTY
        if self._edge < _READABLE:
            if cell.state == "failed":
                self._canvas[top : top + self._edge, left + width // 2 : left + width - gap] = TROUBLE
            return
        text = max(12, self._edge // 14)
        pen = Pen(self._canvas.shape[1], text)
        if cell.state != "done":
            middle = left + self._edge * 3 // 2
            pen.write(self._canvas, cell.state, middle, top + self._edge // 2, 0.5)
        name = pen.shortened(cell.name, width - gap)
        pen.write(self._canvas, name, left, top + self._edge + round(1.25 * text), 0)

    def save(self, path: Path) -> None:
        """Write the sheet as PNG, whole or not at all.

        Raises:
            OutputError: It cannot be written, or another file stands in its place.
        """
        save_drawing(self._canvas, path, KIND)

    def _pixels(self, edge: int) -> int:
        width, height = self._cell(edge)
        columns = self._columns_for(edge)
        return columns * width * math.ceil(self._count / columns) * height

    def _columns_for(self, edge: int) -> int:
        """So many that the sheet is about as wide as an opened newspaper: four to three."""
        width, height = self._cell(edge)
        return max(1, min(self._count, round(math.sqrt(self._count * height / width * 4 / 3))))

    def _cell(self, edge: int) -> tuple[int, int]:
        """Width and height of a photo with the gaps to its right and below."""
        gap = self._gap(edge)
        name = round(1.75 * max(12, edge // 14)) if edge >= _READABLE else 0
        return 2 * edge + max(1, gap // 4) + gap, edge + name + gap

    @staticmethod
    def _gap(edge: int) -> int:
        return max(2, edge // 14)


def _lay(box: Shown, picture: Shown) -> None:
    """Draw a picture into the middle of a square, whole; what is transparent lets the paper through."""
    edge = len(box)
    factor = min(1.0, edge / max(picture.shape[:2]))
    size = max(1, round(picture.shape[1] * factor)), max(1, round(picture.shape[0] * factor))
    small = picture
    if factor < 1:
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], picture.shape[2])
    top, left = (edge - size[1]) // 2, (edge - size[0]) // 2
    place = box[top : top + size[1], left : left + size[0]]
    if small.shape[2] == 4:
        share = small[..., 3:].astype(np.float32) / 255
        place[:] = np.rint(small[..., :3] * share + place * (1 - share))
    else:
        place[:] = small
