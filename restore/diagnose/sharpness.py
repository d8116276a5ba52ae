"""Blur: how wide the edges of a picture are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from restore.diagnose.sampling import Floats, luma_tiles
from restore.image import Pixels

_SMOOTHED = 0.8
"""Sigma of the blur by which noise is kept from making edges; taken off the result."""

_STRONG = 20.0
"""Grey levels that an edge must rise by, or six times the noise."""

_SHARPEST = 0.25
"""Share of the edges that are sharper than the width reported: what is out of focus on purpose does not count."""

_LONGEST = 64
_ENOUGH = 500
"""Edges from which on the width is sure."""


@dataclass(frozen=True)
class Blur:
    """How sharp a picture is where it is sharpest.

    Attributes:
        edge_width: Of a sharp quarter of its edges, in pixels: their rise over their steepest slope.
        sigma: Of the Gaussian blur that makes such edges of steps, in pixels.
        confidence: 0 to 1: how many edges there were to tell by.
    """

    edge_width: float
    sigma: float
    confidence: float


def estimate_blur(pixels: Pixels, noise: float = 0.0) -> Blur:
    """Measure the edges across rows and columns, from where their rise begins to where it ends.

    Edges as of Marziliano et al., Perceptual blur and ringing metrics, Signal Processing: Image Communication 19, 2004,
    a rise between a local minimum and a maximum; but as width not the number of its pixels, which grows with the
    flat ends, but its height over its steepest slope, which for a step under a Gaussian is √(2π) sigma.

    Args:
        pixels: ``(H, W, C)``.
        noise: Its sigma, in 8-bit grey levels.
    """
    widths: list[npt.NDArray[np.float64]] = []
    for luma in luma_tiles(pixels):
        if min(luma.shape) < 8:
            continue
        smooth = cv2.GaussianBlur(luma, (0, 0), _SMOOTHED)
        for plane in (smooth, np.ascontiguousarray(smooth.T)):
            widths.append(_widths(plane, max(_STRONG, 6 * noise)))
    every = np.concatenate(widths) if widths else np.empty(0)
    if not len(every):
        return Blur(0.0, 0.0, 0.0)
    width = float(np.quantile(every, _SHARPEST))
    own = _SMOOTHED**2 + 1 / 12  # a slope is the difference of two pixels, each of which is a mean
    sigma = math.sqrt(max(width**2 / (2 * math.pi) - own, 0.0))
    return Blur(math.sqrt(2 * math.pi) * sigma, sigma, min(len(every) / _ENOUGH, 1.0))


def _widths(plane: Floats, strong: float) -> npt.NDArray[np.float64]:
    """Height over steepest slope of every strong rise or fall along the rows of ``(H, W)``."""
    slopes = np.diff(plane, axis=1)
    slopes[:, -1] = 0  # ends the last rise of a row
    flat = slopes.ravel()
    starts = np.flatnonzero(np.diff(np.sign(flat), prepend=0) != 0)
    if not len(starts):
        return np.empty(0)
    lengths = np.diff(starts, append=len(flat))
    heights = np.abs(np.add.reduceat(flat.astype(np.float64), starts))
    steepest = np.maximum.reduceat(np.abs(flat), starts)
    chosen = (heights > strong) & (lengths < _LONGEST)
    return heights[chosen] / np.asarray(steepest[chosen], np.float64)
