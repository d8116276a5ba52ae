"""Pictures made smaller: each axis is one matrix, so that a blur before it costs nothing more."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

_SUPPORT = {"area": 1.0, "bilinear": 2.0, "bicubic": 4.0}
"""Whole width of each kernel in pixels of the smaller picture."""

KINDS = tuple(_SUPPORT)
"""The kernels that `matrix` knows."""


def reduce(clean: Tensor, scale: int) -> Tensor:
    """The bicubic reduction of the field's benchmarks: MATLAB's ``imresize(clean, 1/scale)``.

    Cubic convolution with a = -0.5 (R. G. Keys, IEEE Trans. ASSP 29, 1981), the kernel stretched by the scale
    (antialiased), borders mirrored with the edge pixel repeated. Not rounded, not clipped; gradients flow.

    Args:
        clean: ``(N, C, H, W)``.
        scale: 1 or a larger whole number.

    Returns:
        ``(N, C, H/scale, W/scale)``.

    Raises:
        ValueError: H or W is no multiple of the scale.
    """
    height, width = clean.shape[2:]
    if scale < 1 or height % scale or width % scale:
        raise ValueError(f"{width}x{height} pixels cannot be reduced by {scale}: no whole multiples")
    rows, columns = (matrix(size, size // scale, "bicubic").to(clean) for size in (height, width))
    return resample(clean, rows, columns)


def resample(pictures: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Apply one matrix to the rows and one to the columns of pictures.

    Args:
        pictures: ``(N, C, H, W)``.
        rows: ``(…, h, H)``, broadcastable over N and C.
        columns: ``(…, w, W)``, likewise.

    Returns:
        ``(N, C, h, w)``.
    """
    return rows @ pictures @ columns.mT


def reduced(clean: Tensor, scale: int, kind: str, antialias: bool = True) -> Tensor:
    """Pictures made smaller by a whole factor, with any of the kernels; takes no matrices of the pictures' size.

    The weights are those of `matrix`, which repeat with the pixels of the result, so that this is a convolution.

    Args:
        clean: ``(N, C, H, W)``, H and W multiples of the scale; mirrored beyond its borders.
        scale: 1 or a larger whole number.
        kind: One of `KINDS`.
        antialias: See `matrix`.

    Returns:
        ``(N, C, H/scale, W/scale)``, not rounded, not clipped.

    Raises:
        ValueError: H or W is no multiple of the scale.
    """
    height, width = clean.shape[2:]
    if scale < 1 or height % scale or width % scale:
        raise ValueError(f"{width}x{height} pixels cannot be reduced by {scale}: no whole multiples")
    middle = 4  # of nine pixels, whose weights reach no border
    weights = matrix(9 * scale, 9, kind, antialias)[middle]
    reach = max(int(k) for k in (weights.nonzero().flatten() - middle * scale).tolist())
    reach = max(reach - scale + 1, 0)
    taps = weights[middle * scale - reach : (middle + 1) * scale + reach].to(clean)
    for axis in (2, 3):
        size = clean.shape[axis]
        index = mirrored(-reach, size + reach, size).to(clean.device)
        parts = clean.index_select(axis, index).unfold(axis, len(taps), scale)
        clean = parts @ taps
    return clean


@lru_cache(maxsize=1024)
def matrix(given: int, wanted: int, kind: str, antialias: bool = True) -> Tensor:
    """The weights by which an axis of `given` pixels becomes one of `wanted`, centres aligned.

    Args:
        given: Pixels before.
        wanted: Pixels after.
        kind: "area" (means of the pixels covered), "bilinear" or "bicubic" (a = -0.5).
        antialias: Stretch the kernel by ``given / wanted`` when reducing, as Pillow and MATLAB do; OpenCV, except for
            area, does not. Without effect on area.

    Returns:
        ``(wanted, given)`` of float64 on the CPU, each row's sum 1. Cached: not to be changed.
    """
    stretch = max(given / wanted, 1.0) if antialias or kind == "area" else 1.0
    reach = int(_SUPPORT[kind] * stretch / 2) + 2
    centres = (torch.arange(wanted, dtype=torch.float64) + 0.5) * (given / wanted) - 0.5
    taps = torch.arange(-reach, given + reach)
    weights = _WEIGHT[kind]((centres[:, None] - taps) / stretch, 1 / stretch)
    return folded(weights / weights.sum(1, keepdim=True), reach)


def folded(weights: Tensor, reach: int) -> Tensor:
    """Weights of pixels beyond the borders given to those they mirror, edge pixel repeated.

    Args:
        weights: ``(…, given + 2·reach)``, for pixels from ``-reach`` on.
        reach: Pixels beyond each border.

    Returns:
        ``(…, given)``.
    """
    given = weights.shape[-1] - 2 * reach
    within = torch.zeros(*weights.shape[:-1], given, dtype=weights.dtype, device=weights.device)
    return within.index_add_(-1, mirrored(-reach, given + reach, given).to(weights.device), weights)


def mirrored(start: int, stop: int, size: int) -> Tensor:
    """Which of `size` pixels stand at the places `start` to `stop` of a mirrored axis; edge pixels are repeated."""
    index = torch.arange(start, stop).remainder(2 * size)
    return torch.where(index < size, index, 2 * size - 1 - index)


def _area(x: Tensor, pixel: float) -> Tensor:
    """How much of a pixel of width `pixel` at `x` the unit interval about 0 covers."""
    return (0.5 + pixel / 2 - x.abs()).clamp(0, pixel)


def _bilinear(x: Tensor, pixel: float) -> Tensor:
    return (1 - x.abs()).clamp(min=0)


def _bicubic(x: Tensor, pixel: float) -> Tensor:
    x = x.abs()
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return torch.where(x <= 1, near, torch.where(x <= 2, far, torch.zeros_like(x)))


_WEIGHT: dict[str, Callable[[Tensor, float], Tensor]] = {"area": _area, "bilinear": _bilinear, "bicubic": _bicubic}
