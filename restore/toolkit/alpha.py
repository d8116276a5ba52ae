"""Pictures with transparency: their edges are enlarged like those of colours, and no colour from beyond shows there."""

from __future__ import annotations

import cv2
import numpy as np

from restore.image import Pixels


def bled(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Give what is fully transparent the colour of the nearest visible pixel.

    What lies under full transparency is arbitrary, often black; an enlargement would draw it into the visible border.

    Args:
        pixels: ``(H, W, C)``.
        alpha: ``(H, W)``, 0 where nothing is visible.

    Returns:
        ``(H, W, C)``; the pixels themselves where everything, or nothing, is visible.
    """
    hidden = alpha <= 0
    if not hidden.any() or hidden.all():
        return pixels
    # The transform labels every pixel with the nearest zero, numbering the zeros in the order of rows.
    _, labels = cv2.distanceTransformWithLabels(
        hidden.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.empty((labels.max() + 1, pixels.shape[2]), pixels.dtype)
    colours[labels[~hidden]] = pixels[~hidden]
    return np.where(hidden[:, :, None], colours[labels], pixels)
