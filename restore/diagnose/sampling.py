"""The parts of a picture that are looked at: of more than a megapixel, tiles spread evenly over it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from restore.image import Pixels

_TILE, _TILES = 256, 16
_LUMA = (0.299, 0.587, 0.114)

Floats = npt.NDArray[np.float32]


def tiles(pixels: Pixels) -> Iterator[Pixels]:
    """The whole picture, or tiles of 256 x 256 spread over it, in its own depth; their corners are multiples of 8.

    Args:
        pixels: ``(H, W, C)``.
    """
    height, width = pixels.shape[:2]
    if height * width <= _TILES * _TILE * _TILE:
        yield pixels
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
            yield pixels[top : top + tall, left : left + wide]


def luma_tiles(pixels: Pixels) -> Iterator[Floats]:
    """Luma of the `tiles`, ``(h, w)`` in 8-bit grey levels."""
    for tile in tiles(pixels):
        yield luma_of(tile)


def grey_levels(pixels: Pixels) -> Floats:
    """A copy in 8-bit grey levels, not clipped; what is no number becomes black, or white where it is infinite."""
    white = 1.0 if pixels.dtype.kind == "f" else float(np.iinfo(pixels.dtype).max)
    with np.errstate(over="ignore"):  # as where a map marks what is missing by the lowest float
        levels: Floats = pixels.astype(np.float32) * np.float32(255 / white)
    return np.nan_to_num(levels, copy=False, nan=0.0, posinf=255.0, neginf=0.0)


def luma_of(pixels: Pixels) -> Floats:
    """Luma (BT.601) of pixels ``(H, W, C)``: ``(H, W)`` in 8-bit grey levels, clipped to 0 to 255."""
    floats = grey_levels(pixels)
    luma: Floats = floats[:, :, 0] if floats.shape[2] == 1 else floats @ np.asarray(_LUMA, np.float32)
    return np.clip(luma, 0, 255)


def as_dct(blocks: Floats) -> Floats:
    """The orthonormal discrete cosine transform (type II) of blocks ``(N, 8, 8)``, as JPEG has it."""
    from scipy.fft import dct

    basis = dct(np.eye(8), axis=0, norm="ortho").astype(np.float32)
    transformed: Floats = basis @ blocks @ basis.T
    return transformed
