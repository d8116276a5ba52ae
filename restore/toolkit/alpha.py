"""Pictures with transparency: their edges are treated like those of colours, and no colour from beyond shows there."""

from __future__ import annotations

import numpy as np

from restore.image import Pixels


def bled(pixels: Pixels, alpha: Pixels | None) -> Pixels:
    """Give what is fully transparent the colour of the nearest visible pixel.

    What lies under full transparency is arbitrary, often black; whatever mixes neighbouring pixels (an enlargement, a
    turn, a blur, a filling) would draw it into the visible border.

    Args:
        pixels: ``(H, W, C)``; not modified.
        alpha: ``(H, W)``, 0 where nothing is visible; None for an opaque picture.

    Returns:
        ``(H, W, C)``; the pixels themselves where everything, or nothing, is visible.
    """
    if alpha is None:
        return pixels
    hidden = alpha <= 0
    if not hidden.any() or hidden.all():
        return pixels
    import cv2

    # The transform labels every pixel with the nearest zero, numbering the zeros in the order of rows.
    labels = cv2.distanceTransformWithLabels(
        hidden.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )[1]
    colours = np.empty((labels.max() + 1, pixels.shape[2]), pixels.dtype)
    colours[labels[~hidden]] = pixels[~hidden]
    result = pixels.copy()
    result[hidden] = colours[labels[hidden]]
    return result
