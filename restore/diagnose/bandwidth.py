"""The resolution that is really present: how much of the band of frequencies carries signal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restore.diagnose.sampling import Floats, luma_tiles
from restore.image import Pixels

_EDGE = 128
_FITTED = (0.04, 0.2)
"""Shares of the band from which the fall of the spectrum is told."""

_LOST = 16.0
"""By how much less power than that fall promises nothing is left: 12 dB …"""

_GAP = 4
"""… over so many frequencies of 64: beyond, what interpolation folded back may stand again."""

_FULL = 0.95
_ROUNDING = 1 / 12
"""Variance of what rounding to 8 bits leaves."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Resolution:
    """What of a picture's resolution is really there.

    Attributes:
        share: Of its band, 0 to 1, along the poorer of its axes: 0.5 for what was made twice as large.
        width: Pixels across that would hold as much.
        height: Pixels down, likewise.
        confidence: 0 to 1: less where there is little detail, or noise hides where it ends.
    """

    share: float
    width: int
    height: int
    confidence: float


def estimate_resolution(pixels: Pixels, noise: float = 0.0) -> Resolution:
    """Find where the spectrum of luma ends, along either axis.

    Spectra of natural pictures fall as a power of the frequency (Field, Relations between the statistics of natural
    images, JOSA A 4, 1987); enlarged ones, and blurred ones, leave that line and end early.

    Args:
        pixels: ``(H, W, C)``.
        noise: Its sigma, in 8-bit grey levels; its power is taken off.
    """
    height, width = pixels.shape[:2]
    blocks = [block for luma in luma_tiles(pixels) for block in _blocks(luma)]
    if not blocks:
        return Resolution(1.0, width, height, 0.0)
    stack = np.stack(blocks)
    ends = [_end(_spectrum(turned), noise) for turned in (stack, stack.swapaxes(1, 2))]
    share = min(end for end, _ in ends)
    sure = min(sure for _, sure in ends)
    return Resolution(share, max(round(width * ends[0][0]), 1), max(round(height * ends[1][0]), 1), sure)


def _blocks(luma: Floats) -> list[Floats]:
    return [
        luma[top : top + _EDGE, left : left + _EDGE]
        for top in range(0, luma.shape[0] - _EDGE + 1, _EDGE)
        for left in range(0, luma.shape[1] - _EDGE + 1, _EDGE)
    ]


def _spectrum(blocks: Floats) -> Numbers:
    """Mean power of rows, per sample, at frequencies 0 to half; under a window, so that borders make no detail."""
    window = np.hanning(_EDGE).astype(np.float32)
    window /= np.sqrt((window**2).mean())
    rows = (blocks - blocks.mean(axis=2, keepdims=True)) * window
    power = np.abs(np.fft.rfft(rows, axis=2)) ** 2 / _EDGE
    spectrum: Numbers = power.mean(axis=(0, 1), dtype=np.float64)
    return spectrum


def _end(spectrum: Numbers, noise: float) -> tuple[float, float]:
    """The share of the band up to which there is signal, and how sure that is."""
    bands = np.arange(len(spectrum)) / (len(spectrum) - 1)
    floor = noise**2 + _ROUNDING
    signal = np.maximum(spectrum - 1.2 * floor, 0.0)
    smooth = np.convolve(signal, np.ones(3) / 3, mode="same")
    fitted = (bands >= _FITTED[0]) & (bands <= _FITTED[1]) & (smooth > 0)
    if fitted.sum() < 4:
        return 1.0, 0.0
    slope, offset = np.polyfit(np.log(bands[fitted]), np.log(smooth[fitted]), 1)
    promised = np.exp(offset + min(slope, -1.0) * np.log(np.maximum(bands, _FITTED[0])))
    lost = (smooth * _LOST < promised) & (bands > _FITTED[0])
    gaps = np.flatnonzero(np.convolve(lost, np.ones(_GAP), mode="valid") == _GAP)
    end = float(bands[gaps[0]]) if len(gaps) else 1.0
    if end >= _FULL:
        return 1.0, 1.0
    beyond = promised[bands > end]
    visible = float((beyond > 3 * floor).mean())  # where detail would stand out of the noise if it were there
    return end, visible
