"""The quality of a JPEG as the level that the network is told, and back."""

from __future__ import annotations

import torch
from torch import Tensor

HIGHEST = 0.25
"""The level of quality 10, in the range of noise levels that the network has met as a denoiser."""


def level_of(quality: Tensor) -> Tensor:
    """The level that stands for a libjpeg quality.

    The root of how far quality scales the quantisation tables (``jpeg_quality_scaling`` of libjpeg: 5000/q below 50,
    200 - 2q above, in per cent): the error of a picture grows with about this.

    Args:
        quality: 1 to 100, any shape.

    Returns:
        The same shape: 0 for quality 100, `HIGHEST` for 10, more below.
    """
    percent = torch.where(quality < 50, 5000 / quality.clamp(min=1), 200 - 2 * quality)
    return HIGHEST * (percent.clamp(min=0) / 500).sqrt()


def quality_of(level: float) -> float:
    """The quality that a level stands for, 1 to 100."""
    percent = 500 * (max(level, 0.0) / HIGHEST) ** 2
    return max(1.0, 5000 / percent if percent > 100 else 100 - percent / 2)
