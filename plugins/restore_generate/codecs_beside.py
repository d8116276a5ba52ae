"""JPEG and WebP at the same number of bytes, so that bits per pixel have something to stand beside."""

from __future__ import annotations

import io
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

Codec = Literal["JPEG", "WEBP"]


def nearest(picture: npt.NDArray[np.uint8], codec: Codec, wanted: float) -> tuple[int, float]:
    """The best quality that takes no more bytes than wanted; where none does, the lowest there is.

    Args:
        picture: uint8 ``(H, W, 1 or 3)``.
        codec: Which.
        wanted: Bytes of the whole file.

    Returns:
        Bytes of the whole file, and PSNR in dB of what it gives back.
    """
    low, high = 0 if codec == "WEBP" else 1, 100
    while low < high:  # sizes rise with quality, near enough
        middle = (low + high + 1) // 2
        low, high = (middle, high) if len(_saved(picture, codec, middle)) <= wanted else (low, middle - 1)
    content = _saved(picture, codec, low)
    with Pillow.open(io.BytesIO(content)) as opened:
        again = np.asarray(opened.convert("L" if picture.shape[2] == 1 else "RGB"), np.float64)
    return len(content), psnr(picture.astype(np.float64), again.reshape(picture.shape))


def _saved(picture: npt.NDArray[np.uint8], codec: Codec, quality: int) -> bytes:
    stream = io.BytesIO()
    image = Pillow.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
    if codec == "JPEG":
        image.save(stream, "JPEG", quality=quality, optimize=True)
    else:
        image.save(stream, "WEBP", quality=quality, method=6)
    return stream.getvalue()


def psnr(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float:
    """Peak signal-to-noise ratio of 8-bit pictures, in dB; at most 100."""
    return float(10 * np.log10(255**2 / max(float(np.square(first - second).mean()), 255**2 * 1e-10)))
