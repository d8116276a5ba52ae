"""A picture in the depth and the channels of another one."""

from __future__ import annotations

import numpy as np

from restore.codecs.depth import to_float32, to_uint8, to_uint16
from restore.image import Image, Pixels


def matched(image: Image, like: Image) -> Image:
    """A picture with the values it has, said as another one says its own.

    Args:
        image: The picture. Colours become their brightness (luma of ITU-R BT.601) where the other is grey, and grey is
            repeated where it is not; floats are clipped to [0, 1] where it holds whole numbers.
        like: The other one: its depth, channels, and whether there is alpha (opaque where the picture has none).

    Returns:
        The picture; the same one where nothing differs.
    """
    pixels, alpha = _in_depth(_in_channels(image.pixels, like.channels), like), None
    if like.alpha is not None:
        opaque = np.full(pixels.shape[:2], like.white, pixels.dtype)
        alpha = opaque if image.alpha is None else _in_depth(image.alpha, like)
    return image if pixels is image.pixels and alpha is image.alpha else Image(pixels, alpha, image.metadata)


def _in_channels(pixels: Pixels, channels: int) -> Pixels:
    if pixels.shape[2] == channels:
        return pixels
    import cv2

    code = cv2.COLOR_RGB2GRAY if channels == 1 else cv2.COLOR_GRAY2RGB
    result: Pixels = cv2.cvtColor(np.ascontiguousarray(pixels), code).reshape(*pixels.shape[:2], channels)
    return result


def _in_depth(pixels: Pixels, like: Image) -> Pixels:
    if like.pixels.dtype == np.uint8:
        return to_uint8(pixels)
    return to_uint16(pixels) if like.pixels.dtype == np.uint16 else to_float32(pixels)
