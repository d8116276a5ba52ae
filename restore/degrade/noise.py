"""White noise, and the drawing of parameters."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def uniform(count: int, low: float, high: float, generator: Generator) -> Tensor:
    """Draw `count` numbers from [low, high), shaped ``(count, 1, 1, 1)`` on the generator's device."""
    return torch.rand(count, 1, 1, 1, generator=generator, device=generator.device) * (high - low) + low


def gaussian_noise(clean: Tensor, sigma: Tensor, generator: Generator) -> Tensor:
    """Add white Gaussian noise, not clipped.

    Args:
        clean: ``(N, C, H, W)``.
        sigma: Standard deviation in [0, 1] units, broadcastable to `clean`.
        generator: On the device of `clean`.
    """
    return clean + torch.randn(clean.shape, generator=generator, device=clean.device) * sigma
