"""Haze: how thick it is, from the darkest channel around each pixel, and the picture without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from restore.correct.light import LUMA, Floats, as_floats, reduced, store, strips
from restore.image import Pixels

KEPT = 0.05
"""Share of the haze that is left: without any, distances look unnatural."""

THINNEST = 0.1
"""No transmission below it is believed: dividing by less makes noise and JPEG blocks visible."""

_MEASURED = 400_000
_PATCH = 15
_RADIUS = 40
_SMOOTH = 1e-3


@dataclass(frozen=True)
class Haze:
    """The haze in a picture.

    Attributes:
        light: Its colour, display values, one per channel.
        slope: ``(h, w)``; with `offset` what makes the share of haze of each pixel's luma, on a reduced picture.
        offset: ``(h, w)``.
        thickness: The mean share of haze, 0 to 1.
    """

    light: tuple[float, ...]
    slope: Floats
    offset: Floats
    thickness: float


def estimate_haze(pixels: Pixels) -> Haze:
    """Find the haze: in clear pictures some channel is nearly black near every pixel, and haze makes it light.

    He, Sun, Tang, Single image haze removal using dark channel prior, CVPR 2009 (patches of 15 pixels in pictures of
    some 600 x 600, the colour of the haze where it is thickest), on display values as there; made to follow the edges
    by their guided image filter, ECCV 2010, whose coefficients are found on the reduced picture (He, Sun, Fast guided
    filter, 2015).

    Args:
        pixels: ``(H, W, C)``.
    """
    values = reduced(pixels, _MEASURED).clip(0, 1)
    dark = _dark_channel(values)
    thickest = dark >= float(np.quantile(dark, 0.999))
    brightest = values[thickest].sum(axis=1).argsort()[-max(int(thickest.sum()) // 10, 1) :]
    light = values[thickest][brightest].mean(axis=0).clip(0.05, 1)
    share = _dark_channel(values / light).clip(0, 1)
    luma = np.asarray(_luma(values), np.float32)
    mean = _box(luma)
    spread = _box(luma * luma) - mean * mean
    slope = (_box(luma * share) - mean * _box(share)) / (spread + np.float32(_SMOOTH))
    offset = _box(share) - slope * mean
    return Haze(tuple(light.tolist()), _box(slope), _box(offset), float(share.mean()))


def apply_dehaze(pixels: Pixels, haze: Haze, strength: float = 1.0) -> Pixels:
    """Take the haze away: Koschmieder's equation, solved for the picture behind it.

    Args:
        pixels: ``(H, W, C)``.
        haze: From `estimate_haze`, of this picture.
        strength: Share of the haze that is taken away, but for `KEPT`.

    Returns:
        A new array of the same shape and depth.
    """
    if strength == 0:
        return pixels
    out = np.empty_like(pixels)
    light = np.array(haze.light, np.float32)
    for rows in strips(pixels):
        values = as_floats(pixels[rows])
        shape = pixels.shape[:2]
        share = _enlarged(haze.slope, rows, shape) * _luma(values) + _enlarged(haze.offset, rows, shape)
        clear = 1 - np.float32((1 - KEPT) * strength) * share.clip(0, 1)
        values -= light
        values /= np.maximum(clear, np.float32(THINNEST))[..., None]
        values += light
        store(values, out[rows])
    return out


def _dark_channel(values: Floats) -> Floats:
    """The darkest value in any channel within a patch round each pixel."""
    import cv2

    kernel = np.ones((_PATCH, _PATCH), np.uint8)
    return np.asarray(cv2.erode(np.ascontiguousarray(values.min(axis=2)), kernel), np.float32)


def _luma(values: Floats) -> Floats:
    return values[..., 0] if values.shape[2] == 1 else values @ LUMA


def _box(plane: np.ndarray) -> Floats:
    import cv2

    edge = 2 * _RADIUS + 1
    return np.asarray(cv2.blur(plane, (edge, edge), borderType=cv2.BORDER_REFLECT), np.float32)


def _enlarged(plane: Floats, rows: slice, shape: tuple[int, ...]) -> Floats:
    """The given rows of a small plane as large as the picture, bilinearly."""
    import cv2

    height, width = shape
    small = plane.shape[0]
    y = ((np.arange(rows.start, rows.stop) + 0.5) * (small / height) - 0.5).clip(0, small - 1)
    above = y.astype(int)
    below = np.minimum(above + 1, small - 1)
    part = (y - above).astype(np.float32)[:, None]
    lines: Any = plane[above] * (1 - part) + plane[below] * part
    return np.asarray(cv2.resize(lines, (width, len(y)), interpolation=cv2.INTER_LINEAR), np.float32)
