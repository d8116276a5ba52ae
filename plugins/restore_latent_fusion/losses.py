"""What a fused picture is to be like, where nobody knows the truth: differentiable measures against its sources."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

WINDOW = 8
"""Edge of the patches of `structure`, in pixels, as in the paper's code."""
STABLE = 9e-4
"""Keeps quotients of variances finite: (0.03)², as in SSIM."""

_LUMA = (0.299, 0.587, 0.114)
_SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))


def luma(picture: Tensor) -> Tensor:
    """Luma of ``(…, 3, H, W)``, ``(…, 1, H, W)`` (ITU-R BT.601, full swing)."""
    red, green, blue = picture.unbind(-3)
    return (_LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue).unsqueeze(-3)


def structure(fused: Tensor, sources: Tensor, window: int = WINDOW) -> Tensor:
    """How much of the best structure of all sources a fused picture has: MEF-SSIM of one scale.

    For every patch the wanted one has the largest contrast of the sources' patches and the direction of their sum,
    weighted by the power of their contrast that their agreement gives (Ma, Zeng, Wang: Perceptual quality assessment
    for multi-exposure image fusion, IEEE TIP 24, 2015, equations 3 to 12). Everything follows from local covariances.

    Args:
        fused: ``(B, 1, H, W)`` luma in [0, 1].
        sources: ``(B, N, H, W)``, the same.
        window: Edge of the patches in pixels.

    Returns:
        ``(B, 1, H - window + 1, W - window + 1)``, at most 1.
    """
    count = sources.shape[1]
    fused = fused.float()
    sources = sources.float()

    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, window, 1)

    average = mean(sources)
    pairs = [(i, j) for i in range(count) for j in range(i, count)]
    products = torch.cat([sources[:, i : i + 1] * sources[:, j : j + 1] for i, j in pairs], 1)
    moments = mean(products) - torch.cat([average[:, i : i + 1] * average[:, j : j + 1] for i, j in pairs], 1)
    covariance = {pair: moments[:, k : k + 1] for k, pair in enumerate(pairs)}
    contrast = torch.cat([covariance[i, i] for i in range(count)], 1).clamp(min=0).add(1e-8).sqrt()

    # Agreement: 1 where all patches have one direction, 0 where they cancel each other out.
    total = sum((covariance[i, j] * (1.0 if i == j else 2.0) for i, j in pairs), torch.zeros_like(average[:, :1]))
    agreement = (total.clamp(min=0).add(1e-8).sqrt() / contrast.sum(1, keepdim=True)).clamp(0, 0.98)
    power = torch.tan(0.5 * torch.pi * agreement).clamp(max=10.0)
    share = contrast / contrast.amax(1, keepdim=True)
    weight = share**power + 1e-8
    weight = weight / weight.sum(1, keepdim=True) / contrast

    def weighted(i: int, j: int) -> Tensor:
        return weight[:, i : i + 1] * weight[:, j : j + 1] * covariance[i, j]

    length = sum((weighted(i, j) * (1.0 if i == j else 2.0) for i, j in pairs), torch.zeros_like(total))
    wanted = contrast.amax(1, keepdim=True)

    level = mean(fused)
    variance = (mean(fused * fused) - level * level).clamp(min=0)
    with_sources = mean(sources * fused) - average * level
    shared = wanted / length.clamp(min=1e-8).sqrt() * (weight * with_sources).sum(1, keepdim=True)
    return (2 * shared + STABLE) / (wanted**2 + variance + STABLE)


def structure_loss(fused: Tensor, sources: Tensor, scales: int = 3) -> Tensor:
    """1 - `structure`, averaged over patches and scales, each half as fine as the last: a scalar, at least 0.

    Where nothing is lost, rounding in float32 can make `structure` exceed 1 by 1e-7; that counts as nothing lost.
    """
    total = torch.zeros((), device=fused.device)
    for scale in range(scales):
        if scale:
            fused, sources = F.avg_pool2d(fused, 2), F.avg_pool2d(sources, 2)
        total = total + (1 - structure(fused, sources)).mean()
    return (total / scales).clamp(min=0)


def gradients(x: Tensor) -> Tensor:
    """Sobel's derivatives along both axes: ``(B, 1, H, W)`` to ``(B, 2, H - 2, W - 2)``, a step of 1 giving 1."""
    across = torch.tensor(_SOBEL, device=x.device) / 4
    return F.conv2d(x.float(), torch.stack([across, across.T])[:, None])


def gradient_loss(fused: Tensor, sources: Tensor) -> Tensor:
    """How far the gradients are from the strongest of the sources' at each place, direction included; a scalar.

    After Ma et al., SwinFusion, IEEE/CAA JAS 9, 2022, who compare strengths only: with the direction an edge between
    two sources of opposite contrast keeps one of the two instead of vanishing.

    Args:
        fused: ``(B, 1, H, W)`` luma.
        sources: ``(B, N, H, W)``.
    """
    own = gradients(fused)
    theirs = torch.stack([gradients(sources[:, n : n + 1]) for n in range(sources.shape[1])], 1)
    strongest = theirs.pow(2).sum(2, keepdim=True).argmax(1, keepdim=True).expand(-1, -1, 2, -1, -1)
    return (own - theirs.gather(1, strongest)[:, 0]).abs().mean()


def similarity(x: Tensor, y: Tensor, window: int = 11) -> Tensor:
    """SSIM over square windows, averaged; a scalar (Wang et al., IEEE TIP 13, 2004, without its Gaussian).

    Args:
        x: ``(B, 1, H, W)`` in [0, 1].
        y: The same shape.
        window: Edge in pixels.
    """

    def mean(v: Tensor) -> Tensor:
        return F.avg_pool2d(v, window, 1)

    x, y = x.float(), y.float()
    mx, my = mean(x), mean(y)
    vx, vy, vxy = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    score = (2 * mx * my + 1e-4) * (2 * vxy + STABLE) / ((mx * mx + my * my + 1e-4) * (vx + vy + STABLE))
    return score.mean()
