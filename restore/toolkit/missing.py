"""What everyone who fills holes asks first: what is missing, and whether there is something to fill it from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restore.errors import InputError
from restore.image import Observation, Pixels

Mask = npt.NDArray[np.bool_]
"""``(H, W)``, True = missing."""

_ROWS = 256
"""Rows that are looked at together, so that nothing of the picture's size is held."""


@dataclass(frozen=True)
class Box:
    """A part of a picture or a grid: rows from `top` to before `bottom`, columns from `left` to before `right`."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """For an array of the whole."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def joined(self, other: Box) -> Box:
        """The smallest box that holds both."""
        low, high = min(self.top, other.top), max(self.bottom, other.bottom)
        return Box(low, high, min(self.left, other.left), max(self.right, other.right))

    def within(self, outer: Box) -> Box:
        """The same box, counted from another's corner."""
        return Box(self.top - outer.top, self.bottom - outer.top, self.left - outer.left, self.right - outer.left)


def what_is_missing(observation: Observation) -> Mask | None:
    """The mask of an observation, None where nothing is missing, so that the picture is its own result.

    Raises:
        InputError: There is no mask, or it covers the whole picture.
    """
    image, mask = observation.image, observation.mask
    if mask is None:
        raise InputError("a mask of what is missing is needed.", hint="Give one with --mask.")
    if not mask.any():
        return None
    if mask.all():
        raise InputError(
            f"the mask covers all {image.width} x {image.height} pixels; nothing is left to fill them from.",
            hint="White means missing; --invert-mask turns a mask round.",
        )
    return mask


def check_known(pixels: Pixels, mask: Mask) -> None:
    """Refuse known pixels that nobody can work on; what is missing may hold anything.

    Args:
        pixels: ``(H, W, C)``.
        mask: ``(H, W)``, True = missing.

    Raises:
        InputError: A known one is NaN or infinite.
    """
    if pixels.dtype != np.float32:
        return
    for top in range(0, len(mask), _ROWS):
        band = slice(top, top + _ROWS)
        if not (np.isfinite(pixels[band]).all(axis=2) | mask[band]).all():
            raise InputError("the picture holds NaN or infinite pixels.", hint="Mark them in the mask, too.")
