"""Exposure fusion after Mertens: what OpenCV's ``MergeMertens`` computes, but frame by frame and plane by plane.

OpenCV holds all frames and their weights as floats at a time: ten frames of 24 megapixels take it 4.4 GiB beside the
frames, this 0.7. It does not tell its weights either, and its range is that of 8 bits. The arithmetic is the same (a
test compares them), made of the same OpenCV functions.

T. Mertens, J. Kautz, F. Van Reeth, "Exposure fusion", Pacific Graphics 2007.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from restore_classic.frames import STRIP, Canvas, Floats, Frames, Shares, luma_of, upper
from restore_classic.fusers import KEPT, MertensOptions

_LEAST = np.float32(1e-12)
_SPREAD = 0.08
"""Twice the variance of the bell that well exposed pixels lie under: sigma 0.2."""


def mertens(frames: Frames, options: MertensOptions, canvas: Canvas, shares: Shares | None) -> None:
    """Blend the frames, band by band of their Laplacian pyramids, by the pyramids of their weights.

    The pyramids go down to the last pixel, so that the whole picture decides everywhere: it cannot be made in pieces.

    Args:
        frames: The series.
        options: The exponents of the three measures.
        canvas: Takes the result.
        shares: Take the frames' weights; None where nobody asks.
    """
    levels = int(math.log2(min(frames.height, frames.width)))
    keep = frames.count * frames.height * frames.width * 4 <= KEPT
    kept: list[Floats] = []
    total = np.zeros((frames.height, frames.width), np.float32)
    for number in range(frames.count):
        weight = _weight(frames, number, options)
        total += weight
        if keep:
            kept.append(weight)
    blended: list[list[Floats]] = []
    for number in range(frames.count):
        weight = kept[number] if keep else _weight(frames, number, options)
        weight /= total
        if shares is not None:
            shares.add(number, 0, frames.height, weight)
        weights = [weight]
        for _ in range(levels):
            weights.append(cv2.pyrDown(weights[-1]))
        for channel in range(frames.channels):
            if number == 0:
                blended.append([np.zeros_like(level) for level in weights])
            _blend(_plane(frames, number, channel), weights, blended[channel])
    for pyramid in blended:
        for level in range(levels, 0, -1):
            pyramid[level - 1] += upper(pyramid[level], pyramid[level - 1])
    for top in range(0, frames.height, STRIP):
        canvas.put(top, np.stack([pyramid[0][top : top + STRIP] for pyramid in blended], axis=2))


def _blend(plane: Floats, weights: list[Floats], blended: list[Floats]) -> None:
    """Add one plane's Laplacian pyramid, weighted, to what is blended already."""
    for level, weight in enumerate(weights[:-1]):
        coarser = cv2.pyrDown(plane)
        plane -= upper(coarser, plane)
        plane *= weight
        blended[level] += plane
        plane = coarser
    blended[-1] += plane * weights[-1]


def _weight(frames: Frames, number: int, options: MertensOptions) -> Floats:
    """The quality of every pixel of a frame: contrast, saturation and exposedness, each to its power, multiplied."""
    weight = np.empty((frames.height, frames.width), np.float32)
    for top in range(0, frames.height, STRIP):
        bottom = min(top + STRIP, frames.height)
        above, below = max(0, top - 1), min(frames.height, bottom + 1)  # contrast looks one row further
        rows = frames.rows(number, above, below)
        inner = slice(top - above, bottom - above)
        contrast = np.abs(cv2.Laplacian(luma_of(rows), cv2.CV_32F)).reshape(rows.shape[:2])[inner]
        part = contrast**options.contrast
        if frames.channels == 3:
            part *= _saturation(rows[inner]) ** options.saturation
        if options.exposure:
            part *= np.exp(-np.square(rows[inner] - 0.5).sum(axis=2) / _SPREAD) ** options.exposure
        weight[top:bottom] = part + _LEAST
    return weight


def _saturation(rows: Floats) -> Floats:
    """How far the channels lie from their mean: the root of the sum of squares.

    Of grey pixels nothing but rounding is left, and yet it decides where all frames are grey: rounded as OpenCV rounds.
    """
    red, green, blue = (rows[..., channel] for channel in range(3))
    mean = (red + green + blue) * np.float32(1 / 3)
    spread: Floats = np.sqrt(np.square(red - mean) + np.square(green - mean) + np.square(blue - mean))
    return spread


def _plane(frames: Frames, number: int, channel: int) -> Floats:
    plane = np.empty((frames.height, frames.width), np.float32)
    for top in range(0, frames.height, STRIP):
        plane[top : top + STRIP] = frames.rows(number, top, min(top + STRIP, frames.height))[..., channel]
    return plane
