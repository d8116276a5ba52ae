"""From a picture that somebody painted as a mask to what it marks: white is missing, black is not.

A pixel is marked where its brightest channel is at least half of white; transparency counts as black. That holds for
every depth, for palettes, colours (a mask painted in red) and JPEG, whose ringing stays below half between even areas.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from restore.errors import InputError
from restore.image import Image
from restore.masks.growing import Mask, bands

MIDDLE = 0.25
"""The largest share of pixels between a quarter and three quarters of white: beyond it, it is a photograph."""


LOSSY = ("JPEG", "WEBP", "AVIF", "HEIF")
NOISE = 0.04
"""Lighter pixels than this share of white are more than what these formats make of black."""


def marked(mask: Image, path: Path, *, invert: bool = False) -> Mask:
    """What a mask marks.

    Args:
        mask: As read, upright.
        path: Its file, for the messages.
        invert: Black is missing instead of white.

    Returns:
        ``(H, W)``, True = missing.

    Raises:
        InputError: It is no mask: a photograph, or one that marks nothing though it is not black.
    """
    found = np.empty(mask.pixels.shape[:2], np.bool_)
    middle, lightest = 0, 0.0
    for band in bands(mask.height):
        level = _level(mask, band)
        np.greater_equal(level, mask.white / 2, out=found[band])
        middle += int(np.count_nonzero((level > mask.white / 4) & (level < mask.white * 3 / 4)))
        lightest = max(lightest, float(level.max()))
    if middle > MIDDLE * found.size:
        raise InputError(
            f"is no mask: {middle / found.size:.0%} of its pixels are neither nearly black nor nearly white.",
            path=path,
            hint="Paint white on black what is missing; for holes in the picture itself there is --mask alpha.",
        )
    slack = NOISE if mask.metadata.source_format in LOSSY else 0.0
    if slack * mask.white < lightest < mask.white / 2:
        raise InputError(
            f"marks nothing, yet is not black: its lightest pixel is at {lightest / mask.white:.1%} of white.",
            path=path,
            hint="Make what is missing white (255 of 255, not a label like 1).",
        )
    return ~found if invert else found


def _level(mask: Image, band: slice) -> npt.NDArray[np.number]:
    """The brightest channel of some rows, times their opacity; in the units of the mask's depth."""
    pixels = mask.pixels[band]
    level: npt.NDArray[np.number] = pixels[..., 0]
    for channel in range(1, mask.channels):
        level = np.maximum(level, pixels[..., channel])
    if mask.alpha is not None:
        level = level * (mask.alpha[band] / np.float32(mask.white))
    return level
