"""SSIM to the sources: how much of each frame's structure is found in the fused picture."""

from __future__ import annotations

from collections.abc import Sequence

from restore.fusion_metrics.planes import Plane
from restore.metrics import ssim


def ssim_to_sources(fused: Plane, sources: Sequence[Plane]) -> float:
    """The mean over the frames of the SSIM of the fused picture with each.

    SSIM as in `restore.metrics.ssim` (Wang et al., IEEE TIP 2004: Gaussian window 11x11, sigma 1.5, data range 255),
    means of brightness included. Some papers print the sum over the frames, twice as much for a pair.

    Returns:
        At most 1 (all frames and the picture are identical); NaN where an edge is shorter than the window.
    """
    values = [ssim(fused[..., None] / 255, source[..., None] / 255) for source in sources]
    return sum(values) / len(values)
