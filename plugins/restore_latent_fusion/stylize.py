"""`latent-style`: a picture with the statistics of another one's latents."""

from __future__ import annotations

from pathlib import Path

import torch

from restore.codecs.core import read_image
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.errors import InputError
from restore.image import Image, Observation
from restore.spec import Runtime
from restore.toolkit.device import choose
from restore.toolkit.strips import edge_within
from restore_latent_fusion.infer import check_finite, load_model
from restore_latent_fusion.latents import Codec
from restore_latent_fusion.plugin import StyleOptions
from restore_latent_fusion.transfer import adain, whiten_and_colour


class LatentStyler:
    """The loaded autoencoder, and the latents of the style it was last asked for.

    Args:
        codec: Encodes and decodes.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.style: tuple[Path, torch.Tensor] | None = None

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
        """The style's latents, kept for the next picture."""
        if self.style is None or self.style[0] != path:
            if not path.is_file():
                raise InputError("is not a file.", path=path, hint="Give --style the picture to take the style from.")
            picture = read_image(path, DEFAULT_MAX_PIXELS)
            check_finite(picture)
            self.style = path, self.codec.encode(picture.pixels)
        return self.style[1]


def load(weights: Path, runtime: Runtime) -> LatentStyler:
    """Load the autoencoder; errors as of `restore_latent_fusion.infer.load`."""
    edge = runtime.tile or (edge_within(runtime.memory) if runtime.memory else None)
    return LatentStyler(Codec(load_model(weights), choose(runtime), edge))
