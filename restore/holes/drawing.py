"""Draw a hole of one of the kinds that there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from restore.holes.lettering import text
from restore.holes.strokes import Canvas, brush, scratches

SMALLEST = 16
"""Shorter edges have no room for holes of these kinds."""


def boxes(canvas: Canvas, share: float, generator: Generator) -> None:
    """Cut out upright rectangles until a share of the canvas is covered (less up to 0.5 %), the last one smaller.

    Each edge is between a tenth and a third of the canvas's, the place anywhere inside: what object removal
    and the early benchmarks of inpainting ask for (several of them, where those have one in the middle).

    Args:
        canvas: ``(H, W)``, 0 = known, 1 = missing. Changed in place.
        share: Of all pixels, 0 to 1, counting those that are missing before.
        generator: Where chance comes from.
    """
    height, width = canvas.shape
    slack = canvas.size / 200
    while (lacking := share * canvas.size - np.count_nonzero(canvas)) > slack:
        edges = np.array((height, width)) * generator.uniform(0.1, 1 / 3, 2)
        tall, wide = np.maximum(1, np.rint(edges * min(1.0, (lacking / edges.prod()) ** 0.5)).astype(int))
        top, left = int(generator.integers(0, height - tall + 1)), int(generator.integers(0, width - wide + 1))
        canvas[top : top + tall, left : left + wide] = 1


DRAW: Mapping[str, Callable[[Canvas, Generator], None]] = {
    "brush20": lambda canvas, generator: brush(canvas, 0.2, generator),
    "brush40": lambda canvas, generator: brush(canvas, 0.4, generator),
    "scratch": lambda canvas, generator: scratches(canvas, 0.03, generator),
    "text": lambda canvas, generator: text(canvas, 0.08, generator),
    "boxes": lambda canvas, generator: boxes(canvas, 0.15, generator),
}
"""How each of `restore.holes.KINDS` is drawn, and how much of the picture it covers."""


def draw_hole(kind: str, height: int, width: int, generator: Generator) -> npt.NDArray[np.bool_]:
    """Draw a hole by chance.

    Args:
        kind: One of `restore.holes.KINDS`.
        height: Rows, at least `SMALLEST`.
        width: Columns, likewise.
        generator: What alone it depends on, beside the size.

    Returns:
        ``(height, width)``, True = missing. Something is always missing, and most is known.

    Raises:
        KeyError: There is no such kind.
        ValueError: The picture is too small.
    """
    if min(height, width) < SMALLEST:
        raise ValueError(f"{width} x {height} pixels are too few for a hole; it takes {SMALLEST} x {SMALLEST}")
    canvas = np.zeros((height, width), np.uint8)
    DRAW[kind](canvas, generator)
    return canvas.astype(np.bool_)
