"""`latent-style`: a picture with the statistics of another one's latents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from restore.codecs.core import read_image
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.errors import InputError
from restore.image import Image, Observation
from restore.spec import Runtime
from restore.toolkit.device import choose
from restore_latent_fusion.infer import check_finite, edge_of, load_model
from restore_latent_fusion.latents import Codec
from restore_latent_fusion.plugin import StyleOptions
from restore_latent_fusion.transfer import adain, whiten_and_colour


@dataclass(frozen=True)
class Style:
    """The latents of a picture, and the state of the file they were made of.

    Attributes:
        path: Of the file.
        changed: When it was changed last, in nanoseconds since the epoch.
        size: Its bytes.
        latents: ``(latent, h, w)``.
    """

    path: Path
    changed: int
    size: int
    latents: torch.Tensor


class LatentStyler:
    """The loaded autoencoder, and the latents of the style it was last asked for.

    Args:
        codec: Encodes and decodes.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.style: Style | None = None

    def restore(self, observation: Observation, options: StyleOptions) -> Image:
        """Give one picture the style of another; see `restore.spec.Restorer`.

        Raises:
            InputError: The style cannot be read, or a picture holds NaN or infinite values.
        """
        image = observation.image
        check_finite(image)
        if options.strength == 0:
            return image
        style = self._style(options.style)
        latents = self.codec.encode(image.pixels)
        transfer = adain if options.method == "adain" else whiten_and_colour
        styled = torch.lerp(latents, transfer(latents, style), options.strength)
        detail = self.codec.detail(image.pixels, latents)
        return image.with_pixels(self.codec.picture(styled, detail, image.pixels))

    def _style(self, path: Path) -> torch.Tensor:
        """The style's latents, kept for the next picture as long as its file stays as it is."""
        if not path.is_file():
            raise InputError("is not a file.", path=path, hint="Give --style the picture to take the style from.")
        now = path.stat()
        kept = self.style
        if kept is None or (kept.path, kept.changed, kept.size) != (path, now.st_mtime_ns, now.st_size):
            picture = read_image(path, DEFAULT_MAX_PIXELS)
            check_finite(picture, path)
            kept = self.style = Style(path, now.st_mtime_ns, now.st_size, self.codec.encode(picture.pixels))
        return kept.latents


def load(weights: Path, runtime: Runtime) -> LatentStyler:
    """Load the autoencoder; errors as of `restore_latent_fusion.infer.load`."""
    return LatentStyler(Codec(load_model(weights), choose(runtime), edge_of(runtime)))
