"""Conversions between depths: exact where possible, rounded to the nearest value elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from restore.image import Pixels

Depth = TypeVar("Depth", np.uint8, np.uint16)

ROWS = 256  # converted at a time, so that temporaries stay small beside the picture


@dataclass(frozen=True)
class Outside:
    """Shares of float samples, each 0 to 1, that integers cannot hold.

    Attributes:
        below: Below black.
        above: Above white.
        nan: No numbers.
    """

    below: float
    above: float
    nan: float


def to_uint8(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Return 8-bit pixels, rounded to nearest; float is clipped to [0, 1] first and NaN becomes 0.

    Args:
        pixels: uint8, uint16 or float32 of any shape.
    """
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        table = ((np.arange(65536, dtype=np.uint32) + 128) // 257).astype(np.uint8)
        out: npt.NDArray[np.uint8] = table[pixels]
        return out
    return _from_float(pixels, np.dtype(np.uint8))


def to_uint16(pixels: Pixels) -> npt.NDArray[np.uint16]:
    """Return 16-bit pixels: 8-bit ones times 257 (exact), float ones clipped to [0, 1] and rounded; NaN becomes 0.

    Args:
        pixels: uint8, uint16 or float32 of any shape.
    """
    if pixels.dtype == np.uint16:
        return pixels
    if pixels.dtype == np.uint8:
        return pixels.astype(np.uint16) * np.uint16(257)
    return _from_float(pixels, np.dtype(np.uint16))


def to_float32(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Return floats with 1.0 = white; those that are given stay as they are, also outside [0, 1].

    Args:
        pixels: uint8, uint16 or float32 of any shape.
    """
    if pixels.dtype == np.float32:
        return pixels
    out: npt.NDArray[np.float32] = pixels.astype(np.float32)
    out /= np.float32(np.iinfo(pixels.dtype).max)
    return out


def _from_float(pixels: Pixels, dtype: np.dtype[Depth]) -> npt.NDArray[Depth]:
    white = float(np.iinfo(dtype).max)
    out = np.empty(pixels.shape, dtype)
    for row in range(0, len(pixels), ROWS):
        part = np.nan_to_num(pixels[row : row + ROWS], nan=0.0, posinf=1.0, neginf=0.0)
        np.clip(part, 0.0, 1.0, out=part)
        out[row : row + ROWS] = np.rint(part * white)
    return out


def outside(samples: Pixels, white: int) -> Outside:
    """Count what `to_uint8` or `to_uint16` would clip; what is less than half a step beyond is only rounded.

    Args:
        samples: float32 of any shape but empty, 1.0 = white.
        white: The integer that 1.0 becomes, 255 or 65535.
    """
    below = above = nan = 0
    low, high = -0.5 / white, 1.0 + 0.5 / white
    for row in range(0, len(samples), ROWS):
        part = samples[row : row + ROWS]
        if part.min() >= low and part.max() <= high:  # never true of NaN
            continue
        below += int(np.count_nonzero(part < low))
        above += int(np.count_nonzero(part > high))
        nan += int(np.count_nonzero(np.isnan(part)))
    return Outside(below / samples.size, above / samples.size, nan / samples.size)


def stretch(values: Pixels, largest: int) -> Pixels:
    """Return integers of 0..`largest` scaled to the full range of 8 bit (`largest` up to 255) or 16 bit.

    Args:
        values: uint8 or uint16 of any shape.
        largest: The value of white; larger values are clipped to it.
    """
    dtype = np.uint8 if largest <= 255 else np.uint16
    white = int(np.iinfo(dtype).max)
    if largest == white:
        return values.astype(dtype, copy=False)
    steps = np.arange(largest + 1, dtype=np.uint64)
    table = ((steps * white * 2 + largest) // (2 * largest)).astype(dtype)
    out: Pixels = table[np.minimum(values, values.dtype.type(largest))]
    return out


def unstretch(values: Pixels, largest: int) -> npt.NDArray[np.uint16]:
    """Return 16-bit values scaled down to 0..`largest`, the inverse of `stretch`.

    Args:
        values: uint16 of any shape.
        largest: The value of white afterwards.
    """
    steps = np.arange(65536, dtype=np.uint64)
    table = ((steps * largest * 2 + 65535) // (2 * 65535)).astype(np.uint16)
    out: npt.NDArray[np.uint16] = table[values]
    return out
