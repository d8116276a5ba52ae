"""Where in a picture something is found: how strong the noise is here and there, and what is black or white."""

from __future__ import annotations

import math

import numpy as np

from restore.diagnose.sampling import Floats, luma_of
from restore.image import Image, Pixels

_CELL = 16
"""Least edge of the cells that noise is measured in, in pixels."""

_CELLS = 60
"""Cells along the longer edge, at most."""

_NORMAL = 0.6745
"""The median of the absolute values of normal noise, in standard deviations."""


def noise_map(pixels: Pixels) -> Floats:
    """How strong noise is in each part of a picture, luma only: ``(rows, columns)``, sigma in 8-bit grey levels.

    The median of the absolute finest diagonal wavelet (Haar) coefficients over 0.6745 (Donoho, Johnstone, Ideal spatial
    adaptation by wavelet shrinkage, Biometrika 81, 1994), cell by cell. Texture reads as noise: this is to look at,
    and no estimate.

    Args:
        pixels: ``(H, W, C)``, at least 2 x 2; a smaller picture has a map of one 0.
    """
    height, width = (size // 2 * 2 for size in pixels.shape[:2])
    if not height or not width:
        return np.zeros((1, 1), np.float32)
    cell = max(_CELL, math.ceil(max(height, width) / _CELLS / 2) * 2)
    rows = []
    for top in range(0, height, cell):
        luma = luma_of(pixels[top : min(top + cell, height), :width])
        diagonal = (luma[::2, ::2] - luma[::2, 1::2] - luma[1::2, ::2] + luma[1::2, 1::2]) / 2
        parts = range(0, width // 2, cell // 2)
        rows.append([float(np.median(np.abs(diagonal[:, left : left + cell // 2]))) / _NORMAL for left in parts])
    return np.array(rows, np.float32)


def clipping_marks(image: Image, edge: int) -> tuple[Floats, Floats]:
    """Where some channel is black or white, on a smaller copy.

    Args:
        image: The picture.
        edge: Pixels along the longer edge of the copy, at most.

    Returns:
        Black and white: ``(h, w)``, the share of the pixels that fall together, more than 0 as soon as one of them is.
    """
    block = math.ceil(max(image.width, image.height) / edge)
    columns = np.arange(0, image.width, block)
    widths = np.diff(np.append(columns, image.width))
    black, white = list[Floats](), list[Floats]()
    for top in range(0, image.height, block):  # strips: 100 megapixels would take as many bytes three times
        rows = image.pixels[top : top + block]
        for shares, clipped in ((black, rows <= 0), (white, rows >= image.white)):
            counts = np.add.reduceat(clipped.any(axis=2).sum(axis=0), columns)
            shares.append((counts / (len(rows) * widths)).astype(np.float32))
    return np.array(black), np.array(white)
