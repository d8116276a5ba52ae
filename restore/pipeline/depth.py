"""Pictures of 8 bits as 16 between steps, and back: exact both ways for what no step has changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from restore.image import Image, Pixels

FINER = 257
"""Steps of 16 bit in one of 8 bit: 255 * 257 = 65535."""


def deepened(image: Image) -> Image:
    """The picture in 16 bits where it has 8; deeper ones as they are.

    Integers rather than floats: half the memory, every restorer clips at black and white as it does by itself, and a
    step of 16 bit is a 257th of what the file can show.
    """
    if image.pixels.dtype != np.uint8:
        return image
    alpha = None if image.alpha is None else _deep(image.alpha)
    return replace(image, pixels=_deep(image.pixels), alpha=alpha)


def flattened(image: Image) -> Image:
    """The picture in 8 bits where it has 16: each value to the nearest, which is never a tie."""
    if image.pixels.dtype != np.uint16:
        return image
    alpha = None if image.alpha is None else _flat(image.alpha)
    return replace(image, pixels=_flat(image.pixels), alpha=alpha)


def _deep(pixels: Pixels) -> Pixels:
    return np.multiply(pixels, np.uint16(FINER), dtype=np.uint16)


def _flat(pixels: Pixels) -> Pixels:
    import cv2

    values = np.ascontiguousarray(pixels)
    flat: Pixels = cv2.convertScaleAbs(values.reshape(values.shape[0], -1), alpha=1 / FINER)
    return flat.reshape(values.shape)
