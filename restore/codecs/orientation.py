"""Pixels turned upright. The eight orientations: EXIF 2.32 (CIPA DC-008), section 4.6.4, tag 0x0112."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from restore.image import Pixels


def turn_upright(array: Pixels, orientation: int) -> Pixels:
    """Return the array as it is to be looked at.

    Args:
        array: ``(H, W)`` or ``(H, W, C)`` as stored.
        orientation: 1 (nothing to do) to 8.

    Returns:
        ``(H, W)`` or ``(W, H)`` pixels, C-contiguous; the same array for 1.
    """
    if orientation == 1:
        return array
    # OpenCV moves blocks that fit the cache; NumPy's strided copies take ten times as long.
    turns: dict[int, Callable[[Pixels], Pixels]] = {
        2: lambda a: cv2.flip(a, 1),
        3: lambda a: cv2.rotate(a, cv2.ROTATE_180),
        4: lambda a: cv2.flip(a, 0),
        5: cv2.transpose,
        6: lambda a: cv2.rotate(a, cv2.ROTATE_90_CLOCKWISE),
        7: lambda a: cv2.rotate(cv2.transpose(a), cv2.ROTATE_180),
        8: lambda a: cv2.rotate(a, cv2.ROTATE_90_COUNTERCLOCKWISE),
    }
    turned = turns[orientation](array)
    return np.ascontiguousarray(turned.reshape(*turned.shape[:2], *array.shape[2:]))
