"""What moved between the frames of an exposure bracket is taken from one frame only: the reference.

For each other frame a rising curve is learnt, channel by channel, that says how bright each brightness of the reference
is in it: first from the histograms alone, which are the same wherever a thing has moved to (Grossberg and Nayar, What
can be known about the radiometric response from images?, ECCV 2002), then from the pixels that lie over each other and
agree. Where a frame deviates from this by more than noise, and what is left of a misalignment, allow, it is
replaced by the reference through that curve, with a soft edge. What moved is found in small copies and replaced at full
size.

Where the reference is black or white it does not say what the frame should show: there each frame stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from restore.image import Image, Pixels
from restore.series.reduction import factor_to, grey_of, reduced
from restore.series.structure import BLACK, WHITE

EDGE = 1024
"""Longest side of the small copies in which is looked for what moved."""

LEVELS = 256
"""Of brightness, in which a curve is learnt."""

NOISE = 5.0
"""Standard deviations from which a difference is no noise; the deviation is taken from the middle half of pixels."""

LEAST = 0.03
"""Of white: no smaller difference is taken for a ghost."""

SMALLEST = 12
"""Pixels of the small copies; what is smaller has not moved, but is an edge that does not quite fit."""

_NEAR = 0.15
"""Of white: so far from where the histograms put it may a pixel lie that the curve is learnt from."""
_EDGES = 1.5
"""By how many pixels of the small copies edges may be off."""
_ROWS = 256
_MARGIN, _SOFT = 5, 3.0
"""Pixels by which what moved is enlarged, and the sigma of its soft edge."""

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Curve:
    """How bright each brightness of the reference is in a frame, in one channel.

    Attributes:
        values: At `LEVELS` even steps of the reference from black to white; never falling.
        spread: By how much the frame may deviate there.
    """

    values: Values
    spread: Values

    def __call__(self, reference: Values) -> Values:
        """The frame's value for each of the reference's; 0 = black, 1 = white."""
        return cast(Values, np.interp(reference, _steps(), self.values).astype(np.float32))


def deghost(reference: Image, frame: Image) -> tuple[Image, float]:
    """Take what moved in a frame from the reference.

    Args:
        reference: The frame that is kept.
        frame: Another one that lies over it, of the same size and depth; its pixels are changed where they can be.

    Returns:
        The frame, the same one where nothing moved; and the share of it that was replaced, 0 to 1.
    """
    factor = factor_to(frame.height, frame.width, EDGE)
    one, other = _like(reduced(reference, factor), frame.channels), reduced(frame, factor)
    curves = [learnt(one[..., channel], other[..., channel]) for channel in range(frame.channels)]
    ghosts = _ghosts(one, other, curves)
    if not ghosts.any():
        return frame, 0.0
    import cv2

    soft = cv2.GaussianBlur(ghosts.astype(np.float32), (0, 0), _SOFT)
    pixels = frame.pixels if frame.pixels.flags.writeable else frame.pixels.copy()
    _replace(pixels, reference, curves, np.rint(soft * 255).astype(np.uint8), frame.white, factor)
    return frame.with_pixels(pixels), float(ghosts.mean())


def learnt(reference: Values, frame: Values) -> Curve:
    """The curve from the reference's brightness to the frame's, in one channel.

    Args:
        reference: ``(H, W)``, 0 = black, 1 = white.
        frame: What lies over it.
    """
    from scipy.optimize import isotonic_regression

    rows = (np.nan_to_num(reference).clip(0, 1) * (LEVELS - 1) + 0.5).astype(np.int64)
    columns = (np.nan_to_num(frame).clip(0, 1) * (LEVELS - 1) + 0.5).astype(np.int64)
    table = np.bincount((rows * LEVELS + columns).ravel(), minlength=LEVELS * LEVELS).reshape(LEVELS, LEVELS)
    levels = np.arange(LEVELS)
    matched = _matched(table)
    near = table * (np.abs(levels - matched[:, None]) <= _NEAR * (LEVELS - 1))
    near = np.where(near.sum(axis=1, keepdims=True) > 0, near, (levels == matched[:, None]) * (table > -1))
    counts = near.sum(axis=1)
    below = np.cumsum(near, axis=1) / counts[:, None]
    low, high = ((below < share).sum(axis=1) for share in (0.25, 0.75))
    middle = near * ((levels >= low[:, None]) & (levels <= high[:, None]))
    means = (middle * levels).sum(axis=1) / middle.sum(axis=1) / (LEVELS - 1)
    rising = isotonic_regression(means, weights=counts).x
    spread = (high - low + 1) / (LEVELS - 1) / 1.349  # the middle half of a normal distribution is so many sigma wide
    smooth = np.maximum(spread, np.convolve(np.pad(spread, 8, "edge"), np.ones(17) / 17, "valid"))
    return Curve(rising.astype(np.float32), smooth.astype(np.float32))


def _matched(table: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The frame's level for each of the reference's that gives both the same histogram.

    Args:
        table: How many pixels have each pair of levels, the reference's in rows.
    """
    ranks = [np.cumsum(counts) - counts / 2 for counts in (table.sum(axis=1), table.sum(axis=0))]
    levels: npt.NDArray[np.int64] = np.rint(np.interp(ranks[0], ranks[1], np.arange(LEVELS))).astype(np.int64)
    return levels


def _steps() -> Values:
    return np.linspace(0, 1, LEVELS, dtype=np.float32)


def _like(pixels: Values, channels: int) -> Values:
    """The reference's channels as a frame has them."""
    if pixels.shape[2] == channels:
        return pixels
    return grey_of(pixels)[..., None] if channels == 1 else np.repeat(pixels, channels, axis=2)


def _ghosts(reference: Values, frame: Values, curves: list[Curve]) -> npt.NDArray[np.bool_]:
    """Where small copies of two frames do not go together, with a margin."""
    import cv2

    found, weak = (np.zeros(reference.shape[:2], np.bool_) for _ in range(2))
    for channel, curve in enumerate(curves):
        one, other = reference[..., channel], np.ascontiguousarray(frame[..., channel])
        known = (one > BLACK) & (one < WHITE)
        expected = curve(one)
        slack = NOISE * np.interp(one, _steps(), curve.spread) + _EDGES * np.maximum(_steep(expected), _steep(other))
        off = np.abs(other - expected)
        found |= known & (off > slack + LEAST)
        weak |= known & (off > slack / 2 + LEAST / 2)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    found = cv2.morphologyEx(found.view(np.uint8), cv2.MORPH_OPEN, disc).view(np.bool_)
    # All that deviates a little round what deviates much: parts of one thing.
    count, labels, areas, _ = cv2.connectedComponentsWithStats((weak | found).view(np.uint8), connectivity=8)
    strong = np.bincount(labels[found], minlength=count)
    kept = (strong >= SMALLEST) & (areas[:, cv2.CC_STAT_AREA] >= SMALLEST)
    kept[0] = False
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _MARGIN + 1, 2 * _MARGIN + 1))
    moved = cv2.morphologyEx(kept[labels].view(np.uint8), cv2.MORPH_CLOSE, wide)
    result: npt.NDArray[np.bool_] = cv2.dilate(moved, wide).view(np.bool_)
    return result


def _steep(values: Values) -> Values:
    """By how much a picture changes from one pixel to the next, at most, in the neighbourhood."""
    import cv2

    near = np.ones((3, 3), np.uint8)
    return cast(Values, (cv2.dilate(values, near) - cv2.erode(values, near)) / 2)


def _replace(
    pixels: Pixels, reference: Image, curves: list[Curve], soft: npt.NDArray[np.uint8], white: float, factor: int
) -> None:
    """Put the reference into a frame through its curves, where the small mask says so; in bands."""
    import cv2

    height, width = pixels.shape[:2]
    step = max(1, _ROWS // factor)
    for row in range(0, soft.shape[0], step):
        last = row + step >= soft.shape[0]
        upper, lower = max(row - 1, 0), min(row + step + 1, soft.shape[0])
        if not soft[upper:lower].any():
            continue
        band = slice(row * factor, height if last else (row + step) * factor)
        share = cv2.resize(
            soft[upper:lower], (soft.shape[1] * factor, (lower - upper) * factor), interpolation=cv2.INTER_LINEAR
        )[(row - upper) * factor :]
        rows = band.stop - band.start
        share = cv2.copyMakeBorder(
            share, 0, max(rows - len(share), 0), 0, max(width - share.shape[1], 0), cv2.BORDER_REPLICATE
        )[:rows, :width]
        where = share > 0
        if not where.any():
            continue
        part = (share[where] / np.float32(255))[:, None]
        source = _like(reference.pixels[band][where].astype(np.float32)[:, None] / reference.white, pixels.shape[2])[
            :, 0
        ]
        mapped = np.stack([curve(source[:, channel]) for channel, curve in enumerate(curves)], axis=1) * white
        mixed = pixels[band][where] * (1 - part) + mapped * part
        pixels[band][where] = (
            mixed if pixels.dtype == np.float32 else np.rint(mixed).clip(0, white).astype(pixels.dtype)
        )
