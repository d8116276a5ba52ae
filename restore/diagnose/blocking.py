"""The 8x8 blocks of a JPEG: how strongly they show in the pixels, and where they begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restore.diagnose.sampling import Floats, luma_tiles
from restore.image import Pixels

BLOCKED = 0.002
"""`jpeg_blocking` above which a picture is a JPEG, most likely."""

_WIDTH = 3
"""Neighbours to each side that a line of pixels is compared with."""

_VISIBLE = 2.0
"""Grey levels about which differences begin to count: rounding alone makes differences of 1."""


@dataclass(frozen=True)
class JpegGrid:
    """The 8x8 blocks of a JPEG, as far as they show.

    Attributes:
        strength: See `jpeg_blocking`.
        top: First row, 0 to 7, at which blocks begin; not 0 where the picture was cropped. Without meaning where
            `strength` is 0.
        left: First column, 0 to 7, likewise.
    """

    strength: float
    top: int
    left: int


def jpeg_blocking(pixels: Pixels) -> float:
    """How strongly the edges of 8x8 blocks stand out, 0 for not at all, 1 for nothing but block edges.

    See `jpeg_grid`, which also tells where the blocks begin.

    Above 0.002 it is a JPEG, most likely: of 300 clean reductions of 100 training photographs 1 % are above it; of the
    photographs saved at 4:2:0 and cropped anywhere, at quality 30, 50 and 70 all, at 80 and 85 98 %, at 90 95 %, at
    95 83 % (medians 0.21, 0.17, 0.13, 0.10, 0.08, 0.06, 0.03); where the blocks begin is right in 98 to 100 % of them.

    Args:
        pixels: ``(H, W, C)``, C = 1 or 3; uint8, uint16 or float32.
    """
    return jpeg_grid(pixels).strength


def jpeg_grid(pixels: Pixels) -> JpegGrid:
    """Find the 8x8 blocks of a JPEG, wherever they begin.

    Mixed second differences, which the edges in a picture mostly cancel in and block edges do not (as in Z. Fan and
    R. L. de Queiroz, Identification of bitmap compression history, IEEE Trans. Image Processing 12, 2003), are compared
    across every line of pixels with those beside it: the difference of the two over their sum, so that a strong texture
    counts no more than a faint one. Of the eight places where blocks could begin, the one that stands out most is
    taken; its strength is by how much more than the next (stripes, and the blocks of a picture reduced since, stand out
    in several), less the standard error, so that small pictures show nothing by chance.

    Args:
        pixels: ``(H, W, C)``, C = 1 or 3; uint8, uint16 or float32.
    """
    tiles = [np.abs(np.diff(np.diff(luma, axis=0), axis=1)) for luma in luma_tiles(pixels)]
    (down, top), (along, left) = (_period([tile.T for tile in tiles]), _period(tiles))
    return JpegGrid(max(0.0, (down + along) / 2), top, left)


def _period(tiles: list[Floats]) -> tuple[float, int]:
    """How much one in eight columns stands out, and the first such column; of differences ``(H - 1, W - 1)``."""
    lines: list[list[npt.NDArray[np.float64]]] = [[] for _ in range(8)]
    for tile in tiles:
        columns = tile.shape[1] - 2 * _WIDTH
        if columns < 8 or not len(tile):  # a single row has no mixed differences
            return 0.0, 0
        middle = tile[:, _WIDTH : _WIDTH + columns]
        beside = sum(tile[:, k : k + columns] for k in range(2 * _WIDTH + 1) if k != _WIDTH) / (2 * _WIDTH)
        excess = ((middle - beside) / (_VISIBLE + middle + beside)).mean(axis=0, dtype=np.float64)
        for start in range(8):  # column c of `middle` is the step from pixel c + _WIDTH to the next
            lines[start].append(excess[(start - _WIDTH - 1) % 8 :: 8])
    groups = [np.concatenate(each) for each in lines]
    order = np.argsort([group.mean() for group in groups])
    best, second = groups[order[-1]], groups[order[-2]]
    others = np.concatenate([groups[i] for i in order[:-1]])
    error = float(others.std()) * (1 / len(best) + 1 / len(others)) ** 0.5
    return float(best.mean() - second.mean()) - error, int(order[-1])
