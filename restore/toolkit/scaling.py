"""Bicubic enlargement and reduction by whole factors, on batched tensors: what upscalers start from and are held to.

The kernel is Keys' (a = -0.5), stretched by the factor when reducing, with mirrored borders: the weights of MATLAB's
`imresize`, by which the field makes its small pictures, and those of `restore.resampling`.

A large picture has `scale`² pixels for each small one. They can be laid beside each other, as usual, or behind each
other, as channels of the small grid: its phases, in the order of `torch.nn.functional.pixel_unshuffle`. There
neighbours in memory are neighbours of one phase, so that every step is a sum of whole planes.

Every output pixel is the same sum of products in the same order wherever it lies, so that a picture worked on in pieces
comes out as the whole one does, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

REACH = 2
"""Small pixels to each side that `enlarge` and `reduce` look at, beyond the one they stand on."""

UNDO_REACH = 7
"""Small pixels to each side that `undo_round_trip` looks at."""

_PERIOD = 64


def enlarge(small: Tensor, scale: int) -> Tensor:
    """Enlarge by bicubic interpolation.

    Args:
        small: ``(N, C, H, W)``.
        scale: A whole factor of at least 1.

    Returns:
        ``(N, C, H·scale, W·scale)``.
    """
    return F.pixel_shuffle(enlarge_to_phases(small, scale), scale)


def enlarge_to_phases(small: Tensor, scale: int) -> Tensor:
    """`enlarge`, its large pixels as channels.

    Args:
        small: ``(N, C, H, W)``.
        scale: A whole factor of at least 1.

    Returns:
        ``(N, C·scale², H, W)``.
    """
    n, channels, height, width = small.shape
    rows = _spread(small.reshape(-1, height, width), scale, -2)
    phases = _spread(rows.reshape(-1, height, width), scale, -1)
    return phases.reshape(n, channels * scale**2, height, width)


def reduce(large: Tensor, scale: int) -> Tensor:
    """Reduce by antialiased bicubic interpolation; not rounded.

    Args:
        large: ``(N, C, H·scale, W·scale)``.
        scale: A whole factor of at least 1.

    Returns:
        ``(N, C, H, W)``.

    Raises:
        ValueError: A size is not a multiple of the scale.
    """
    if large.shape[2] % scale or large.shape[3] % scale:
        raise ValueError(f"height and width must be multiples of {scale}, got {tuple(large.shape[2:])}")
    return reduce_phases(F.pixel_unshuffle(large, scale), scale)


def reduce_phases(phases: Tensor, scale: int) -> Tensor:
    """`reduce`, of large pixels given as channels.

    Args:
        phases: ``(N, C·scale², H, W)``.
        scale: A whole factor of at least 1.

    Returns:
        ``(N, C, H, W)``.
    """
    n, channels, height, width = phases.shape
    rows = _gathered(phases.reshape(-1, scale, height, width), -1)
    small = _gathered(rows.reshape(-1, scale, height, width), -2)
    return small.reshape(n, channels // scale**2, height, width)


def round_trip(small: Tensor, scale: int) -> Tensor:
    """``reduce(enlarge(small, scale), scale)``, without the large picture in between.

    Args:
        small: ``(N, C, H, W)``.
        scale: A whole factor of at least 1.

    Returns:
        ``(N, C, H, W)``, up to the order of summation.
    """
    return _filtered(small, _there_and_back(scale))


def undo_round_trip(small: Tensor, scale: int) -> Tensor:
    """The inverse of `round_trip`: what must be enlarged so that, reduced again, it gives this picture.

    A round trip weakens the finest detail to a half at most in each direction, so that the inverse is tame: it reaches
    few pixels and amplifies nothing more than fourfold. Cut off at `UNDO_REACH`, it is exact to some 10⁻⁴.

    Args:
        small: ``(N, C, H, W)``.
        scale: A whole factor of at least 1.

    Returns:
        ``(N, C, H, W)``.
    """
    return _filtered(small, _inverse(scale))


def _keys(x: float) -> float:
    """Cubic convolution (Keys, IEEE TASSP 1981) with a = -0.5."""
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x < 2 else 0.0


@lru_cache
def _phases(scale: int) -> tuple[tuple[float, ...], ...]:
    """For each of the `scale` large pixels in a small one, the weights of the small ones at -2 … 2."""
    centres = [(p + 0.5) / scale - 0.5 for p in range(scale)]
    return tuple(tuple(_keys(centre - k) for k in range(-REACH, REACH + 1)) for centre in centres)


@lru_cache
def _taps(scale: int) -> tuple[float, ...]:
    """The weights of the large pixels from 2·scale before a small pixel's first one to 2·scale after its last one."""
    centre = (scale - 1) / 2
    weights = [_keys((k - centre) / scale) for k in range(-REACH * scale, (REACH + 1) * scale)]
    return tuple(w / sum(weights) for w in weights)


@lru_cache
def _there_and_back(scale: int) -> tuple[float, ...]:
    """The weights of the small pixels at -4 … 4 in one that was enlarged and reduced again."""
    weights = [0.0] * (4 * REACH + 1)
    for k, tap in enumerate(_taps(scale)):
        pixel, phase = divmod(k - REACH * scale, scale)
        for j, weight in enumerate(_phases(scale)[phase]):
            weights[pixel + REACH + j] += tap * weight
    return tuple(weights)


@lru_cache
def _inverse(scale: int) -> tuple[float, ...]:
    """The weights of the small pixels around one in `undo_round_trip`."""
    there_and_back = np.zeros(_PERIOD)
    there_and_back[np.arange(-2 * REACH, 2 * REACH + 1)] = _there_and_back(scale)
    inverse = np.fft.irfft(1 / np.fft.rfft(there_and_back).real, _PERIOD)[np.arange(-UNDO_REACH, UNDO_REACH + 1)]
    return tuple((inverse / inverse.sum()).tolist())


def _spread(x: Tensor, scale: int, axis: int) -> Tensor:
    """Enlarge along one axis: ``(N, H, W)`` to ``(N, scale, H, W)``."""
    length = x.shape[axis]
    x = _long_enough(x, REACH, axis)
    out = x.new_zeros((x.shape[0], scale, *x.shape[1:]))
    for phase, weights in enumerate(_phases(scale)):
        for k, weight in enumerate(weights):
            _add(out[:, phase], x, x, k - REACH, weight, axis)
    return out.narrow(axis, 0, length)


def _gathered(x: Tensor, axis: int) -> Tensor:
    """Reduce along one axis: ``(N, scale, H, W)`` to ``(N, H, W)``."""
    length, scale = x.shape[axis], x.shape[1]
    x = _long_enough(x, REACH, axis, 1)
    out = torch.zeros_like(x[:, 0])
    for k, weight in enumerate(_taps(scale)):
        offset, phase = divmod(k, scale)
        _add(out, x[:, phase], x[:, scale - 1 - phase], offset - REACH, weight, axis)
    return out.narrow(axis, 0, length)


def _filtered(small: Tensor, weights: Sequence[float]) -> Tensor:
    """Filter both axes with symmetric weights."""
    reach = len(weights) // 2
    for axis in (-2, -1):
        x = _long_enough(small, reach, axis)
        out = torch.zeros_like(x)
        for k, weight in enumerate(weights):
            _add(out, x, x, k - reach, weight, axis)
        small = out.narrow(axis, 0, small.shape[axis])
    return small


def _add(out: Tensor, source: Tensor, mirror: Tensor, offset: int, weight: float, axis: int) -> None:
    """Add to each pixel the weighted pixel `offset` further; beyond a border, that of the mirror image.

    Sums in place are several times faster here than one over shifted copies: most of the time goes into memory.

    Args:
        out: What is added to.
        source: Of the same shape.
        mirror: What stands beyond the borders, back to front: `source`, or the phase that mirroring makes of it.
        offset: In pixels, at most the length of the axis.
        weight: Nothing is done where it is 0.
        axis: -2 for rows, -1 for columns.
    """
    if not weight:
        return
    beyond = abs(offset)
    inside = out.shape[axis] - beyond
    to, start = max(0, -offset), max(0, offset)
    out.narrow(axis, to, inside).add_(source.narrow(axis, start, inside), alpha=weight)
    if beyond:
        edge = 0 if offset < 0 else inside
        out.narrow(axis, edge, beyond).add_(mirror.narrow(axis, edge, beyond).flip(axis), alpha=weight)


def _long_enough(x: Tensor, reach: int, axis: int, phases: int | None = None) -> Tensor:
    """A narrow picture followed by its mirror image, until it is as long as the reach.

    Args:
        x: A picture.
        reach: Pixels needed.
        axis: -2 for rows, -1 for columns.
        phases: The dimension of the phases, which mirroring reverses too.
    """
    while x.shape[axis] < reach:
        x = torch.cat([x, x.flip((axis,) if phases is None else (axis, phases))], axis)
    return x
