"""Puts a filling back into the picture it belongs to: outside the mask every pixel stays what it was, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from restore.image import Image, Pixels
from restore.masks.growing import Mask, bands, depth


def put_back(given: Image, filled: Image, mask: Mask, *, feather: int = 0, opaque: bool = False) -> Image:
    """Take the filling inside the mask and the picture itself outside, whatever the filling holds there.

    Args:
        given: The picture as it was read.
        filled: What a restorer made of it, of the same size, depth and channels; may be modified.
        mask: ``(H, W)``, True = missing; see `restore.masks.making.make_mask`.
        feather: Width of the seam: pixels at most so far inside the mask are mixed, the filling's share rising evenly
            from the mask's edge.
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
    mixed = below + share * (filled[seam] - below)
    filled[seam] = mixed if filled.dtype == np.float32 else np.rint(mixed)
    return filled
