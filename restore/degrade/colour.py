"""Luma and colour differences as JPEG means them."""

from __future__ import annotations

from torch import Tensor

TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
"""RGB to Y, Cb, Cr (JFIF: BT.601, full range, chroma about zero)."""


def grey(rgb: Tensor) -> Tensor:
    """The luma of BT.601 in all three channels; ``(N, 3, H, W)`` in and out."""
    weights = rgb.new_tensor(TO_YCC[0])[None, :, None, None]
    return (rgb * weights).sum(1, keepdim=True).expand_as(rgb)
