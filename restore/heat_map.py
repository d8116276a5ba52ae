"""A map of values as a picture to look at: perceptually uniform colours and a scale bar that says what they mean."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from restore.image import Image

SMALLEST = 480
"""Pixels along the longer edge below which a map is enlarged by a whole number, so that the numbers fit below it."""

LARGE = 1200
"""Pixels along the longer edge above which scale and numbers grow with the map."""

SLIMMEST = 3
"""Longer by shorter edge up to which that is so; further, they would become larger than the map: gigabytes of paper."""

TOPS = (1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0)
"""What the upper end of a scale may be where the caller does not say; their quarters are short numbers."""

MARGIN, BAR, TEXT = 16, 14, 16
"""Pixels round the scale, of its height and of the letters, on maps that are not large."""

PAPER, INK = 255, (32, 32, 32)
_ROWS, _LOOKED_AT = 256, 1 << 22

Values = npt.NDArray[np.float32]


def heat_map(values: Values, *, caption: str = "", unit: str = "", tops: Sequence[float] = TOPS) -> Image:
    """Draw a map of values with its scale.

    Args:
        values: ``(H, W)``, finite, 0 for nothing.
        caption: What the values are, in a few words below the scale; "" for none.
        unit: What they are measured in, in brackets behind the caption; "" for none.
        tops: What the upper end of the scale may be, ascending. The first that at most one value in fifty exceeds is
            taken, so that a few extremes do not darken the rest, and the last where there is none.

    Returns:
        8-bit RGB: the map in the colours of "inferno" (perceptually uniform, dark for 0), below it the scale bar.
        Small maps are enlarged by a whole number, every value a square; larger ones keep their size.
    """
    top = _top(values, tops)
    grow = max(1, round(SMALLEST / max(values.shape)))
    height, width = (size * grow for size in values.shape)
    factor = max(1.0, min(max(height, width), SLIMMEST * min(height, width)) / LARGE)
    scale = _scale(max(width, round(SMALLEST * factor)), factor, top, bool(values.max() > top), _below(caption, unit))
    canvas = np.full((height + scale.shape[0], scale.shape[1], 3), PAPER, np.uint8)
    left = (canvas.shape[1] - width) // 2
    for row in range(0, len(values), _ROWS):  # bounds the temporaries of large maps
        colours = _coloured(values[row : row + _ROWS] / np.float32(top)).repeat(grow, axis=0).repeat(grow, axis=1)
        canvas[row * grow : row * grow + len(colours), left : left + width] = colours
    canvas[height:] = scale
    return Image(canvas)


def _top(values: Values, tops: Sequence[float]) -> float:
    step = max(1, int((values.size / _LOOKED_AT) ** 0.5))
    extreme = np.percentile(values[::step, ::step], 98)
    return next((top for top in tops if extreme <= top), tops[-1])


def _below(caption: str, unit: str) -> str:
    return f"{caption} ({unit})" if caption and unit else caption or unit


def _scale(width: int, factor: float, top: float, exceeded: bool, caption: str) -> npt.NDArray[np.uint8]:
    """The strip below the map: the bar, five numbers, the caption."""
    margin, bar, text = (round(size * factor) for size in (MARGIN, BAR, TEXT))
    canvas = np.full((2 * margin + bar + (2 if caption else 1) * text, width, 3), PAPER, np.uint8)
    inside = width - 2 * margin
    canvas[margin : margin + bar, margin : margin + inside] = _coloured(
        np.linspace(0, 1, inside, dtype=np.float32)[None]
    )
    pen = Pen(width, text)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        label = f"{'≥ ' if exceeded and share == 1 else ''}{share * top:g}"
        pen.write(canvas, label, margin + round(share * inside), margin + bar + round(1.25 * text), share)
    if caption:
        pen.write(canvas, caption, margin + inside // 2, margin + bar + round(2.625 * text), 0.5)
    return canvas


def _coloured(values: Values) -> npt.NDArray[np.uint8]:
    """Colours ``(H, W, 3)``, RGB, of values of which 1 is the brightest."""
    levels = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8), cv2.COLORMAP_INFERNO).reshape(256, 3)[:, ::-1]
    colours: npt.NDArray[np.uint8] = table[levels]
    return colours


class Pen:
    """Writes with OpenCV's own font, which knows Δ and ≥ (Pillow's does not).

    Args:
        width: Of the canvas, in pixels.
        size: Of the letters.
    """

    def __init__(self, width: int, size: int) -> None:
        self._font = cv2.FontFace("sans")
        self._width = width
        self._size = size

    def write(self, canvas: npt.NDArray[np.uint8], text: str, x: int, baseline: int, anchor: float) -> None:
        """Write with the left end (anchor 0), the middle (0.5) or the right end (1) of the text at `x`."""
        place = (round(x - anchor * self.length(text)), baseline)
        cv2.putText(canvas, _plain(text), place, INK, self._font, self._size, 400)

    def length(self, text: str) -> int:
        """How wide a text is, in pixels."""
        _, _, length, _ = cv2.getTextSize((self._width, self._size), _plain(text), (0, 0), self._font, self._size, 400)
        return int(length)

    def shortened(self, name: str, room: int, front: float = 0.0) -> str:
        """A file's name that fits into so many pixels.

        Args:
            name: The name; its end tells files apart, and is kept.
            room: In pixels.
            front: Share of what is kept that is the name's beginning.
        """
        label = name
        kept = len(name)
        while self.length(label) > room and kept > 2:
            kept -= 1
            first = int(kept * front)
            label = f"{name[:first]}…{name[len(name) - (kept - first) :]}"
        return label


def _plain(text: str) -> str:
    """The text without what stands for bytes of a file name that is not UTF-8: it takes OpenCV and the process down."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
