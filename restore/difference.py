"""Where and how much a picture was changed: PSNR, CIEDE2000 and a map of it, in strips of bounded memory.

Colours are compared as a viewer without colour management shows them: the stored values are taken as sRGB.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from skimage.color import deltaE_ciede2000, rgb2lab

from restore.codecs.depth import to_uint8, to_uint16
from restore.errors import InputError
from restore.evaluate import Pair
from restore.heat_map import heat_map
from restore.image import Image, Pixels
from restore.metrics import unit_scale
from restore.plugin_manager import PluginManager
from restore.provenance import Treatment, treatments

STRIP = 1 << 18
"""Pixels compared at a time: some 40 MB of temporaries."""

LARGEST_MAP = 2048
"""Pixels along an edge above which a map is reduced: it is looked at on a screen."""

STEPS = 1024
"""Bins per ΔE of the histogram from which percentiles are read."""

LARGEST_DELTA_E = 160
"""Above what CIEDE2000 can reach between two colours of sRGB."""

DEPTHS = ("uint8", "uint16", "float32")

Delta = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Difference:
    """How two pictures differ.

    Attributes:
        psnr: Decibels over all pixels and channels, data range 1, clipped to it; infinite for equal pictures.
        delta_e_mean: Mean CIEDE2000 over all pixels (1 is about what a trained eye sees side by side).
        delta_e_p95: 95th percentile, exact to 0.001.
        delta_e_max: Largest.
        changed: Share of the pixels with any changed value, 0 to 1.
        alpha_changed: Share of the pixels whose alpha differs; None where neither picture has any.
        scale: How many pixels of AFTER stand for one of BEFORE along an edge.
        map: ``(H, W)`` CIEDE2000, each value the mean of ``block`` x ``block`` pixels.
        block: See ``map``.
        treatments: What AFTER's XMP says was done to it, oldest first.
        notes: What the figures depend on, one sentence each.
    """

    psnr: float
    delta_e_mean: float
    delta_e_p95: float
    delta_e_max: float
    changed: float
    alpha_changed: float | None
    scale: int
    map: Delta
    block: int
    treatments: tuple[Treatment, ...]
    notes: tuple[str, ...]


def difference(pair: Pair, manager: PluginManager, max_pixels: int) -> Difference:
    """Read two pictures and compare them.

    Args:
        pair: ``restored`` is the picture after, ``reference`` the one before.
        manager: Reads them.
        max_pixels: Larger pictures are refused.

    Raises:
        InputError: One cannot be read or holds NaN, or AFTER's size is no multiple of BEFORE's.
    """
    before, after = (manager.read_image(path, max_pixels) for path in (pair.reference, pair.restored))
    for image, path in ((before, pair.reference), (after, pair.restored)):
        if image.pixels.dtype.kind == "f" and not all(np.isfinite(row).all() for row in image.pixels):
            raise InputError("the picture holds NaN or infinite pixels.", path=path)
    try:
        return compare(before, after)
    except ValueError as error:
        hint = "Only pictures of one size, or enlarged by a whole number, can be compared."
        raise InputError(f"is {error}: {pair.reference}.", path=pair.restored, hint=hint) from None


def compare(before: Image, after: Image) -> Difference:
    """Compare two pictures; an enlarged one is reduced first, different depths meet at the lower one.

    Args:
        before: Any depth, grey or colour.
        after: Any depth, grey or colour; of the same size, or enlarged by a whole number.

    Raises:
        ValueError: AFTER's size is no multiple of BEFORE's; names both.
    """
    scale = _scale(before, after)
    sums = _Sums(before, block=max(1, math.ceil(max(before.height, before.width) / LARGEST_MAP)))
    rows = max(1, STRIP // (before.width * scale * scale) // sums.block) * sums.block
    for top in range(0, before.height, rows):
        strips = _strips(before.pixels, after.pixels, top, rows, scale)
        sums.add(top, *_same_channels(*strips))
    pixels = before.height * before.width
    mse = sums.squared / sums.values
    return Difference(
        psnr=-10 * math.log10(mse) if mse > 0 else math.inf,
        delta_e_mean=sums.delta_e / pixels,
        delta_e_p95=sums.percentile(0.95),
        delta_e_max=sums.largest,
        changed=sums.changed / pixels,
        alpha_changed=_alpha_changed(before, after, scale, rows),
        scale=scale,
        map=sums.map,
        block=sums.block,
        treatments=treatments(after.metadata.xmp or b""),
        notes=tuple(_notes(before, after, scale)),
    )


def drawn(found: Difference) -> Image:
    """The map of a difference as a picture to look at, 8-bit RGB, its scale below it."""
    means = f", means of {found.block}×{found.block} pixels" if found.block > 1 else ""
    return heat_map(found.map, caption=f"ΔE (CIEDE2000){means}")


@dataclass
class _Sums:
    """What is added up strip by strip."""

    before: Image
    block: int
    squared: float = 0.0
    values: int = 0
    delta_e: float = 0.0
    largest: float = 0.0
    changed: int = 0
    map: Delta = field(init=False)

    def __post_init__(self) -> None:
        shape = (math.ceil(self.before.height / self.block), math.ceil(self.before.width / self.block))
        self.map = np.zeros(shape, np.float32)
        self.histogram = np.zeros(LARGEST_DELTA_E * STEPS, np.int64)

    def add(self, top: int, x: Pixels, y: Pixels) -> None:
        """Add the strips ``(h, W, C)`` of one depth that begin in row `top`, a multiple of the block."""
        differing = (x != y).any(axis=2)
        count = int(np.count_nonzero(differing))
        self.values += x.size
        self.changed += count
        self.histogram[0] += differing.size - count
        if not count:
            return
        u, v = unit_scale(x[differing]), unit_scale(y[differing])  # (N, C): only what differs costs anything
        self.squared += float(np.square(u - v).sum())
        found = _ciede2000(u, v)
        self.delta_e += float(found.sum(dtype=np.float64))
        self.largest = max(self.largest, float(found.max()))
        bins = np.minimum((found * STEPS).astype(np.int64), len(self.histogram) - 1)
        self.histogram += np.bincount(bins, minlength=len(self.histogram))
        delta = np.zeros(differing.shape, np.float32)
        delta[differing] = found
        part = _block_means(delta, self.block)
        self.map[top // self.block : top // self.block + len(part)] = part

    def percentile(self, share: float) -> float:
        """The smallest ΔE, in steps of the histogram, that at least this share of the pixels do not exceed."""
        counted = np.cumsum(self.histogram)
        return float(np.searchsorted(counted, share * counted[-1])) / STEPS


def _ciede2000(u: npt.NDArray[np.float64], v: npt.NDArray[np.float64]) -> Delta:
    """CIEDE2000 of ``(N, C)`` values in [0, 1]; float32 is exact to 0.001 and twice as fast."""
    x, y = (np.broadcast_to(w, (len(w), 3)).astype(np.float32) for w in (u, v))
    delta: Delta = deltaE_ciede2000(rgb2lab(x), rgb2lab(y)).astype(np.float32)
    return delta


def _scale(before: Image, after: Image) -> int:
    scale = after.width // before.width
    if scale < 1 or (after.width, after.height) != (scale * before.width, scale * before.height):
        raise ValueError(f"{after.width}x{after.height}, but {before.width}x{before.height} is what it was before")
    return scale


def _strips(before: Pixels, after: Pixels, top: int, rows: int, scale: int) -> tuple[Pixels, Pixels]:
    """The same rows of both, AFTER reduced to BEFORE's size, both in the lower of their depths."""
    x, y = before[top : top + rows], after[top * scale : (top + rows) * scale]
    depth = min((before.dtype.name, after.dtype.name), key=DEPTHS.index)
    if scale > 1:
        h, w = x.shape[:2]
        y = unit_scale(y).reshape(h, scale, w, scale, *y.shape[2:]).mean(axis=(1, 3)).astype(np.float32)
    return _to_depth(x, depth), _to_depth(y, depth)


def _to_depth(pixels: Pixels, depth: str) -> Pixels:
    return pixels if depth == "float32" else to_uint8(pixels) if depth == "uint8" else to_uint16(pixels)


def _same_channels(x: Pixels, y: Pixels) -> tuple[Pixels, Pixels]:
    channels = max(x.shape[2], y.shape[2])
    return np.broadcast_to(x, (*x.shape[:2], channels)), np.broadcast_to(y, (*y.shape[:2], channels))


def _block_means(values: Delta, block: int) -> Delta:
    """Means of ``block`` x ``block`` values; those at the right and lower edge may be smaller."""
    if block == 1:
        return values
    starts = [np.arange(0, size, block) for size in values.shape]
    sums = np.add.reduceat(np.add.reduceat(values, starts[0], axis=0), starts[1], axis=1)
    counts = [np.diff(np.append(start, size)) for start, size in zip(starts, values.shape, strict=True)]
    means: Delta = (sums / np.outer(*counts)).astype(np.float32)
    return means


def _alpha_changed(before: Image, after: Image, scale: int, rows: int) -> float | None:
    if before.alpha is None and after.alpha is None:
        return None
    a, b = (_alpha_or_opaque(image) for image in (before, after))
    strips = (_strips(a, b, top, rows, scale) for top in range(0, before.height, rows))
    return sum(int(np.count_nonzero(x != y)) for x, y in strips) / (before.height * before.width)


def _alpha_or_opaque(image: Image) -> Pixels:
    if image.alpha is not None:
        return image.alpha
    return np.broadcast_to(np.asarray(image.white, image.pixels.dtype), image.pixels.shape[:2])


def _notes(before: Image, after: Image, scale: int) -> Iterator[str]:
    if scale > 1:
        yield f"It is {scale} times as large as before and was reduced by averaging {scale}x{scale} pixels."
    if before.pixels.dtype != after.pixels.dtype:
        lower = min((before.pixels.dtype.name, after.pixels.dtype.name), key=DEPTHS.index)
        yield f"It was {before.pixels.dtype} and is {after.pixels.dtype}; compared as {lower}."
    if before.channels != after.channels:
        names = ["grey" if image.is_grey else "colour" for image in (before, after)]
        yield f"It was {names[0]} and is {names[1]}."
    if (before.alpha is None) != (after.alpha is None):
        yield "It has transparency only " + ("after." if before.alpha is None else "before.")
    if before.metadata.icc != after.metadata.icc:
        yield "Its colour profile is not the one it had; both pictures were taken as sRGB."
