"""A picture filled in all its orientations, and the mean of that.

R. Timofte, R. Rothe, L. Van Gool: Seven ways to improve example-based single image super resolution, CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from restore.codecs.orientation import turn_upright
from restore.image import Pixels
from restore.toolkit.missing import Mask
from restore.toolkit.pixels import white_of

ORIENTATIONS = range(1, 9)
"""Of a picture, as EXIF numbers them: four rotations, each mirrored or not; 1 is as it is."""

BACK = {6: 8, 8: 6}
"""Orientations that undo others; the rest undo themselves."""


def mean_filling(fill: Callable[[Pixels, Mask], Pixels], pixels: Pixels, mask: Mask) -> Pixels:
    """Fill a picture eight times, turned otherwise each time, and take the mean.

    Args:
        fill: Gives a picture with other values where a mask says.
        pixels: ``(H, W, C)`` of any depth.
        mask: ``(H, W)``, True = missing.

    Returns:
        A copy of the picture with other values where it was missing; known ones are as they were.
    """
    total = np.zeros((int(mask.sum()), pixels.shape[2]), np.float32)
    for orientation in ORIENTATIONS:
        hole = turn_upright(mask.view(np.uint8), orientation).view(np.bool_)
        filled = fill(turn_upright(pixels, orientation), hole)
        total += turn_upright(filled, BACK.get(orientation, orientation))[mask]
    total /= len(ORIENTATIONS)
    if pixels.dtype != np.float32:
        np.rint(total, out=total).clip(0, white_of(pixels), out=total)
    out = pixels.copy()
    out[mask] = total.astype(pixels.dtype)
    return out
