"""Clipping: what is black or white because there is nothing beyond."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from restore.diagnose.sampling import grey_levels
from restore.image import Pixels

_NEAR = 4
"""Grey levels beside black and white that tell how many pixels would be there without clipping …"""

_PILED = (1.5, 4.0)
"""… and how many times more there are, for confidence to leave 0 and to reach 1."""

_MOST = 1 << 20
"""Pixels that are counted, about."""

_FEW = 1e-4
"""Share below which nothing is clipped to speak of, surely."""


@dataclass(frozen=True)
class Clipping:
    """What is cut off.

    Attributes:
        black: Share of the pixels at black, for every channel.
        white: Share of the pixels at white.
        confidence: 0 to 1: how sure it is that what lay beyond is lost: values pile up at the end.
    """

    black: tuple[float, ...]
    white: tuple[float, ...]
    confidence: float


def measure_clipping(pixels: Pixels) -> Clipping:
    """Count what is black and what is white, channel by channel: of more than a megapixel, every so many-th pixel.

    Not in tiles: a sky that is white from edge to edge may lie between them all.

    Args:
        pixels: ``(H, W, C)``.
    """
    step = math.isqrt(max(pixels.shape[0] * pixels.shape[1] // _MOST, 1))
    counts = _histograms(pixels[::step, ::step])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ends = np.stack([shares[:, 0], shares[:, -1]], axis=1)
    beside = np.stack([shares[:, 1 : 1 + _NEAR].mean(axis=1), shares[:, -1 - _NEAR : -1].mean(axis=1)], axis=1)
    worst = np.unravel_index(int(ends.argmax()), ends.shape)
    if ends[worst] < _FEW:
        sure = 1.0
    else:
        times = float(ends[worst] / max(float(beside[worst]), 1e-9))
        sure = float(np.clip((times - _PILED[0]) / (_PILED[1] - _PILED[0]), 0, 1))
    return Clipping(tuple(ends[:, 0].tolist()), tuple(ends[:, 1].tolist()), sure)


def _histograms(tile: Pixels) -> np.ndarray:
    """``(C, 256)`` counts; the first and the last only of what is black and white exactly, or beyond."""
    levels = grey_levels(tile)
    places = np.where(levels <= 0, 0, np.where(levels >= 255, 255, np.clip(np.rint(levels), 1, 254))).astype(np.intp)
    return np.stack([np.bincount(places[..., c].ravel(), minlength=256) for c in range(tile.shape[2])])
