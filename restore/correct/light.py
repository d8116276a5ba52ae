"""Light and its display values, reduced copies to measure on, and curves from value to value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from restore.image import Pixels

Floats = npt.NDArray[np.float32]
"""Pictures or planes with 0 = black and 1 = white; values outside are allowed."""

Curve = Callable[[Floats], Floats]
"""From values to values, of any shape, 1 = white; each value by itself."""

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of display values in luma (ITU-R BT.601)."""

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Weights of linear light in luminance (ITU-R BT.709, sRGB)."""

MEASURED = 1_000_000
"""Pixels of the copies that statistics are taken from."""

_STRIP = 1 << 20
"""Samples that are held as floats at a time."""


def to_linear(values: Floats) -> Floats:
    """Linear light of sRGB display values (IEC 61966-2-1), odd about zero, so that any float has one.

    Other colour profiles' curves are close to this one (a power of 2.2 differs by 0.008 at most); they are not read.
    """
    size = np.abs(values)
    light = np.where(size <= 0.04045, size / 12.92, ((size + 0.055) / 1.055) ** 2.4)
    return np.copysign(light, values).astype(np.float32)


def to_display(light: Floats) -> Floats:
    """Display values (sRGB) of linear light, the inverse of `to_linear`."""
    size = np.abs(light)
    values = np.where(size <= 0.0031308, size * 12.92, 1.055 * size ** (1 / 2.4) - 0.055)
    return np.copysign(values, light).astype(np.float32)


def white_of(dtype: np.dtype[Any]) -> float:
    """The value of white in a depth: 255, 65535 or 1.0."""
    return 1.0 if dtype == np.float32 else float(np.iinfo(dtype).max)


def as_floats(pixels: Pixels) -> Floats:
    """A copy with 1 = white."""
    return np.multiply(pixels, 1 / white_of(pixels.dtype), dtype=np.float32)


def store(values: Floats, target: Pixels) -> None:
    """Floats into an array of any depth: rounded and clipped to whole steps, or as they are."""
    if target.dtype == np.float32:
        target[...] = values
        return
    white = white_of(target.dtype)
    target[...] = np.clip(np.rint(values * np.float32(white)), 0, white)


def reduced(pixels: Pixels, most: int = MEASURED) -> Floats:
    """A copy to measure on: each pixel the mean of those it stands for, which takes most of their noise away.

    Args:
        pixels: ``(H, W, C)``.
        most: Pixels that it may have, about; smaller pictures are copied as they are.

    Returns:
        ``(h, w, C)`` of the same proportions.
    """
    import cv2

    height, width, channels = pixels.shape
    factor = math.sqrt(most / (height * width))
    if factor >= 1:
        return as_floats(pixels)
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    return as_floats(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], channels))


def is_grey(pixels: Pixels) -> bool:
    """Whether all channels are equal everywhere."""
    return all(
        np.array_equal(pixels[r, :, c], pixels[r, :, 0]) for r in strips(pixels) for c in range(1, pixels.shape[2])
    )


def strips(pixels: Pixels) -> Iterator[slice]:
    """Rows of a picture, as many at a time as are few enough to be floats."""
    height, width, channels = pixels.shape
    rows = max(_STRIP // (width * channels), 16)
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))


def apply_curves(pixels: Pixels, curves: Sequence[Curve]) -> Pixels:
    """Put every value through its channel's curve.

    8 and 16 bit go through a table, rounded once at its end; so several curves should be joined, not applied in turn.

    Args:
        pixels: ``(H, W, C)``.
        curves: One for each channel, or one for all.

    Returns:
        A new array of the same shape and depth.
    """
    channels = pixels.shape[2]
    every = list(curves) * (channels if len(curves) == 1 else 1)
    if len(every) != channels:
        raise ValueError(f"{channels} channels need as many curves, got {len(every)}")
    out = np.empty_like(pixels)
    for channel, curve in enumerate(every):
        table = None if pixels.dtype == np.float32 else _table(curve, pixels.dtype)
        for rows in strips(pixels):
            given = pixels[rows, :, channel]
            out[rows, :, channel] = curve(given) if table is None else table[given]
    return out


def _table(curve: Curve, dtype: np.dtype[Any]) -> Pixels:
    """What a curve makes of every value that a depth has."""
    white = int(white_of(dtype))
    table = np.empty(white + 1, dtype)
    store(curve(np.arange(white + 1, dtype=np.float32) / np.float32(white)), table)
    return table
