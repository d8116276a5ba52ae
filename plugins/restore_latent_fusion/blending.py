"""From one picture to another through the latent space."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from restore.codecs.depth import to_uint8, to_uint16
from restore.image import Image, Pixels
from restore.spec import Runtime
from restore.toolkit.device import choose
from restore_latent_fusion.infer import check_finite, edge_of, load_model
from restore_latent_fusion.latents import Codec, Detail


@dataclass(frozen=True)
class Ends:
    """Two pictures of one size and depth, and their latents.

    Attributes:
        first: The picture at 0; results have its size, depth, channels, alpha and metadata.
        second: Pixels of the picture at 1.
        latents: Of both.
        details: What the latents cannot hold of both.
    """

    first: Image
    second: Pixels
    latents: tuple[Tensor, Tensor]
    details: tuple[Detail, Detail]


class Blender:
    """The loaded autoencoder.

    Args:
        codec: Encodes and decodes.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def prepare(self, first: Image, second: Image, files: tuple[Path, Path] | None = None) -> Ends:
        """Encode two pictures; the second is resized to the first's size (by area or Lanczos) where it has another.

        Args:
            first: The picture at 0.
            second: The picture at 1.
            files: Theirs, to be named in errors.

        Raises:
            InputError: One holds NaN or infinite values.
        """
        for picture, path in zip((first, second), files or (None, None), strict=True):
            check_finite(picture, path)
        other = _like(second.pixels, first.pixels)
        latents = self.codec.encode(first.pixels), self.codec.encode(other)
        details = self.codec.detail(first.pixels, latents[0]), self.codec.detail(other, latents[1])
        return Ends(first, other, latents, details)

    def blend(self, ends: Ends, t: float) -> Image:
        """The picture at `t`, 0 to 1: latents and details on the straight line between the two.

        At 0 it is the first picture bit for bit, at 1 the second one (resized).
        """
        if t in (0, 1):
            return ends.first if t == 0 else ends.first.with_pixels(ends.second)
        z = torch.lerp(*ends.latents, t)
        one, other = ends.details
        detail = np.empty_like(one)
        for row in range(len(one)):  # never a float32 copy of the whole
            detail[row] = one[row].astype(np.float32) * (1 - t) + other[row].astype(np.float32) * t
        return ends.first.with_pixels(self.codec.picture(z, detail, ends.first.pixels))


def _like(pixels: Pixels, other: Pixels) -> Pixels:
    """Pixels in the size, depth and number of channels of others."""
    height, width, channels = other.shape
    if pixels.shape[:2] != (height, width):
        smaller = pixels.shape[0] * pixels.shape[1] > height * width
        how = cv2.INTER_AREA if smaller else cv2.INTER_LANCZOS4
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=how)).reshape(height, width, -1)
    if pixels.shape[2] != channels:
        code = cv2.COLOR_RGB2GRAY if channels == 1 else cv2.COLOR_GRAY2RGB
        pixels = np.asarray(cv2.cvtColor(pixels, code)).reshape(height, width, channels)
    if pixels.dtype == other.dtype:
        return np.ascontiguousarray(pixels)
    if other.dtype == np.uint8:
        return to_uint8(pixels)
    if other.dtype == np.uint16:
        return to_uint16(pixels)
    return (pixels / np.float32(np.iinfo(pixels.dtype).max)).astype(np.float32)


def load(weights: Path, runtime: Runtime) -> Blender:
    """Load the autoencoder; errors as of `restore_latent_fusion.infer.load`."""
    return Blender(Codec(load_model(weights), choose(runtime), edge_of(runtime)))
