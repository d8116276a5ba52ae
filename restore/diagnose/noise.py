"""Noise: how strong it is in each channel, and whether it depends on the light."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from restore.diagnose.sampling import Floats, as_dct, grey_levels, tiles
from restore.image import Pixels

_EDGE, _STRIDE = 8, 3

_FLATTEST, _FEWEST = 0.03, 100
"""Share of the blocks that are taken for flat, but no fewer than these."""

_BINS = 8
_CUT_OFF = 1.6
"""Bins in which black or white hid more of the noise than this factor do not count, where there are others."""

_UNEQUAL, _EXPLAINED = 1.4, 0.6
"""How many times stronger at one end of the lightness, and how well a straight line must tell the variance …"""

_SPAN, _PLAIN = 40.0, 1.5
"""… over how many grey levels, and how strong at least, for noise to be called dependent on the signal."""

_WHITE_LIKE, _COLOURED = 1.15, 2.0
"""Power at middle over that at the highest frequencies at which confidence leaves 1 and reaches 0: of texture."""

_ORDER = np.add.outer(np.arange(_EDGE), np.arange(_EDGE))
_LOW, _HIGH = (_ORDER > 0) & (_ORDER <= 5), _ORDER >= 8
_MIDDLE, _HIGHEST = (_ORDER >= 8) & (_ORDER <= 9), _ORDER >= 11

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """The noise of a picture.

    Attributes:
        sigma: Standard deviation in each channel, their root mean square, in 8-bit grey levels.
        dark: The same in the darkest parts that the picture has, from a straight line through all.
        light: The same in its lightest parts.
        signal_dependent: Whether it is plainly stronger in one of them.
        confidence: 0 to 1: how sure `sigma` is; less where no part of the picture is flat, or noise is not white.
    """

    sigma: float
    dark: float
    light: float
    signal_dependent: bool
    confidence: float


NOTHING = Noise(0.0, 0.0, 0.0, False, 0.0)
"""Of pictures too small to tell."""


def estimate_noise(pixels: Pixels) -> Noise:
    """Measure white noise, channel by channel, on the flattest blocks of every lightness.

    The discrete cosine transform of 8x8 blocks parts them: the low frequencies say which blocks are flat, and the high
    ones of these show the noise, which is not biased by that choice, since white noise is independent from frequency
    to frequency (Ponomarenko et al., An automatic approach to lossy compression of AVIRIS images, IGARSS 2007; Colom,
    Buades, Analysis and extension of the Ponomarenko et al. method, IPOL 2013, with a sigma for every lightness).
    What black and white cut off is put back (Foi, Clipped noisy images, Signal Processing 89, 2009).

    Noise that a camera has smoothed, or JPEG, shows as less than it was.

    Args:
        pixels: ``(H, W, C)``.
    """
    if min(pixels.shape[:2]) < 2 * _EDGE:
        return NOTHING
    parts = list(tiles(pixels))
    found = [_channel([grey_levels(part[:, :, c : c + 1])[:, :, 0] for part in parts]) for c in range(pixels.shape[2])]
    sigma, dark, light = (math.sqrt(float(np.mean([getattr(each, n) ** 2 for each in found]))) for n in _FIGURES)
    dependent = sum(each.signal_dependent for each in found) * 2 > len(found)
    return Noise(sigma, dark, light, dependent, float(np.mean([each.confidence for each in found])))


_FIGURES = ("sigma", "dark", "light")


def _channel(planes: list[Floats]) -> Noise:
    blocks = np.concatenate([_blocks(plane) for plane in planes])
    power = as_dct(blocks)
    means = power[:, 0, 0] / _EDGE
    np.square(power, out=power)
    low = power[:, _LOW].mean(axis=1)
    rows = []
    for part in np.array_split(np.argsort(means), _BINS):
        count = min(max(int(len(part) * _FLATTEST), _FEWEST), len(part))
        if count:
            flat = part[np.argpartition(low[part], count - 1)[:count]]
            spectrum = power[flat].mean(axis=0, dtype=np.float64)
            coloured = np.median(spectrum[_MIDDLE]) / max(float(np.median(spectrum[_HIGHEST])), 1e-3)
            rows.append((float(means[flat].mean()), float(np.median(spectrum[_HIGH])) ** 0.5, coloured))
    mean, seen, coloured = np.array(rows).T
    mean, sigma = _unclipped(mean, seen)
    usable = sigma < _CUT_OFF * np.maximum(seen, 1e-3)
    sure = float(usable.mean()) * float(np.clip((_COLOURED - np.median(coloured)) / (_COLOURED - _WHITE_LIKE), 0, 1))
    if not usable.any():
        usable[:] = True
    dark, light, dependent = _along(mean[usable], sigma[usable])
    return Noise(float(np.median(sigma[usable])), dark, light, dependent, sure)


def _blocks(plane: Floats) -> Floats:
    """Overlapping blocks ``(N, 8, 8)``."""
    blocks = np.lib.stride_tricks.sliding_window_view(plane, (_EDGE, _EDGE))[::_STRIDE, ::_STRIDE]
    return blocks.reshape(-1, _EDGE, _EDGE)


def _along(mean: Numbers, sigma: Numbers) -> tuple[float, float, bool]:
    """Sigma where it is darkest and where it is lightest, by a straight line for the variance; whether they differ."""
    span = float(mean.max() - mean.min())
    variance = sigma**2
    if len(mean) < 4 or span < _SPAN:
        same = float(np.median(sigma))
        return same, same, False
    slope, offset = np.polyfit(mean, variance, 1)
    left = float(((variance - slope * mean - offset) ** 2).sum())
    total = float(((variance - variance.mean()) ** 2).sum())
    dark, light = (math.sqrt(max(float(slope * end + offset), 0.0)) for end in (mean.min(), mean.max()))
    plain = max(dark, light) > _PLAIN and max(dark, light) > _UNEQUAL * min(dark, light)
    return dark, light, plain and left < (1 - _EXPLAINED) * total


def _unclipped(mean: Numbers, sigma: Numbers) -> tuple[Numbers, Numbers]:
    """Mean and sigma of normal noise before it was clipped to 0 and 255, from what they are after it."""
    true_mean, true_sigma = mean.copy(), np.maximum(sigma, 1e-3)
    for _ in range(40):
        clipped_mean, clipped_sigma = _clipped(true_mean, true_sigma)
        true_sigma = np.clip(true_sigma * sigma / clipped_sigma, np.maximum(sigma, 1e-3), 3 * sigma + 1e-3)
        true_mean = np.clip(true_mean + mean - clipped_mean, -60, 315)
    return true_mean, true_sigma


def _clipped(mean: Numbers, sigma: Numbers) -> tuple[Numbers, Numbers]:
    """Mean and standard deviation of a normal variable clipped to 0 and 255."""
    lower, upper = -mean / sigma, (255 - mean) / sigma
    below, above = ndtr(lower), ndtr(-upper)
    at_lower, at_upper = (np.exp(-(end**2) / 2) / math.sqrt(2 * math.pi) for end in (lower, upper))
    inside = 1 - below - above
    first = mean * inside - sigma * (at_upper - at_lower) + 255 * above
    second = (mean**2 + sigma**2) * inside - sigma * (at_upper * (255 + mean) - at_lower * mean) + 255**2 * above
    return first, np.sqrt(np.maximum(second - first**2, 1e-9))
