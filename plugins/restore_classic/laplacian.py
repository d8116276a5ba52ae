"""Fusion by the maximum of Laplacian pyramids: at every place and scale, the frame with the strongest detail.

P. J. Burt, E. H. Adelson, "The Laplacian pyramid as a compact image code", IEEE Trans. Communications 1983; P. J. Burt,
R. J. Kolczynski, "Enhanced image capture through fusion", ICCV 1993 (strength as energy in a neighbourhood).
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from restore_classic.frames import Canvas, Floats, Frames, Shares, upper
from restore_classic.fusers import LaplacianOptions, band_rows


def laplacian(frames: Frames, options: LaplacianOptions, canvas: Canvas, shares: Shares | None) -> None:
    """Take, for every coefficient of the Laplacian pyramid, the frame in which it is strongest; average what is left.

    Strength is the sum of the squares of all channels, so that they are taken from one frame together and no coloured
    fringes appear; with a ``window``, its mean over so many pixels. Equally strong coefficients: the larger one, so
    that the order of the frames does not matter. What is left after the last band is the frames' mean.

    Large pictures are made in bands of rows with a halo beyond which nothing has an influence.

    Args:
        frames: The series.
        options: How many bands, and the neighbourhood.
        canvas: Takes the result.
        shares: Take how much of the strength chosen came from which frame; None where nobody asks.
    """
    levels = min(options.levels, max(0, min(frames.height, frames.width).bit_length() - 1))
    for top, bottom, above, below in _bands(frames, levels, options.window):
        pyramid, chosen = _chosen(frames, above, below, levels, options.window, shares is not None)
        if shares is not None:
            _count(shares, frames.count, pyramid, chosen, (top, bottom, above))
        for level in range(levels, 0, -1):
            pyramid[level - 1] += upper(pyramid[level], pyramid[level - 1])
        canvas.put(top, pyramid[0][top - above : bottom - above])


def _bands(frames: Frames, levels: int, window: int) -> Iterator[tuple[int, int, int, int]]:
    """Where each band begins and ends, and what it needs above and below: multiples of the coarsest level's pixels."""
    halo, rows = band_rows(levels, window, frames.height, frames.width)
    for top in range(0, frames.height, rows):
        bottom = min(top + rows, frames.height)
        yield top, bottom, max(0, top - halo), min(frames.height, bottom + halo)


def _chosen(
    frames: Frames, top: int, bottom: int, levels: int, window: int, remember: bool
) -> tuple[list[Floats], list[npt.NDArray[np.uint16]]]:
    """The fused pyramid of some rows, the mean last; and for each band which frame was chosen, if it is to be known."""
    bands: list[Floats] = []
    strengths: list[Floats] = []
    chosen: list[npt.NDArray[np.uint16]] = []
    mean: Floats | None = None
    for number in range(frames.count):
        rest = frames.rows(number, top, bottom)
        for level in range(levels):
            coarser = cv2.pyrDown(rest).reshape(-(-rest.shape[0] // 2), -(-rest.shape[1] // 2), frames.channels)
            rest -= upper(coarser, rest)
            strength = _strength(rest, window)
            if number == 0:
                bands.append(rest)
                strengths.append(strength)
                if remember:
                    chosen.append(np.zeros(strength.shape, np.uint16))
            else:
                better = _better(strength, rest, strengths[level], bands[level])
                np.copyto(strengths[level], strength, where=better)
                np.copyto(bands[level], rest, where=better[..., None])
                if remember:
                    chosen[level][better] = number
            rest = coarser
        rest *= np.float32(1 / frames.count)
        mean = rest if mean is None else mean + rest
    assert mean is not None
    return [*bands, mean], chosen


def _strength(detail: Floats, window: int) -> Floats:
    energy: Floats = np.einsum("hwc,hwc->hw", detail, detail)
    return energy if window == 1 else cv2.blur(energy, (window, window)).reshape(energy.shape)


def _better(strength: Floats, detail: Floats, best: Floats, held: Floats) -> npt.NDArray[np.bool_]:
    """Where a frame's coefficients are stronger than those held, or as strong and larger."""
    better: npt.NDArray[np.bool_] = strength > best
    equal = (strength == best) & (best > 0)
    if equal.any():
        better[equal] = detail[equal].sum(axis=1) > held[equal].sum(axis=1)
    return better


def _count(
    shares: Shares,
    count: int,
    pyramid: list[Floats],
    chosen: list[npt.NDArray[np.uint16]],
    rows: tuple[int, int, int],
) -> None:
    """Add, for all bands, the size of the chosen coefficients to the share of the frame that each was taken from."""
    top, bottom, above = rows
    for level, winners in enumerate(chosen):
        inner = slice((top - above) >> level, -(-(bottom - above) >> level))
        size = np.abs(pyramid[level][inner]).sum(axis=2)
        for number in range(count):
            shares.add(number, top, bottom, size * (winners[inner] == number))
