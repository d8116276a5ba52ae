"""Pictures as a screen shows them: 8 bits, sRGB, small; and parts of them in their own pixels."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import cv2
import imagecodecs
import numpy as np
import numpy.typing as npt

from restore.codecs.colour import srgb_profile
from restore.codecs.depth import to_uint8
from restore.image import Image, Pixels

BINS = 64
"""Of a histogram."""

_ROWS = 512

Shown = npt.NDArray[np.uint8]
"""``(h, w, C)``, C = 1 (grey), 3 (sRGB) or 4 (sRGB with alpha)."""


@dataclass(frozen=True)
class Box:
    """A part of a picture, in pixels."""

    top: int
    left: int
    height: int
    width: int

    def times(self, factor: int) -> Box:
        """The same part of a picture that is larger by a whole number."""
        return Box(self.top * factor, self.left * factor, self.height * factor, self.width * factor)


@dataclass(frozen=True)
class Histogram:
    """How often which value comes in a picture.

    Attributes:
        counts: ``(C, BINS)``, shares of the pixels from black to white in each channel.
    """

    counts: npt.NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Of all channels, 0 to 255; to half a bin."""
        return float((self.counts.mean(axis=0) * (np.arange(BINS) + 0.5)).sum() * 256 / BINS)


def overview(image: Image, edge: int) -> Shown:
    """The whole picture, its longer edge at most `edge` pixels long.

    Args:
        image: Any size and depth.
        edge: Pixels; smaller pictures keep their size.
    """
    factor = min(1.0, edge / max(image.width, image.height))
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    alpha = None if image.alpha is None else _reduced(image.alpha[..., None], size)
    return _shown(_reduced(image.pixels, size), alpha, image.metadata.icc)


def part(image: Image, box: Box, grow: int = 1) -> Shown:
    """A part of a picture in its own pixels, or each pixel as a square of `grow` x `grow`."""
    rows, columns = slice(box.top, box.top + box.height), slice(box.left, box.left + box.width)
    alpha = None if image.alpha is None else image.alpha[rows, columns, None]
    shown = _shown(image.pixels[rows, columns], alpha, image.metadata.icc)
    return shown if grow == 1 else shown.repeat(grow, axis=0).repeat(grow, axis=1)


def histogram(image: Image) -> Histogram:
    """Count a picture's values: of more than four megapixels, of evenly spread rows and columns."""
    step = max(1, math.isqrt(image.width * image.height // (1 << 22)))
    pixels = to_uint8(np.ascontiguousarray(image.pixels[::step, ::step]))
    counts = [np.bincount(pixels[..., c].ravel(), minlength=256) for c in range(image.channels)]
    shares = np.array(counts).reshape(image.channels, BINS, -1).sum(axis=2) / (pixels.shape[0] * pixels.shape[1])
    return Histogram(shares)


def as_webp(shown: Shown, quality: int) -> bytes:
    """A picture as a WebP file, which every browser of the last years shows."""
    from PIL import Image as PillowImage

    data = io.BytesIO()
    plain = shown[..., 0] if shown.shape[2] == 1 else shown
    PillowImage.fromarray(plain).save(data, "WEBP", quality=quality, method=4)
    return data.getvalue()


def _reduced(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Means over what each new pixel covers; `size` is width and height."""
    if size == (pixels.shape[1], pixels.shape[0]):
        return pixels
    reduced: Pixels = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA)
    return reduced.reshape(size[1], size[0], pixels.shape[2])


def _shown(pixels: Pixels, alpha: Pixels | None, icc: bytes | None) -> Shown:
    colours = _as_srgb(to_uint8(pixels), icc)
    if alpha is None:
        return colours
    rgb = np.broadcast_to(colours, (*colours.shape[:2], 3))
    return np.concatenate([rgb, to_uint8(alpha)], axis=2)


def _as_srgb(pixels: Shown, icc: bytes | None) -> Shown:
    """The same colours in sRGB; a profile that cannot be used is taken for sRGB."""
    space = "rgb" if pixels.shape[2] == 3 else "gray"
    if icc is None:
        return pixels
    plain = np.ascontiguousarray(pixels if space == "rgb" else pixels[..., 0])
    try:
        found = imagecodecs.cms_transform(plain, icc, srgb_profile(), colorspace=space, outcolorspace="rgb")
    except (imagecodecs.CmsError, ValueError, RuntimeError):
        return pixels
    result: Shown = np.ascontiguousarray(found)
    if space == "rgb":
        return result
    return np.ascontiguousarray(result[..., :1])
