"""The grey planes that all measures of fusion work on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from restore.image import Pixels
from restore.metrics import Convention, prepare

Plane = npt.NDArray[np.float64]
"""``(H, W)``, 0 = black, 255 = white."""


def grey(pixels: Pixels) -> Plane:
    """Pixels of any depth as a plane: 0.299 R + 0.587 G + 0.114 B, clipped to [0, 255], not rounded.

    Args:
        pixels: ``(H, W, C)``, C = 1 or 3.
    """
    plane: Plane = prepare(pixels, Convention("grey"))[..., 0] * 255
    return plane


def eight_bit(plane: Plane) -> npt.NDArray[np.uint8]:
    """A plane rounded to 8 bits, for measures that count levels."""
    return np.rint(np.clip(plane, 0, 255)).astype(np.uint8)
