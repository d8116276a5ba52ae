"""Pictures made larger or smaller, with the weights of MATLAB's ``imresize``.

The field's super-resolution figures rest on one bicubic reduction: cubic convolution with a = -0.5 (R. G. Keys, "Cubic
convolution interpolation for digital image processing", IEEE Trans. ASSP 29, 1981), the kernel stretched by the factor
where a picture is reduced (antialiasing), the weights of every output pixel normalised, borders mirrored with the edge
pixel repeated. OpenCV's and torch's bicubic use a = -0.75 and, by default, do not antialias: their figures are others.

Checked against values that MATLAB computed (see the test), and by reducing and enlarging again, rounded to 8 bits both
times (luma of BT.601 in studio swing, grey pictures as they are, a border of ``scale`` pixels left out): Set5 33.68 /
30.40 / 28.43 dB and Set14 30.24 / 27.54 / 26.00 dB at x2 / x3 / x4. Published: 33.66 / 30.39 / 28.42 and 30.24 / 27.55
/ 26.00; rounding the luma as well, as MATLAB's ``rgb2ycbcr`` does with 8 bits, costs Set5 0.03 / 0.02 / 0.01 dB.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restore.image import Pixels

Floats = npt.NDArray[np.float32]

_ROWS = 64
"""Output rows worked on at a time, at most."""

_PRODUCT = 1 << 18
"""Multiplications of one matrix product, at most: OpenBLAS does such in the calling thread. Products of this shape gain
little from threads, and lose a factor of ten to them where other programs keep the cores busy."""

_CHUNK = 8 << 20
"""Bytes of floats worked on at a time, each of input and output."""

_COLUMNS_LARGER, _COLUMNS_SMALLER = 32, 8
"""Output columns of one matrix product."""


@dataclass(frozen=True)
class Kernel:
    """An interpolation kernel.

    Attributes:
        name: As people call it.
        width: Pixels of its whole support.
        weight: From signed distances in input pixels to weights.
    """

    name: str
    width: int
    weight: Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


def _cubic(distance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    x = np.abs(distance)
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def _lanczos3(distance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0.0)


CUBIC = Kernel("bicubic", 4, _cubic)
"""Cubic convolution, a = -0.5: third-order exact, little overshoot."""

LANCZOS3 = Kernel("lanczos3", 6, _lanczos3)
"""Sinc under a sinc window of three lobes: sharper than bicubic, and rings more."""


@dataclass(frozen=True)
class _Block:
    """Output pixels ``start`` to ``stop`` of an axis, made of input pixels ``low`` to ``high``."""

    start: int
    stop: int
    low: int
    high: int
    weights: Floats  # (stop - start, high - low)


def resized(pixels: Pixels, height: int, width: int, kernel: Kernel = CUBIC) -> Pixels:
    """A picture in another size, as MATLAB's ``imresize(double(pixels), [height width], kernel)`` makes it.

    Both axes are worked on in 32-bit floats and rounded once, at the end; MATLAB given whole numbers rounds after each
    axis as well, which can differ by one step. Takes some 30 MB beside input and result, however large they are. A NaN
    or an infinity spoils all that is computed along with it, some thousand pixels: see to it that there is none.

    Args:
        pixels: ``(H, W)`` or ``(H, W, C)``, uint8, uint16 or float32.
        height: Rows of the result.
        width: Columns of the result.
        kernel: `CUBIC` or `LANCZOS3`.

    Returns:
        ``(height, width)`` or ``(height, width, C)`` in the same depth; whole numbers are rounded (halves up) and
        clipped, floats keep the kernel's overshoot.

    Raises:
        ValueError: A size below one pixel, or another kind of array.
    """
    if pixels.ndim not in (2, 3) or pixels.dtype.type not in (np.uint8, np.uint16, np.float32):
        raise ValueError(f"cannot resize {pixels.dtype} {pixels.shape}")
    if height < 1 or width < 1 or 0 in pixels.shape:
        raise ValueError(f"cannot resize {pixels.shape} to {height} rows of {width} pixels")
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    rows = pixels.reshape(pixels.shape[0], -1)  # (H, W * C)
    result = np.empty((height, width, *pixels.shape[2:]), pixels.dtype)
    flat = result.reshape(height, -1)
    across = _across(pixels.shape[1], width, channels, kernel)
    step = min(_step(pixels.shape[0] / height, kernel), max(_CHUNK // (4 * flat.shape[1]), 1))
    for block in _blocks(pixels.shape[0], height, step, kernel):
        _store(_strip(rows, block, across, width * channels), flat[block.start : block.stop])
    return result


def _strip(rows: Pixels, block: _Block, across: list[_Block] | None, width: int) -> Floats:
    """Some rows of the result as floats; sums over pieces of input, so that no reduction needs many rows at once."""
    smaller = block.stop - block.start < block.high - block.low
    step = max(_CHUNK // (4 * max(rows.shape[1], width)), 1)
    strip: Floats | None = None
    for low in range(block.low, block.high, step):
        high = min(low + step, block.high)
        piece = rows[low:high].astype(np.float32)
        if not smaller:  # widen few rows rather than many
            piece = _widened(piece, across, width)
        part = _product(block.weights[:, low - block.low : high - block.low], piece)
        strip = part if strip is None else np.add(strip, part, out=strip)
    assert strip is not None  # a block has at least one input row
    return _widened(strip, across, width) if smaller else strip


def _widened(rows: Floats, across: list[_Block] | None, width: int) -> Floats:
    """Rows of floats ``(N, W * C)`` resized along themselves to ``(N, width)``."""
    if across is None:
        return rows
    result = np.empty((rows.shape[0], width), np.float32)
    for block in across:
        step = max(_PRODUCT // block.weights.size, 1)
        for top in range(0, rows.shape[0], step):
            piece = rows[top : top + step, block.low : block.high]
            np.matmul(piece, block.weights, out=result[top : top + step, block.start : block.stop])
    return result


def _step(stretch: float, kernel: Kernel) -> int:
    """Output rows at a time: so many that a product with some hundred columns of their input is a small one."""
    least = math.sqrt(kernel.width**2 / 4 + _PRODUCT / 128 / stretch) - kernel.width / 2
    return min(max(int(least), 1), _ROWS)


def _product(weights: Floats, rows: Floats) -> Floats:
    """``weights @ rows`` in small pieces."""
    result = np.empty((weights.shape[0], rows.shape[1]), np.float32)
    step = max(_PRODUCT // weights.size, 16)
    for left in range(0, rows.shape[1], step):
        np.matmul(weights, rows[:, left : left + step], out=result[:, left : left + step])
    return result


def _across(given: int, wanted: int, channels: int, kernel: Kernel) -> list[_Block] | None:
    """The blocks of a row of interleaved channels, their weights transposed; None where nothing is to be done.

    The channels of a pixel lie beside each other, so every weight becomes a small diagonal matrix: more sums than
    needed, but a plain matrix product is several times faster than anything that steps over channels.
    """
    if given == wanted:
        return None
    columns = _COLUMNS_SMALLER if wanted < given else _COLUMNS_LARGER
    diagonal = np.eye(channels, dtype=np.float32)
    return [
        _Block(
            b.start * channels,
            b.stop * channels,
            b.low * channels,
            b.high * channels,
            np.ascontiguousarray(np.kron(b.weights.T, diagonal)),
        )
        for b in _blocks(given, wanted, columns, kernel)
    ]


def _blocks(given: int, wanted: int, step: int, kernel: Kernel) -> Iterator[_Block]:
    """The weights of one axis, ``step`` output pixels at a time, as dense matrices over the input they need."""
    for start in range(0, wanted, step):
        stop = min(start + step, wanted)
        indices, weights = contributions(given, wanted, kernel, start, stop)
        used = indices[weights != 0]
        low, high = int(used.min()), int(used.max()) + 1
        dense = np.zeros((stop - start, high - low))
        lines = np.broadcast_to(np.arange(stop - start)[:, None], indices.shape)
        inside = weights != 0
        np.add.at(dense, (lines[inside], indices[inside] - low), weights[inside])
        yield _Block(start, stop, low, high, dense.astype(np.float32))


def contributions(
    given: int, wanted: int, kernel: Kernel = CUBIC, start: int = 0, stop: int | None = None
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Which input pixels make an output pixel, and with which weights: the function of that name in ``imresize.m``.

    Args:
        given: Input pixels along the axis.
        wanted: Output pixels along the axis.
        kernel: The kernel; stretched by ``given / wanted`` where that is above 1.
        start: First output pixel.
        stop: Output pixel after the last; None for all.

    Returns:
        Indices and weights, both ``(stop - start, P)`` with P = ceil(support) + 2; weights sum to 1 in each row. At
        mirrored borders an index may come twice.
    """
    stretch = max(given / wanted, 1.0)
    support = kernel.width * stretch
    centre = (np.arange(start, wanted if stop is None else stop) + 0.5) * (given / wanted) - 0.5
    first = np.floor(centre - support / 2)
    taps = first[:, None] + np.arange(int(np.ceil(support)) + 2)
    weights = kernel.weight((centre[:, None] - taps) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    turned = np.mod(taps, 2 * given)
    return np.where(turned < given, turned, 2 * given - 1 - turned).astype(np.intp), weights


def _store(strip: Floats, target: Pixels) -> None:
    """Floats into the result's depth."""
    if target.dtype == np.float32:
        target[...] = strip
        return
    strip += 0.5
    np.clip(strip, 0, np.iinfo(target.dtype).max, out=strip)
    np.copyto(target, strip, casting="unsafe")
