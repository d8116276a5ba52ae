"""Unsharp masking: edges made steeper by what a blur takes away, in luma, where it is more than noise."""

from __future__ import annotations

import math

import numpy as np

from restore.correct.light import LUMA, Floats, as_floats, store, strips
from restore.image import Pixels

RADIUS = 1.0
"""Standard deviation of the blur, in pixels."""

THRESHOLD = 2.0
"""Where no detail around exceeds it, in 8-bit steps, it is taken for noise."""


def apply_unsharp(pixels: Pixels, strength: float, radius: float = RADIUS, threshold: float = THRESHOLD) -> Pixels:
    """Add what a Gaussian blur takes from the luma to every channel, so that no colours are made.

    Unsharp masking came from photographic plates (Schreiber, Wirephoto quality improvement by unsharp masking, Pattern
    Recognition 1970). Where nothing around exceeds the threshold the picture stays as it is; up to twice the threshold
    what is added grows. Around, because the detail of an edge itself is nothing in its middle.

    Args:
        pixels: ``(H, W, C)``.
        strength: How many times detail is added; 1 is much, 0.5 is usual.
        radius: See `RADIUS`.
        threshold: See `THRESHOLD`.

    Returns:
        A new array of the same shape and depth.
    """
    import cv2

    if strength == 0:
        return pixels
    height = pixels.shape[0]
    reach, around = math.ceil(4 * radius), math.ceil(1.5 * radius)
    halo = reach + around
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * around + 1, 2 * around + 1))
    kernel = cv2.getGaussianKernel(2 * reach + 1, radius, cv2.CV_32F)
    least = np.float32(threshold / 255)
    out = np.empty_like(pixels)
    for rows in strips(pixels):
        top, bottom = max(rows.start - halo, 0), min(rows.stop + halo, height)
        values = as_floats(pixels[top:bottom])
        luma = _luma(values)
        detail = luma - cv2.sepFilter2D(luma, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
        if least > 0:
            detail *= (cv2.dilate(np.abs(detail), near) / least - 1).clip(0, 1)
        inside = slice(rows.start - top, rows.stop - top)
        store(values[inside] + np.float32(strength) * detail[inside, :, None], out[rows])
    return out


def _luma(values: Floats) -> Floats:
    return np.ascontiguousarray(values[..., 0] if values.shape[2] == 1 else values @ LUMA)
