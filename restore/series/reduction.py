"""Small copies of frames, on which is looked for what does not need every pixel: kinds, shifts, what has moved."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from restore.image import Image, Pixels

Plane = npt.NDArray[np.float32]
"""``(H, W)``, 0 = black, 1 = white."""

_ROWS = 256
_GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Shares of red, green and blue in what is seen as bright (ITU-R BT.601)."""


def factor_to(height: int, width: int, edge: int) -> int:
    """The whole number by which a picture is to be made smaller so that no side is longer than `edge`."""
    return max(1, -(-max(height, width) // edge))


def reduced(image: Image, factor: int) -> npt.NDArray[np.float32]:
    """The picture made smaller by a whole number: the mean of each square of pixels; in bands.

    Args:
        image: The picture.
        factor: Pixels of the picture per pixel of the copy, each way. Where a side is no multiple of it, the last rows
            or columns are left out, so that pixel (x, y) of the copy is exactly about (f x + (f - 1) / 2, …) of the
            picture.

    Returns:
        ``(H // factor, W // factor, C)``, 0 = black, 1 = white; at least one pixel.
    """
    import cv2

    factor = min(factor, image.height, image.width)
    height, width = image.height // factor, image.width // factor
    out = np.empty((height, width, image.channels), np.float32)
    step = max(1, _ROWS // factor)
    for row in range(0, height, step):
        rows = min(step, height - row)
        band = image.pixels[row * factor : (row + rows) * factor, : width * factor].astype(np.float32)
        small = band if factor == 1 else cv2.resize(band, (width, rows), interpolation=cv2.INTER_AREA)
        out[row : row + rows] = small.reshape(rows, width, image.channels) / image.white
    return out


def grey_of(pixels: Pixels) -> Plane:
    """Brightness of ``(H, W, C)`` values in [0, 1] of float32."""
    return cast(Plane, pixels[..., 0] if pixels.shape[2] == 1 else pixels @ _GREY)
