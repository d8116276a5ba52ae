"""All measures of one fused picture at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

from restore.fusion_metrics.edges import edge_preservation
from restore.fusion_metrics.fidelity import visual_information
from restore.fusion_metrics.information import entropy, mutual_information
from restore.fusion_metrics.mef_ssim import mef_ssim
from restore.fusion_metrics.planes import grey
from restore.fusion_metrics.similarity import ssim_to_sources
from restore.image import Pixels, SeriesKind

CONVENTION = (
    "fusion: measured on 0.299 R + 0.587 G + 0.114 B, 0 to 255, not rounded (entropy and MI: rounded); mef_ssim: Ma et "
    "al. 2015, three scales; qabf: Xydeas & Petrovic 2000, outermost pixels left out; ssim and vif (VIFp, Sheikh & "
    "Bovik 2006): means over the frames; mi: sum over the frames, in bits; per picture, then the mean"
)
"""What has to be said beside a table of these figures."""


def fusion_scores(fused: Pixels, frames: Sequence[Pixels], kind: SeriesKind | None = None) -> dict[str, float]:
    """Measure a fused picture by the frames it was made of.

    Args:
        fused: ``(H, W, C)`` of any depth.
        frames: ``(H, W, C')`` each, of any depth; grey and colour may be mixed.
        kind: Why there are several frames. MEF-SSIM is for exposures; where frames differ otherwise it means nothing
            and is NaN. None measures everything.

    Returns:
        "mef_ssim", "qabf", "ssim", "entropy", "mi" and "vif"; see the files of this package.
    """
    plane, sources = grey(fused), [grey(frame) for frame in frames]
    bracket = kind in (None, SeriesKind.EXPOSURE)
    return {
        "mef_ssim": mef_ssim(plane, sources) if bracket else math.nan,
        "qabf": edge_preservation(plane, sources),
        "ssim": ssim_to_sources(plane, sources),
        "entropy": entropy(plane),
        "mi": mutual_information(plane, sources),
        "vif": visual_information(plane, sources),
    }
