"""MEF-SSIM: how much of the best contrast and of the common structure of a bracket is in the fused picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np

from restore.fusion_metrics.planes import Plane

SCALES = (0.0448, 0.2856, 0.3001)
"""Weights of the scales, from the finest: the first three of MS-SSIM (Wang et al. 2003), divided by their sum."""

WINDOW, SIGMA = 11, 1.5
"""Edge of a patch in pixels, and the spread of the Gaussian window in which patches are compared."""

_C = (0.03 * 255) ** 2
_LEAST, _POWER = 1e-3, 10.0
_EPS = float(np.finfo(np.float64).eps)
_REACH = WINDOW // 2


def mef_ssim(fused: Plane, sources: Sequence[Plane]) -> float:
    """MEF-SSIM: contrast and structure of a fused bracket beside the best that its frames could give.

    K. Ma, K. Zeng, Z. Wang, "Perceptual quality assessment for multi-exposure image fusion", IEEE TIP 2015.

    Every patch of 11x11 pixels is taken apart into mean, contrast (norm) and structure (direction). The patch one would
    wish for has the highest contrast of all frames, and as structure the mean of theirs, weighted by contrast to a
    power that grows with how well they agree (tan(pi/2 R), at most 10). The fused patch is compared with it by SSIM's
    contrast and structure in a Gaussian window, its mean being free; mean over all patches that lie inside the picture.
    Three scales, each the mean of 2x2 pixels of the one before, multiplied with exponents. All constants are those of
    the authors' program, version 1.0; unlike there the grey planes are not rounded.

    Args:
        fused: ``(H, W)``.
        sources: The bracket, of the same size, as many as there are.

    Returns:
        At most 1; NaN where an edge of the coarsest scale is shorter than a patch (44 pixels of the picture).
    """
    weights = np.array(SCALES) / sum(SCALES)
    planes = [plane - 128 for plane in (fused, *sources)]  # nothing depends on means; digits do
    if min(fused.shape) / 2 ** (len(SCALES) - 1) < WINDOW:
        return math.nan
    score = 1.0
    for scale, weight in enumerate(weights):
        if scale:
            planes = [_halved(plane) for plane in planes]
        quality = _quality(planes[0], planes[1:])
        score *= max(quality, 0.0) ** weight
    return float(score)


def _quality(fused: Plane, sources: Sequence[Plane]) -> float:
    """The mean over all patches of one scale."""
    shares = _wished(sources)
    wished = _sum_of_products(shares, sources, _gaussian)
    seen = _gaussian(fused * fused) - _gaussian(fused) ** 2
    mean = _gaussian(fused)
    common = sum(
        share * (_gaussian(source * fused) - _gaussian(source) * mean)
        for share, source in zip(shares, sources, strict=True)
    )
    return float(np.mean((2 * common + _C) / (wished + seen + _C)))


def _wished(sources: Sequence[Plane]) -> list[Plane]:
    """How much of each frame's patch, its mean subtracted, makes the patch one would wish for."""
    size = WINDOW * WINDOW
    norms = [np.sqrt(size * np.maximum(_box(s * s) - _box(s) ** 2, 0)) for s in sources]
    total: Plane = np.sum(sources, axis=0)
    together = np.sqrt(size * np.maximum(_box(total * total) - _box(total) ** 2, 0))
    agreement = np.clip((together + _EPS) / (sum(norms) + _EPS), _EPS, 1 - _EPS)
    power = np.minimum(np.tan(np.pi / 2 * agreement), _POWER)
    contrasts = [norm + _LEAST for norm in norms]
    weights = [(contrast / WINDOW) ** power + _EPS for contrast in contrasts]
    whole: Plane = np.sum(weights, axis=0)
    shares = [weight / whole / contrast for weight, contrast in zip(weights, contrasts, strict=True)]
    length = np.sqrt(size * np.maximum(_sum_of_products(shares, sources, _box), 0))
    most = np.max(contrasts, axis=0)
    scale = np.divide(most, length, out=np.zeros_like(most), where=length > 0)
    return [share * scale for share in shares]


def _sum_of_products(shares: Sequence[Plane], sources: Sequence[Plane], window: Callable[[Plane], Plane]) -> Plane:
    """The variance, in a window, of the frames' patches added up by their shares."""
    means = [window(source) for source in sources]
    total = np.zeros_like(means[0])
    for i, first in enumerate(sources):
        for j, second in enumerate(sources[: i + 1]):
            covariance = window(first * second) - means[i] * means[j]
            total += (1 if i == j else 2) * shares[i] * shares[j] * covariance
    return total


def _box(plane: Plane) -> Plane:
    """The mean of every patch that lies inside the picture."""
    mean: Plane = cv2.blur(plane, (WINDOW, WINDOW))[_REACH:-_REACH, _REACH:-_REACH]
    return mean


def _gaussian(plane: Plane) -> Plane:
    """The Gaussian mean of the same patches."""
    mean: Plane = cv2.GaussianBlur(plane, (WINDOW, WINDOW), SIGMA)[_REACH:-_REACH, _REACH:-_REACH]
    return mean


def _halved(plane: Plane) -> Plane:
    """The mean of 2x2 pixels each; the last row or column of an odd number is its own neighbour."""
    even = np.pad(plane, [(0, length % 2) for length in plane.shape], mode="edge")
    return (even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]) / 4
