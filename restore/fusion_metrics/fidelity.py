"""VIF: how much of the information that an eye could take from the frames it can take from the fused picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from restore.fusion_metrics.planes import Plane

WINDOWS = (17, 9, 5, 3)
"""Edges of the Gaussian windows of the four scales, in pixels; their sigmas are a fifth of them."""

EYE = 2.0
"""Variance of the noise in the model of the eye."""

_TINY = 1e-10


def visual_information(fused: Plane, sources: Sequence[Plane]) -> float:
    """The mean over the frames of the VIF of the fused picture, each frame being the reference in turn.

    The pixel-domain version ("VIFp") of H. R. Sheikh, A. C. Bovik, "Image information and visual quality", IEEE TIP
    2006, as its authors released it: four scales, each but the first smoothed by its window and halved; windows lie
    inside the picture; information summed over all scales, then divided. This is not VIFF (Han et al. 2013), which is
    another measure for fusion; and some papers print the sum over the frames, twice as much for a pair.

    Returns:
        At least 0; 1 where the picture is identical to all frames; above 1 where it has more contrast than they. NaN
        where a frame has no structure, or an edge is shorter than 41 pixels.
    """
    values = [_vif(source, fused) for source in sources]
    return sum(values) / len(values)


def _vif(reference: Plane, distorted: Plane) -> float:
    told = tellable = 0.0
    for scale, window in enumerate(WINDOWS):
        if scale:
            if min(reference.shape) < window:
                return math.nan
            reference, distorted = (_smoothed(plane, window)[::2, ::2] for plane in (reference, distorted))
        if min(reference.shape) < window:
            return math.nan
        gain, noise, variance = _channel(reference, distorted, window)
        told += float(np.log1p(gain * gain * variance / (noise + EYE)).sum())
        tellable += float(np.log1p(variance / EYE).sum())
    return told / tellable if tellable else math.nan


def _channel(reference: Plane, distorted: Plane, window: int) -> tuple[Plane, Plane, Plane]:
    """The distortion as a gain and added noise at each place, and the reference's own variance."""
    mean, other = _smoothed(reference, window), _smoothed(distorted, window)
    variance = np.maximum(_smoothed(reference * reference, window) - mean * mean, 0)
    seen = np.maximum(_smoothed(distorted * distorted, window) - other * other, 0)
    both = _smoothed(reference * distorted, window) - mean * other
    gain = both / (variance + _TINY)
    noise = seen - gain * both
    flat = variance < _TINY
    gain[flat], noise[flat], variance[flat] = 0, seen[flat], 0
    blank = seen < _TINY
    gain[blank], noise[blank] = 0, 0
    inverted = gain < 0
    noise[inverted], gain[inverted] = seen[inverted], 0
    return gain, np.maximum(noise, _TINY), variance


def _smoothed(plane: Plane, window: int) -> Plane:
    """The Gaussian mean of every window that lies inside the picture."""
    reach = window // 2
    smooth: Plane = cv2.GaussianBlur(plane, (window, window), window / 5)[reach:-reach, reach:-reach]
    return smooth
