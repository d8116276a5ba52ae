"""The quality a picture was saved with as JPEG: from its file, or from its pixels where it was saved again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from restore.diagnose.blocking import BLOCKED, jpeg_grid
from restore.diagnose.sampling import Floats, as_dct, grey_levels, luma_of, tiles
from restore.image import Image, Pixels

_MOST = 4000
"""Blocks that are looked at …"""

_PER_FREQUENCY = 1500
"""… and coefficients of each of the 64 frequencies."""

_ZERO = 2.0
"""Coefficients below were rounded to zero, perhaps, and say nothing about the step."""

_ERROR, _OUTLIERS = 0.5, 0.1
"""Standard deviation of coefficients about the multiples of their step, since pixels were rounded; share of others."""

_FOUND, _PLAIN = 0.2, 0.45
"""Gain in log-likelihood per coefficient at which confidence leaves 0 and reaches 1: none to -0.1 without JPEG."""

_ENOUGH = 400
"""Coefficients below which confidence falls."""


@dataclass(frozen=True)
class Jpeg:
    """The traces of JPEG.

    Attributes:
        quality: Of libjpeg, 1 to 100: the lowest that the picture was saved with, as far as is known; None for none.
        source: Where `quality` is from: "file" (its quantisation tables) or "pixels".
        in_file: What the file's own tables say; None where it is no JPEG.
        in_pixels: What the pixels show; None for nothing.
        blocking: See `restore.diagnose.jpeg_blocking`.
        top: First row, 0 to 7, at which blocks begin.
        left: First column, likewise.
        confidence: 0 to 1: how sure `quality` is, or that there was no JPEG.
    """

    quality: int | None
    source: Literal["file", "pixels"] | None
    in_file: int | None
    in_pixels: int | None
    blocking: float
    top: int
    left: int
    confidence: float


@dataclass(frozen=True)
class PixelQuality:
    """What the pixels say.

    Attributes:
        quality: The libjpeg quality that explains them best.
        confidence: 0 to 1: how much better than no JPEG at all.
    """

    quality: int
    confidence: float


def estimate_jpeg(image: Image) -> Jpeg:
    """Find the traces of JPEG in a picture and in what was read of its file.

    Args:
        image: The picture; of its metadata `jpeg_quality` is used.
    """
    grid = jpeg_grid(image.pixels)
    places = dict.fromkeys([(grid.top, grid.left), (0, 0)] if grid.strength > BLOCKED else [(0, 0)])
    tried = [(estimate_quality(image.pixels, *place), place) for place in places]
    best, (top, left) = max(tried, key=lambda each: each[0].confidence)
    in_file = image.metadata.jpeg_quality
    in_pixels = best.quality if best.confidence > 0 else None
    if in_file is not None and (in_pixels is None or in_file <= in_pixels or best.confidence < 1):
        return Jpeg(in_file, "file", in_file, in_pixels, grid.strength, top, left, 1.0)
    if in_pixels is not None:
        return Jpeg(in_pixels, "pixels", in_file, in_pixels, grid.strength, top, left, best.confidence)
    sure = 0.0 if grid.strength > BLOCKED else 0.8
    return Jpeg(None, None, None, None, grid.strength, grid.top, grid.left, sure)


def estimate_quality(pixels: Pixels, top: int = 0, left: int = 0) -> PixelQuality:
    """Find the libjpeg quality whose quantisation steps explain the pixels best.

    The coefficients of the discrete cosine transform of luma lie about multiples of their steps; every quality's table
    is tried by its likelihood, which also says that coarse steps leave fewer places for coefficients than fine ones
    (after Fan, de Queiroz, Identification of bitmap compression history, IEEE Trans. Image Processing 12, 2003). Tables
    are libjpeg's; of other ones the nearest is found, with less confidence. Blocks that touch black or white are left
    out.

    Args:
        pixels: ``(H, W, C)``.
        top: First row, 0 to 7, at which blocks begin.
        left: First column, likewise.
    """
    coefficients = np.concatenate([_coefficients(tile[top:, left:]) for tile in tiles(pixels)])
    coefficients = coefficients[:: max(len(coefficients) // _MOST, 1)]
    tables = _tables()
    gains, counted = np.zeros(100), 0
    for frequency in range(64):
        values = coefficients[:, frequency]
        values = values[np.abs(values) > _ZERO][:_PER_FREQUENCY].astype(np.float64)
        if not len(values):
            continue
        steps, which = np.unique(tables[:, frequency], return_inverse=True)
        gains += _gain(values, steps)[which]
        counted += len(values)
    best = int(gains.argmax())
    gain = float(gains[best]) / max(counted, 1)
    sure = (gain - _FOUND) / (_PLAIN - _FOUND) * min(counted / _ENOUGH, 1)
    return PixelQuality(best + 1, float(np.clip(sure, 0, 1)))


def _gain(values: npt.NDArray[np.float64], steps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Log-likelihood of values for each step, more than that of a smooth distribution."""
    quotients = values / steps[:, None]
    errors = (quotients - np.rint(quotients)) * steps[:, None]
    density = np.exp(-((errors / _ERROR) ** 2) / 2) / (_ERROR * (2 * np.pi) ** 0.5)
    gains: npt.NDArray[np.float64] = np.log(steps[:, None] * density * (1 - _OUTLIERS) + _OUTLIERS).sum(axis=1)
    return gains


def _coefficients(tile: Pixels) -> Floats:
    """``(N, 64)`` of the tile's whole blocks, row by row."""
    rows, columns = tile.shape[0] // 8, tile.shape[1] // 8
    whole = tile[: rows * 8, : columns * 8]
    levels = grey_levels(whole).reshape(rows, 8, columns, 8, tile.shape[2])
    inside = (levels.min(axis=(1, 3, 4), initial=255) > 0) & (levels.max(axis=(1, 3, 4), initial=0) < 255)
    blocks = (luma_of(whole) - 128).reshape(rows, 8, columns, 8).swapaxes(1, 2)
    return as_dct(blocks[inside]).reshape(-1, 64)


def _tables() -> npt.NDArray[np.float64]:
    """Luminance tables ``(100, 64)`` of the qualities 1 to 100, row by row: jcparam.c of libjpeg, T.81 table K.1."""
    quality = np.arange(1, 101)[:, None]
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    tables: npt.NDArray[np.float64] = np.clip((_LUMINANCE * percent + 50) // 100, 1, 255).astype(np.float64)
    return tables


_LUMINANCE = np.array(
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
     87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
     72, 92, 95, 98, 112, 100, 103, 99]
)  # fmt: skip
