"""Entropy and mutual information: how many levels a picture uses, and how well they tell those of the frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from restore.fusion_metrics.planes import Plane, eight_bit


def entropy(plane: Plane) -> float:
    """Shannon's entropy of the histogram of 256 levels, in bits: 0 for one level, 8 for all equally often.

    C. E. Shannon, "A mathematical theory of communication", Bell System Technical Journal 1948. Noise raises it as
    detail does.
    """
    return _bits(np.bincount(eight_bit(plane).ravel(), minlength=256))


def mutual_information(fused: Plane, sources: Sequence[Plane]) -> float:
    """The sum over the frames of the mutual information of the fused picture with each, in bits.

    G. Qu, D. Zhang, P. Yan, "Information measure for performance of image fusion", Electronics Letters 2002. Of joint
    histograms of 256 x 256 levels, not normalised. A copy of one frame scores high: it tells all about that one.

    Returns:
        At least 0; for a copy of a frame at least the frame's `entropy`.
    """
    return sum(_shared(eight_bit(fused), eight_bit(source)) for source in sources)


def _shared(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> float:
    """What two pictures tell of each other, in bits: the sum of their entropies minus that of both together."""
    joint = np.bincount((a.astype(np.intp) * 256 + b).ravel(), minlength=65536).reshape(256, 256)
    return max(0.0, _bits(joint.sum(0)) + _bits(joint.sum(1)) - _bits(joint))


def _bits(counts: npt.NDArray[np.intp]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return abs(float(np.sum(shares * np.log2(shares))))
