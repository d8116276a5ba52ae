"""Blur as small kernels, taken apart into products of one-dimensional ones."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from restore.degrade.reduction import folded


def gaussian_kernel(sigma: Tensor, stretch: Tensor, angle: Tensor, radius: int) -> Tensor:
    """Gaussian blur, round or drawn out in one direction.

    Args:
        sigma: ``(N, 1, 1)``, geometric mean of the standard deviations along the two axes, in pixels; 0 for no blur.
        stretch: ``(N, 1, 1)``, the longer axis by that mean; 1 for round.
        angle: ``(N, 1, 1)``, of the longer axis, in radians.
        radius: Pixels to each side.

    Returns:
        ``(N, K, K)`` with K = 2·radius + 1 and sum 1.
    """
    y, x = _grid(radius, sigma)
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    squared = (along / stretch) ** 2 + (across * stretch) ** 2
    kernel = torch.exp(-squared / (2 * sigma.clamp(min=1e-2) ** 2))
    return kernel / kernel.sum((1, 2), keepdim=True)


def disc_kernel(radius: Tensor, reach: int) -> Tensor:
    """Defocus: the disc that a lens out of focus makes of a point, its edge antialiased.

    Args:
        radius: ``(N, 1, 1)`` of the disc, in pixels.
        reach: Pixels to each side of the kernel.

    Returns:
        ``(N, K, K)`` with K = 2·reach + 1 and sum 1.
    """
    y, x = _grid(reach, radius)
    kernel = (radius + 0.5 - (x**2 + y**2).sqrt()).clamp(0, 1)
    return kernel / kernel.sum((1, 2), keepdim=True)


def separated(kernel: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """The best sum of `rank` products of a column and a row (singular value decomposition), its sum kept at 1.

    Args:
        kernel: ``(N, K, K)``.
        rank: 1 is exact for a round Gaussian. 3 leaves an error (sum of absolute differences, the kernel's sum being 1)
            of at most 0.05 for Gaussians of a stretch up to 1.35, and of 0.06 for discs of radius up to 5.

    Returns:
        Columns and rows, both ``(N, rank, K)``.
    """
    left, values, right = torch.linalg.svd(kernel)
    columns = left[:, :, :rank].mT * values[:, :rank, None]
    rows = right[:, :rank]
    total = (columns.sum(2) * rows.sum(2)).sum(1)
    return columns / total[:, None, None], rows


def blur_matrices(taps: Tensor, size: int) -> Tensor:
    """One-dimensional kernels as matrices over an axis with mirrored borders.

    Args:
        taps: ``(N, R, K)``, K odd.
        size: Pixels of the axis.

    Returns:
        ``(N, R, size, size)``.
    """
    n, rank, k = taps.shape
    places = _places(k, size).to(taps)
    return (taps.reshape(n * rank, k) @ places.reshape(k, size * size)).reshape(n, rank, size, size)


@lru_cache(maxsize=8)
def _places(k: int, size: int) -> Tensor:
    """``(K, size, size)``: 1 where a tap of a pixel's kernel meets a pixel."""
    radius = k // 2
    wide = torch.zeros(k, size, size + 2 * radius)
    pixels = torch.arange(size)
    for tap in range(k):
        wide[tap, pixels, pixels + tap] = 1
    return folded(wide, radius)


def _grid(radius: int, like: Tensor) -> tuple[Tensor, Tensor]:
    line = torch.arange(-radius, radius + 1, device=like.device, dtype=like.dtype)
    return line[None, :, None], line[None, None, :]
