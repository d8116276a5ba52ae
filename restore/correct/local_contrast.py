"""Local contrast: histogram equalisation that is adaptive and limited (CLAHE), on lightness alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from restore.correct.light import Floats, as_floats, reduced, store, strips, to_display, to_linear
from restore.image import Pixels

TILES = 8
"""Tiles along each edge, each with its own curve."""

LIMIT = 2.0
"""Where histograms are cut off, 1 for even ones: no tones become steeper than by one more than it, nor does noise."""

_BINS = 256
_LIGHTNESS = np.float32(100)


@dataclass(frozen=True)
class LocalCurves:
    """Curves of lightness, one for each tile of a picture.

    Attributes:
        table: ``(tiles, tiles, 257)``: what becomes of lightness 0, 1/256, … 1 in the middle of each tile.
    """

    table: Floats


def estimate_local_curves(pixels: Pixels, limit: float = LIMIT, tiles: int = TILES) -> LocalCurves:
    """Equalise the lightness of each tile, its histogram cut off at a limit and what was cut off spread over all of it.

    Zuiderveld, Contrast limited adaptive histogram equalization, Graphics Gems IV, 1994. The curves of OpenCV's CLAHE,
    but joined by straight lines, which keeps 16 bit and float as fine as they are: OpenCV's 16-bit histograms have so
    many bins that the limit means nothing in small pictures.

    Args:
        pixels: ``(H, W, C)``.
        limit: See `LIMIT`, above 0.
        tiles: See `TILES`; fewer in pictures of less than 16 pixels for each.
    """
    lightness = _lightness(reduced(pixels))
    height, width = lightness.shape
    rows, columns = (max(min(tiles, edge // 16), 1) for edge in (height, width))
    table = np.empty((rows, columns, _BINS + 1), np.float32)
    for row in range(rows):
        for column in range(columns):
            tile = lightness[
                row * height // rows : (row + 1) * height // rows,
                column * width // columns : (column + 1) * width // columns,
            ]
            table[row, column] = _equalising(tile, limit)
    return LocalCurves(table)


def apply_local_curves(pixels: Pixels, curves: LocalCurves, strength: float = 1.0) -> Pixels:
    """Put lightness (L of CIELAB, of sRGB; of grey pictures the display value) through the curves of the tiles around.

    Args:
        pixels: ``(H, W, C)``; hue and chroma stay, but for what leaves the range of 8 and 16 bit.
        curves: From `estimate_local_curves`.
        strength: How much of the new lightness is mixed in.

    Returns:
        A new array of the same shape and depth.
    """
    import cv2

    if strength == 0:
        return pixels
    out = np.empty_like(pixels)
    for rows in strips(pixels):
        values = as_floats(pixels[rows])
        if pixels.shape[2] == 1:
            values[..., 0] += strength * (_looked_up(values[..., 0], curves, rows, pixels.shape[0]) - values[..., 0])
        else:
            beyond = values - values.clip(0, 1)  # Lab knows nothing below black and above white
            lab = cv2.cvtColor(to_linear(values - beyond), cv2.COLOR_LRGB2Lab)  # its RGB2Lab is a coarse table
            lightness = lab[..., 0] / _LIGHTNESS
            new = _looked_up(lightness, curves, rows, pixels.shape[0])
            lab[..., 0] = _LIGHTNESS * (lightness + strength * (new - lightness))
            values = to_display(cv2.cvtColor(lab, cv2.COLOR_Lab2LRGB)) + beyond
        store(values, out[rows])
    return out


def _lightness(values: Floats) -> Floats:
    import cv2

    if values.shape[2] == 1:
        return values[..., 0]
    return np.asarray(cv2.cvtColor(to_linear(values), cv2.COLOR_LRGB2Lab)[..., 0] / _LIGHTNESS, np.float32)


def _equalising(tile: Floats, limit: float) -> Floats:
    """The cumulative histogram of a tile, no steeper than the limit, from 0 to 1."""
    counts = np.histogram(tile.clip(0, 1), _BINS, (0, 1))[0] / tile.size * _BINS
    most = max(limit, 1.0)
    excess = np.maximum(counts - most, 0).sum() / _BINS
    curve = np.concatenate([[0], np.cumsum(np.minimum(counts, most) + excess)])
    return np.asarray(curve / curve[-1], np.float32)


def _looked_up(lightness: Floats, curves: LocalCurves, rows: slice, height: int) -> Floats:
    """The curves of the four tiles around each pixel, mixed by its distance from their middles."""
    from scipy.ndimage import map_coordinates

    down, across, _ = curves.table.shape
    width = lightness.shape[1]
    y = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) * (down / height) - 0.5
    x = (np.arange(width, dtype=np.float32) + 0.5) * (across / width) - 0.5
    inside = lightness.clip(0, 1)
    places = np.stack(np.broadcast_arrays(y[:, None], x[None], inside * np.float32(_BINS)))
    new = map_coordinates(curves.table, places, order=1, mode="nearest", prefilter=False)
    return np.asarray(new + (lightness - inside), np.float32)  # beyond black and white: moved along
