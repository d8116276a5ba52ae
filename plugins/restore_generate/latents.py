"""Ways through a latent space whose points are standard normal."""

from __future__ import annotations

import torch
from torch import Tensor


def slerp(first: Tensor, second: Tensor, steps: int) -> Tensor:
    """From one point to another along a sphere, evenly (Shoemake, SIGGRAPH 1985; White: Sampling generative networks).

    Noise of many dimensions lies near a sphere; a straight line would cut through the inside, where a model has never
    been. The length goes evenly from one to the other's.

    Args:
        first: ``(1, latent)`` or ``(latent,)``.
        second: The same shape.
        steps: Points, both ends included.

    Returns:
        ``(steps, latent)``.
    """
    return mixed(first.flatten().expand(steps, -1), second.flatten().expand(steps, -1), torch.linspace(0, 1, steps))


def mixed(first: Tensor, second: Tensor, share: Tensor) -> Tensor:
    """Points along the sphere between pairs of points.

    Args:
        first: ``(B, latent)``.
        second: ``(B, latent)``.
        share: ``(B,)`` in [0, 1]: 0 gives the first, 1 the second.

    Returns:
        ``(B, latent)``.
    """
    share = share.to(first.device)[:, None]
    lengths = [each.norm(dim=1, keepdim=True).clamp(min=1e-12) for each in (first, second)]
    a, b = first / lengths[0], second / lengths[1]
    angle = torch.acos((a * b).sum(1, keepdim=True).clamp(-1, 1))
    # Nearly the same or opposite directions have no one arc between them: a straight line does there.
    straight = angle.sin() < 1e-4
    sine = torch.where(straight, torch.ones_like(angle), angle.sin())
    of_first = torch.where(straight, 1 - share, torch.sin((1 - share) * angle) / sine)
    of_second = torch.where(straight, share, torch.sin(share * angle) / sine)
    length = (1 - share) * lengths[0] + share * lengths[1]
    result: Tensor = length * (of_first * a + of_second * b)
    return result
