"""What is shown to who fills holes, and the filling put back: outside the mask every pixel stays, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from restore.image import Image, Pixels
from restore.masks.growing import Mask, bands, depth
from restore.toolkit.alpha import bled


def without_hidden(given: Image, mask: Mask) -> Image:
    """The picture as a restorer is to see it, that takes for known what is not missing.

    What lies under full transparency is arbitrary and no known pixel. To fill all of it could take far longer than the
    hole, so it gets the colours of the nearest pixels that are visible and not missing.

    Args:
        given: The picture as it was read; not modified.
        mask: ``(H, W)``, True = missing.

    Returns:
        The picture with its own alpha and metadata; with its own pixels where nothing known is hidden, or all of it.
    """
    if given.alpha is None:
        return given
    hidden = given.alpha <= 0
    if not (hidden & ~mask).any():
        return given
    return given.with_pixels(bled(given.pixels, ~(hidden | mask)))


def put_back(given: Image, filled: Image, mask: Mask, *, feather: int = 0, opaque: bool = False) -> Image:
    """Take the filling inside the mask and the picture itself outside, whatever the filling holds there.

    Args:
        given: The picture as it was read.
        filled: What a restorer made of it, of the same size, depth and channels; may be modified.
        mask: ``(H, W)``, True = missing; see `restore.masks.making.make_mask`.
        feather: Width of the seam: pixels at most so far inside the mask are mixed, the filling's share rising evenly
            from the mask's edge. Where the picture holds NaN or infinity there is nothing to mix: the filling is taken.
        opaque: Whether transparency was what was missing: then all of it is filled, and the result has no alpha.

    Returns:
        The picture with its own metadata (and what the restorer warns of) and its own alpha, but for `opaque`.
    """
    pixels = filled.pixels
    if not pixels.flags.writeable or np.may_share_memory(pixels, given.pixels):
        pixels = pixels.copy()
    for band in bands(given.height):
        kept = given.pixels[band].copy()
        rows, columns = np.nonzero(mask[band])
        if len(rows):
            inside = pixels[band][rows, columns]
            if feather:
                inside = _mixed(kept[rows, columns], inside, depth(mask, band, feather + 1)[rows, columns], feather)
            kept[rows, columns] = inside
        pixels[band] = kept
    known = given.metadata.warnings
    metadata = replace(
        given.metadata, warnings=known + tuple(each for each in filled.metadata.warnings if each not in known)
    )
    return Image(np.ascontiguousarray(pixels), None if opaque else given.alpha, metadata)


def _mixed(given: Pixels, filled: Pixels, deep: Pixels, feather: int) -> Pixels:
    """Pixels of the mask, ``(N, C)``, with those of the seam mixed, by how deep in the mask they lie."""
    seam = deep <= feather
    share = (deep[seam] / np.float32(feather + 1))[:, None]
    below = given[seam].astype(np.float64)
    broken = ~np.isfinite(below).all(axis=1)
    below[broken] = filled[seam][broken]
    mixed = below + share * (filled[seam] - below)
    filled[seam] = mixed if filled.dtype == np.float32 else np.rint(mixed)
    return filled
