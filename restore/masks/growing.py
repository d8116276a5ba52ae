"""Distances from a mask's edge: to grow it, and to soften the seam; in bands, so that no array of floats is large."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
"""``(H, W)``, True = missing."""

NEAR = 16
"""Up to this reach a disc moved over the mask is quicker than distances; the result is the same."""

BAND = 512
"""Rows worked on at a time."""


def bands(height: int, rows: int = BAND) -> Iterator[slice]:
    """The rows of a picture in pieces."""
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def grown(mask: Mask, reach: int) -> Mask:
    """The mask with everything that lies within `reach` pixels of it (Euclidean, from centre to centre).

    Args:
        mask: ``(H, W)``; not modified.
        reach: At least 0.

    Returns:
        A new array, or the same one for 0.
    """
    if reach == 0:
        return mask
    if reach <= NEAR:
        import cv2

        rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
        disc = (rows * rows + columns * columns <= reach * reach).astype(np.uint8)
        wider: Mask = cv2.dilate(np.ascontiguousarray(mask).view(np.uint8), disc).view(np.bool_)
        return wider
    result = mask.copy()
    for band in bands(len(mask), max(BAND, 2 * reach)):
        near, inner = _with_halo(mask, band, reach)
        if near.any():
            result[band] = _distance(~near)[inner] <= reach
    return result


def depth(mask: Mask, band: slice, most: int) -> npt.NDArray[np.float32]:
    """How far inside the mask each pixel of a band of rows lies: its distance to the nearest pixel outside.

    Args:
        mask: ``(H, W)``.
        band: Which rows.
        most: Distances up to this are exact; beyond it they are only known to be larger.

    Returns:
        ``(rows, W)``; 0 outside the mask, 1 at its edge. Beyond the picture nothing is outside.
    """
    near, inner = _with_halo(mask, band, most)
    return _distance(near)[inner]


def _with_halo(mask: Mask, band: slice, halo: int) -> tuple[Mask, slice]:
    """The band with further rows on both sides, and where in these the band itself lies."""
    top = max(band.start - halo, 0)
    return mask[top : band.stop + halo], slice(band.start - top, band.stop - top)


def _distance(mask: Mask) -> npt.NDArray[np.float32]:
    """Distance of each pixel to the nearest that is False; very large where there is none."""
    import cv2

    if mask.all():
        return np.full(mask.shape, np.inf, np.float32)
    found: npt.NDArray[np.float32] = cv2.distanceTransform(
        np.ascontiguousarray(mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    return found
