"""The even background that a scanner leaves round a print, and what lies within it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restore.correct.light import white_of
from restore.image import Pixels

TOLERANCE = 12 / 255
"""By how much of white a pixel may differ from the background in any channel."""

DUST = 0.02
"""Share of a line's pixels that may differ, and it is background still."""

SOLID = 0.5
"""Share that differs where a print has begun; between the two its edge lies askew or is soft."""

_SOFT = 0.004
"""How much of the picture's edge such a transition may take."""

_LINES = 64


@dataclass(frozen=True)
class Border:
    """What lies within a scan's background.

    Attributes:
        top: The first row of it.
        bottom: The row after its last.
        left: The first column.
        right: The column after its last.
        confidence: 0 to 1: how abruptly the background ends; 0 where there is none.
    """

    top: int
    bottom: int
    left: int
    right: int
    confidence: float


def estimate_border(pixels: Pixels) -> Border:
    """Find the even background on each side of a scan, looking inwards until it ends.

    Each side has its own colour, that of its outermost lines, which must be even; a picture that is nothing but
    background has no border.

    Args:
        pixels: ``(H, W, C)``.
    """
    height, width = pixels.shape[:2]
    whole = Border(0, height, 0, width, 0.0)
    top, first = _depth(pixels)
    if top >= height:
        return whole
    bottom, second = _depth(pixels[::-1])
    if top + bottom >= height:
        return whole
    inside = pixels[top : height - bottom].swapaxes(0, 1)
    left, third = _depth(inside)
    right, fourth = _depth(inside[::-1])
    found = [sure for depth, sure in ((top, first), (bottom, second), (left, third), (right, fourth)) if depth]
    if not found or left + right >= width:
        return whole
    return Border(top, height - bottom, left, width - right, min(found))


def apply_crop(pixels: Pixels, border: Border, strength: float = 1.0) -> Pixels:
    """What lies within the border, as a copy; the very same array where that is all of it.

    Args:
        pixels: ``(H, W, C)`` or ``(H, W)``.
        border: Of a picture of this size.
        strength: Share of the border's width that is cut off on each side.
    """
    height, width = pixels.shape[:2]
    top, left = round(border.top * strength), round(border.left * strength)
    bottom = height - round((height - border.bottom) * strength)
    right = width - round((width - border.right) * strength)
    if (top, bottom, left, right) == (0, height, 0, width):
        return pixels
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def _depth(lines: Pixels) -> tuple[int, float]:
    """How many of the first lines are background, and how abruptly it ends."""
    white = white_of(lines.dtype)
    colour = np.median(lines[:2].reshape(-1, lines.shape[2]).astype(np.float32), axis=0)
    soft = max(round(_SOFT * max(lines.shape[:2])), 2)
    ended: int | None = None
    for start in range(0, len(lines), _LINES):
        here = lines[start : start + _LINES].astype(np.float32)
        shares = (np.abs(here - colour) > TOLERANCE * white).any(axis=2).mean(axis=1)
        for index, share in enumerate(shares, start):
            if share <= DUST:
                ended = None  # what was met was a hair
                continue
            ended = index if ended is None else ended
            if ended == 0:
                return 0, 0.0
            if share > SOLID:
                return index, 1.0
            if index >= ended + soft:
                return ended, float(share / SOLID)
    return (len(lines), 0.0) if ended is None else (ended, 0.0)
