"""What is wrong with a picture, measured from its pixels alone: its noise and the traces of JPEG.

Fast on pictures of any size: of more than a megapixel, tiles spread evenly over it are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from restore.image import Pixels

NOISY = 4.0
"""Noise level above which `looks_processed` calls a picture processed."""

BLOCKED = 0.002
"""`jpeg_blocking` above which it does."""

FEWEST = 120 * 120
"""Pixels below which noise does not decide: where no block is flat, texture reads as noise."""

_TILE, _TILES = 256, 16
_LUMA = (0.299, 0.587, 0.114)
_BLOCK = 6

_FLAT = ((0.01, 0.579), (0.1, 0.732))
"""Shares of the blocks that `noise_level` takes for flat, and what the last of them shows of white noise's sigma."""

_WIDTH = 3
"""Neighbours to each side that a line of pixels is compared with."""

_VISIBLE = 2.0
"""Grey levels about which differences begin to count: rounding alone makes differences of 1."""

Floats = npt.NDArray[np.float32]


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


@dataclass(frozen=True)
class Diagnosis:
    """What `looks_processed` found.

    Attributes:
        noise: See `noise_level`.
        blocking: See `jpeg_blocking`.
    """

    noise: float
    blocking: float

    @property
    def processed(self) -> bool:
        """Whether a camera's noise or JPEG shows, so that the model for photographs is the right one."""
        return self.noise > NOISY or self.blocking > BLOCKED

    @property
    def reason(self) -> str:
        """Both figures in words, and what follows from them."""
        verdict = "as phones and the web leave pictures" if self.processed else "clean"
        return f"JPEG blocks {self.blocking:.3f}, noise sigma {self.noise:.1f}: {verdict}"


def looks_processed(pixels: Pixels) -> Diagnosis:
    """Whether a picture is clean or as phones and the web leave them.

    Measured on 100 training photographs (128 to 720 pixels long when reduced): reduced by 2, 3 and 4, bicubically, to
    8 bits, 1 % of 300 are called processed; made by `restore.degrade.photo` at these scales, 69 % of 300 are, or 78 %
    of those that are not merely reduced by it: what was saved and then reduced again looks clean. Of Set5 and Set14
    reduced by 2, 3 and 4, none of 57 is called processed; a drawing full of strokes at 62x90 pixels was, before small
    pictures (`FEWEST`) were judged by their JPEG blocks alone.

    Args:
        pixels: ``(H, W, C)``, C = 1 or 3; uint8, uint16 or float32.
    """
    small = pixels.shape[0] * pixels.shape[1] < FEWEST
    return Diagnosis(0.0 if small else noise_level(pixels), jpeg_blocking(pixels))


def noise_level(pixels: Pixels) -> float:
    """The standard deviation of the noise in the lightness of a picture, in 8-bit grey levels.

    The mask of J. Immerkær (Fast noise variance estimation, Computer Vision and Image Understanding 64, 1996), blind to
    slopes, is applied, and what it leaves measured in blocks of 6x6 pixels, of which the flattest show the noise (S. I.
    Olsen, Estimation of noise in images: an evaluation, CVGIP: Graphical Models and Image Processing 55, 1993). In a
    picture full of texture none is flat; but then the flattest differ more among each other than noise alone would
    let them, and by as much the estimate is lowered. Blocks that touch black or white, where noise is cut off, do not
    count.

    Off by a tenth at most in half of 100 photographs with white noise of sigma 2 to 20, by a quarter in 90 of 100.
    Clean 8-bit photographs show 0.3 (rounding), one in a hundred more than 2. Noise that a camera has smoothed, or
    JPEG, shows as less than it was.

    Args:
        pixels: ``(H, W, C)``, C = 1 or 3; uint8, uint16 or float32.

    Returns:
        0 for pictures of fewer than 8 pixels along an edge, too.
    """
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    left, kept = [], []
    for luma in _tiles(pixels):
        left.append(_blocks(cv2.filter2D(luma, -1, mask)[1:-1, 1:-1] ** 2).mean((1, 3)).ravel())
        blocks = _blocks(luma[1:-1, 1:-1])
        kept.append(((blocks.min((1, 3)) > 3) & (blocks.max((1, 3)) < 252)).ravel())
    variances, unclipped = np.concatenate(left), np.concatenate(kept)
    if unclipped.any():
        variances = variances[unclipped]
    if not len(variances):
        return 0.0
    flattest, flat = (float(np.quantile(variances, share)) ** 0.5 / of_noise for share, of_noise in _FLAT)
    return flattest * min(1.0, flattest / flat) if flat > 0 else 0.0


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
    tiles = [np.abs(np.diff(np.diff(luma, axis=0), axis=1)) for luma in _tiles(pixels)]
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


def _tiles(pixels: Pixels) -> Iterator[Floats]:
    """Luma in 8-bit grey levels: of the whole picture, or of tiles spread over it whose corners are multiples of 8."""
    height, width = pixels.shape[:2]
    if height * width <= _TILES * _TILE * _TILE:
        yield _luma(pixels)
        return
    tall, wide = min(height, _TILE), min(width, _TILE)
    rows = max(1, min(_TILES, round((_TILES * height / width) ** 0.5), height // tall))
    columns = max(1, min(_TILES // rows, width // wide))
    for row in range(rows):
        for column in range(columns):
            top, left = (
                int((size - edge) * (place + 0.5) / count) // 8 * 8
                for size, edge, place, count in ((height, tall, row, rows), (width, wide, column, columns))
            )
            yield _luma(pixels[top : top + tall, left : left + wide])


def _luma(pixels: Pixels) -> Floats:
    white = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
    floats = np.nan_to_num(pixels.astype(np.float32) * np.float32(255 / white), nan=0.0, posinf=255.0, neginf=0.0)
    luma: Floats = floats[:, :, 0] if floats.shape[2] == 1 else floats @ np.asarray(_LUMA, np.float32)
    return np.clip(luma, 0, 255)


def _blocks(values: Floats) -> Floats:
    """``(rows, 6, columns, 6)``, what does not fill a block left out."""
    rows, columns = (size // _BLOCK for size in values.shape)
    return values[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK)
