"""NumPy arrays as pictures, and back in the same shape and type."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from restore.errors import InputError
from restore.image import Image, Pixels

Array = npt.NDArray[Any]

SLACK = 1e-3
"""By how much floats may lie outside [0, 1]: what rounding does."""

_SHAPES = "Give (height, width) for grey, (height, width, 3) for RGB, or (height, width, 4) for RGB with alpha."
_TYPES = "Give uint8 (0 to 255), uint16 (0 to 65535) or floats from 0 to 1."


def from_array(array: Array, what: str = "the array") -> Image:
    """An array as a picture; nothing is copied where nothing must be.

    Args:
        array: ``(H, W)`` or ``(H, W, C)`` with C = 1, 3 (RGB) or 4 (RGB with alpha); uint8, uint16, or floats of any
            precision in [0, 1].
        what: What messages call it.

    Raises:
        InputError: Another shape or type, nothing in it, or floats that are no numbers or out of range.
    """
    planes = array[..., None] if array.ndim == 2 else array
    if 0 in array.shape:
        raise InputError(f"{what} of shape {array.shape} holds no pixels.", hint=_SHAPES)
    if planes.ndim != 3 or planes.shape[2] not in (1, 3, 4):
        first = array.ndim == 3 and array.shape[0] in (1, 3, 4)
        hint = "Its channels stand first: give np.moveaxis(array, 0, -1), or a torch tensor." if first else _SHAPES
        raise InputError(f"{what} has the shape {array.shape}.", hint=hint)
    pixels = _plain(np.asarray(planes), what)
    if pixels.shape[2] == 4:
        return Image(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))
    return Image(pixels)


def to_array(image: Image, like: Array) -> Array:
    """A result as an array of the shape's rank and the type of the one it was made of; shares no memory with it.

    Args:
        image: The result. Floats are clipped to [0, 1].
        like: What it was made of. Where its type is another kind of number than the result's (masks are uint8 always),
            the result's stays.
    """
    pixels = image.pixels
    if like.ndim == 3 and like.shape[2] == 4 and image.alpha is not None:
        pixels = np.concatenate([pixels, image.alpha[..., None]], axis=2)
    found: Array = pixels[..., 0] if like.ndim == 2 else pixels
    if found.dtype == np.float32:
        found = np.clip(found, 0, 1).astype(like.dtype)
    elif found.dtype == like.dtype.newbyteorder("="):
        found = found.astype(like.dtype, copy=False)  # in the order of bytes that was given
    return found.copy() if np.shares_memory(found, like) or not found.flags.writeable else found


def checked_floats(pixels: Pixels, what: str) -> Pixels:
    """The same floats, if they are numbers in [0, 1].

    Raises:
        InputError: They are not; says how to make them so.
    """
    low, high = float(pixels.min()), float(pixels.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        raise InputError(f"{what} holds NaN or infinite values.", hint="Replace them first, with np.nan_to_num.")
    if low < -SLACK or high > 1 + SLACK:
        hint = "Floats are from 0 (black) to 1 (white): divide 8-bit values by 255, shift values from -1 to 1, or clip."
        wider = "Values outside on purpose are kept in a restore.Image."
        raise InputError(f"{what} holds values from {low:.4g} to {high:.4g}.", hint=f"{hint} {wider}")
    return pixels


def _plain(pixels: Pixels, what: str) -> Pixels:
    """Contiguous pixels in one of the three depths, in this machine's order of bytes."""
    kind = pixels.dtype
    if kind.kind == "f":
        return checked_floats(np.ascontiguousarray(pixels, dtype=np.float32), what)
    if kind.newbyteorder("=") not in (np.dtype(np.uint8), np.dtype(np.uint16)):
        raise InputError(f"{what} is of the type {kind}.", hint=_TYPES)
    return np.ascontiguousarray(pixels, dtype=kind.newbyteorder("="))
