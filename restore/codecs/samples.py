"""Samples as decoders and encoders want them, alpha among the channels, and images with alpha apart."""

from __future__ import annotations

import numpy as np

from restore.image import Image, Pixels


def split_alpha(decoded: Pixels) -> Image:
    """Return decoded samples as an image: ``(H, W)``, or ``(H, W, C)`` with C = 1 to 4, the last of 2 or 4 alpha."""
    samples = decoded[..., None] if decoded.ndim == 2 else decoded
    colours = samples.shape[2]
    if colours in (1, 3):
        return Image(np.ascontiguousarray(samples))
    return Image(np.ascontiguousarray(samples[..., :-1]), np.ascontiguousarray(samples[..., -1]))


def join_alpha(image: Image) -> Pixels:
    """Return the samples as encoders want them: ``(H, W)`` for grey, else ``(H, W, C)`` with alpha last."""
    if image.alpha is not None:
        return np.concatenate([image.pixels, image.alpha[..., None]], axis=2)
    return image.pixels[..., 0] if image.is_grey else image.pixels
