"""Photographs whose noise and JPEG blocks are known, for the tests of what is measured from pixels."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage import data

from restore.resampling import resized

Bytes = npt.NDArray[np.uint8]


def photographs() -> list[Bytes]:
    """Clean ones: reduced to half, so that what their own JPEG left is gone."""
    found = (data.astronaut(), data.coffee(), data.chelsea(), data.rocket())
    return [resized(np.ascontiguousarray(p), p.shape[0] // 2, p.shape[1] // 2) for p in found]


def noisy(pixels: Bytes, sigma: float) -> Bytes:
    noise = np.random.default_rng(0).normal(0, sigma, (*pixels.shape[:2], 1))
    return np.rint(np.clip(pixels + noise, 0, 255)).astype(np.uint8)


def saved(pixels: Bytes, quality: int) -> Bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=quality, subsampling=2)
    return np.asarray(Image.open(stream))
