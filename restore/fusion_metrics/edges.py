"""Q^AB/F: how much of the frames' edges, in strength and direction, is found in the fused picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from restore.fusion_metrics.planes import Plane

STRENGTH = (0.9994, -15.0, 0.5)
"""Gamma, kappa and sigma of the sigmoid that judges how well an edge's strength is kept, as Petrović published them."""

DIRECTION = (0.9879, -22.0, 0.8)
"""The same of its direction."""


def edge_preservation(fused: Plane, sources: Sequence[Plane]) -> float:
    """Q^AB/F of C. Xydeas, V. Petrović, "Objective image fusion performance measure", Electronics Letters 2000.

    At every pixel and for every frame: the ratio of the weaker to the stronger of both gradients, and how near their
    directions are (modulo 180 degrees), each through a sigmoid, multiplied; then the mean over all pixels and frames,
    weighted by the frames' gradients (L = 1). Gradients are Sobel's 3x3. The pixels of the outermost border, whose
    gradients would be the border's, are left out; where a gradient is zero in both, both are taken as equal. (Many
    programs have zeros beyond the border, and do not see that 89 and -89 degrees are neighbours, which the paper's
    formula does.)

    Args:
        fused: ``(H, W)``.
        sources: Of the same size; as many as there are.

    Returns:
        0 to 0.9750 (identical pictures reach it, because of the sigmoids); NaN where no frame has any gradient.
    """
    strength, direction = _gradient(fused)
    total = kept = 0.0
    for source in sources:
        weight, angle = _gradient(source)
        most = np.maximum(weight, strength)
        ratio = np.divide(np.minimum(weight, strength), most, out=np.ones_like(most), where=most > 0)
        turned = np.abs(np.abs(angle - direction) - math.pi / 2) / (math.pi / 2)
        kept += float(np.sum(_sigmoid(ratio, *STRENGTH) * _sigmoid(turned, *DIRECTION) * weight))
        total += float(np.sum(weight))
    return kept / total if total else math.nan


def _gradient(plane: Plane) -> tuple[Plane, Plane]:
    """Strength, and direction in radians within ±90 degrees, of all pixels but the outermost."""
    across, down = (cv2.Sobel(plane, cv2.CV_64F, *order, ksize=3)[1:-1, 1:-1] for order in ((1, 0), (0, 1)))
    # A vertical edge's direction is 0 and a horizontal one's 90 degrees, whichever sign the zero beside it has.
    angle = np.where(across == 0, math.pi / 2 * (down != 0), np.arctan(down / np.where(across == 0, 1, across)))
    return np.hypot(across, down), angle


def _sigmoid(value: Plane, gamma: float, kappa: float, sigma: float) -> Plane:
    judged: Plane = gamma / (1 + np.exp(kappa * (value - sigma)))
    return judged
