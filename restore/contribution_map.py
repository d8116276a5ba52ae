"""Which of several frames contributed where, as a picture to look at: a colour for each frame, and a legend."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from restore.heat_map import LARGE, MARGIN, PAPER, SLIMMEST, SMALLEST, TEXT, Pen
from restore.image import Image

COLOURS = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (213, 94, 0),
    (240, 228, 66),
)
"""RGB of the first frames: M. Okabe, K. Ito, Color universal design, 2008; told apart with any colour vision."""

_GOLDEN_ANGLE = 137.508
_ROWS = 64

Weights = npt.NDArray[np.float32]
Canvas = npt.NDArray[np.uint8]


def contribution_map(weights: Weights, names: Sequence[str] = (), size: tuple[int, int] | None = None) -> Image:
    """Draw who contributed where.

    Args:
        weights: ``(N, h, w)``, each frame's share of each pixel, at least 0 and summing to 1 over the frames.
        names: What the legend calls the frames, one each; none for "frame 1" and so on. Long names lose their middle.
        size: Height and width of the map where the shares are of another resolution than the picture; they are
            interpolated linearly. None for ``(h, w)``.

    Returns:
        8-bit RGB: the map, each pixel the frames' colours (`colours`) mixed by their shares, below it the legend. Small
        maps are enlarged by a whole number, every pixel a square; larger ones keep their size. Beside its result it
        takes no memory to speak of.

    Raises:
        ValueError: There are not as many names as frames.
    """
    names = names or [f"frame {number}" for number in range(1, len(weights) + 1)]
    if len(names) != len(weights):
        raise ValueError(f"{len(weights)} frames need as many names, got {len(names)}")
    height, width = size or weights.shape[1:]
    grow = max(1, round(SMALLEST / max(height, width)))
    high, wide = height * grow, width * grow
    factor = max(1.0, min(max(high, wide), SLIMMEST * min(high, wide)) / LARGE)
    legend = _legend(max(wide, round(SMALLEST * factor)), factor, names)
    canvas = np.full((high + len(legend), legend.shape[1], 3), PAPER, np.uint8)
    canvas[high:] = legend
    left = (canvas.shape[1] - wide) // 2
    _mix(weights, canvas[:high, left : left + wide], grow, (height, width))
    return Image(canvas)


def colours(count: int) -> Canvas:
    """The colours of so many frames, ``(count, 3)`` RGB: `COLOURS`, then ever new hues, light and dark in turn."""
    further = [
        (62.0 if number % 2 else 42.0, 55 * np.cos(angle), 55 * np.sin(angle))
        for number in range(count - len(COLOURS))
        for angle in [np.radians(_GOLDEN_ANGLE * number)]
    ]
    if not further:
        return np.array(COLOURS[:count], np.uint8)
    lab = np.array([further], np.float32)
    more = np.rint(np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB)[0], 0, 1) * 255).astype(np.uint8)
    return np.concatenate([np.array(COLOURS, np.uint8), more])


def _mix(weights: Weights, canvas: Canvas, grow: int, size: tuple[int, int]) -> None:
    """Mix the colours by the shares, in strips.

    Shares of another resolution are mixed first and interpolated then, which is the same and takes one picture less.
    """
    palette = colours(len(weights)).astype(np.float32)
    same = weights.shape[1:] == size
    mixed = canvas if same and grow == 1 else np.empty((*weights.shape[1:], 3), np.uint8)
    for top in range(0, weights.shape[1], _ROWS):
        rows = np.tensordot(weights[:, top : top + _ROWS], palette, axes=(0, 0))
        mixed[top : top + _ROWS] = np.rint(np.clip(rows, 0, 255))
    if mixed is canvas:
        return
    if not same:
        mixed = cv2.resize(mixed, size[::-1], interpolation=cv2.INTER_LINEAR)
    for top in range(0, size[0], _ROWS):
        larger = mixed[top : top + _ROWS].repeat(grow, axis=0).repeat(grow, axis=1)
        canvas[top * grow : top * grow + len(larger)] = larger


def _legend(width: int, factor: float, names: Sequence[str]) -> Canvas:
    """The strip below the map: a patch of each colour and the frame's name, in as many lines as they need."""
    margin, text = (round(length * factor) for length in (MARGIN, TEXT))
    pen = Pen(width, text)
    palette = colours(len(names))
    places: list[tuple[int, int, str]] = []
    x, line = margin, 0
    for name in names:
        label = pen.shortened(name, width - 2 * margin - 2 * text, front=1 / 3)
        takes = 2 * text + pen.length(label)
        if x > margin and x + takes > width - margin:
            x, line = margin, line + 1
        places.append((x, margin + line * 2 * text, label))
        x += takes + 2 * text
    canvas = np.full((2 * margin + (2 * line + 1) * text, width, 3), PAPER, np.uint8)
    for (x, y, label), colour in zip(places, palette, strict=True):
        canvas[y : y + text, x : x + text] = colour
        pen.write(canvas, label, x + round(1.5 * text), y + round(0.85 * text), 0)
    return canvas
