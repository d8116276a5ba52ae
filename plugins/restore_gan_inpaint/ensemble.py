"""A picture filled in all its orientations, and the mean of that.

R. Timofte, R. Rothe, L. Van Gool: Seven ways to improve example-based single image super resolution, CVPR 2016.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from restore.image import Pixels
from restore.toolkit.missing import Mask
from restore.toolkit.pixels import white_of

Array = TypeVar("Array", Pixels, Mask)

ORIENTATIONS = 8
"""Of a picture: four rotations, each mirrored or not."""


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
    for k in range(ORIENTATIONS):
        filled = fill(_turned(pixels, k), _turned(mask, k))
        total += _turned_back(filled, k)[mask]
    total /= ORIENTATIONS
    if pixels.dtype != np.float32:
        np.rint(total, out=total).clip(0, white_of(pixels), out=total)
    out = pixels.copy()
    out[mask] = total.astype(pixels.dtype)
    return out


def _turned(x: Array, orientation: int) -> Array:
    """``(H, W, …)`` in one of the eight orientations, with memory of its own where that is another one."""
    return np.ascontiguousarray(_mirrored(x.swapaxes(0, 1) if orientation & 4 else x, orientation))


def _turned_back(x: Pixels, orientation: int) -> Pixels:
    x = _mirrored(x, orientation)
    return x.swapaxes(0, 1) if orientation & 4 else x


def _mirrored(x: Array, orientation: int) -> Array:
    return x[:: -1 if orientation & 2 else 1, :: -1 if orientation & 1 else 1]
