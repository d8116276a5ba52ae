"""A map of differences as a picture to look at: colours for ΔE and a scale bar that says which."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from restore.image import Image

SMALLEST = 480
"""Pixels along the longer edge below which a map is enlarged by a whole number, so that the numbers fit below it."""

TOPS = (1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0)
"""What the upper end of a scale may be, in ΔE; their quarters are short numbers."""

MARGIN, BAR, TEXT = 16, 14, 16
PAPER, INK = 255, (32, 32, 32)


def heat_map(delta: npt.NDArray[np.float32], block: int = 1) -> Image:
    """Draw a map of CIEDE2000 with its scale.

    Args:
        delta: ``(H, W)``, 0 for no change.
        block: Edge of the square of pixels whose mean each value is; named below the map if more than 1.

    Returns:
        8-bit RGB: the map in the colours of "inferno" (perceptually uniform, dark for unchanged), below it a scale bar
        labelled in ΔE. Its upper end is the first of `TOPS` that at most one value in fifty exceeds.
    """
    extreme = np.percentile(delta, 98)
    top = next((t for t in TOPS if extreme <= t), TOPS[-1])
    grow = max(1, round(SMALLEST / max(delta.shape)))
    colours = _coloured(delta / top).repeat(grow, axis=0).repeat(grow, axis=1)
    height, width = colours.shape[:2]
    canvas_width = max(width, SMALLEST)
    text = _Text(canvas_width)
    canvas = np.full((height + 2 * MARGIN + BAR + 2 * TEXT, canvas_width, 3), PAPER, np.uint8)
    left = (canvas_width - width) // 2
    canvas[:height, left : left + width] = colours
    inside = canvas_width - 2 * MARGIN
    row = height + MARGIN
    canvas[row : row + BAR, MARGIN : MARGIN + inside] = _coloured(np.linspace(0, 1, inside, dtype=np.float32)[None])
    exceeded = bool((delta > top).any())
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        label = f"{'≥ ' if exceeded and share == 1 else ''}{share * top:g}"
        text.put(canvas, label, MARGIN + round(share * inside), row + BAR + TEXT + 4, share)
    caption = "ΔE (CIEDE2000)" + (f", means of {block}×{block} pixels" if block > 1 else "")
    text.put(canvas, caption, MARGIN + inside // 2, row + BAR + 2 * TEXT + 10, 0.5)
    return Image(canvas)


def _coloured(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Colours ``(H, W, 3)``, RGB, of values of which 1 is the brightest."""
    levels = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    table = cv2.applyColorMap(np.arange(256, dtype=np.uint8), cv2.COLORMAP_INFERNO).reshape(256, 3)[:, ::-1]
    colours: npt.NDArray[np.uint8] = table[levels]
    return colours


class _Text:
    """Writes with OpenCV's own font, which knows Δ and ≥ (Pillow's does not)."""

    def __init__(self, width: int) -> None:
        self._font = cv2.FontFace("sans")
        self._width = width

    def put(self, canvas: npt.NDArray[np.uint8], text: str, x: int, baseline: int, anchor: float) -> None:
        """Write with the left end (anchor 0), the middle (0.5) or the right end (1) of the text at `x`."""
        _, _, length, _ = cv2.getTextSize((self._width, TEXT), text, (0, 0), self._font, TEXT, 400)
        cv2.putText(canvas, text, (round(x - anchor * length), baseline), INK, self._font, TEXT, 400)
