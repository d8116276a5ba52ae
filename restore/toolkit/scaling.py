"""Bicubic enlargement and reduction by whole factors, on batched tensors: what upscalers start from and are held to.

The kernel is Keys' (a = -0.5), stretched by the factor when reducing, with mirrored borders: the weights of MATLAB's
`imresize`, by which the field makes its small pictures, and those of `restore.resampling`.

Every output pixel is the same sum of products in the same order wherever it lies, so that a picture worked on in pieces
comes out as the whole one does, to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
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
    return _enlarged(_enlarged(small, scale, 3), scale, 2)


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
    return _reduced(_reduced(large, scale, 2), scale, 3)


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


def _filtered(small: Tensor, weights: Sequence[float]) -> Tensor:
    """Filter both axes with symmetric weights."""
    for axis in (2, 3):
        length = small.shape[axis]
        wide = _mirrored(small, len(weights) // 2, axis)
        parts = [wide.narrow(axis, k, length) * w for k, w in enumerate(weights)]
        small = sum(parts[1:], parts[0])
    return small


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


def _enlarged(x: Tensor, scale: int, axis: int) -> Tensor:
    length = x.shape[axis]
    wide = _mirrored(x, REACH, axis)
    phases = []
    for weights in _phases(scale):
        parts = [wide.narrow(axis, k, length) * w for k, w in enumerate(weights) if w]
        phases.append(sum(parts[1:], parts[0]))
    return torch.stack(phases, axis + 1).flatten(axis, axis + 1)


def _reduced(x: Tensor, scale: int, axis: int) -> Tensor:
    length = x.shape[axis]
    wide = _mirrored(x, REACH * scale, axis)
    last = length - scale + 1
    parts = [_every(wide.narrow(axis, k, last), scale, axis) * w for k, w in enumerate(_taps(scale)) if w]
    return sum(parts[1:], parts[0])


def _every(x: Tensor, step: int, axis: int) -> Tensor:
    return x[:, :, ::step] if axis == 2 else x[:, :, :, ::step]


def _mirrored(x: Tensor, reach: int, axis: int) -> Tensor:
    """Pad both ends with the mirrored picture, its border pixel repeated; as often as a narrow picture needs."""
    length = x.shape[axis]
    index = torch.arange(-reach, length + reach, device=x.device).remainder(2 * length)
    return x.index_select(axis, torch.where(index < length, index, 2 * length - 1 - index))
