"""The description of `vae-sr` and its options. Free of torch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from restore.enlarging import Enlarging
from restore.errors import InputError
from restore.spec import Companion, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl

WEIGHTS = Path(__file__).with_name("weights") / "vae-sr-clean.safetensors"
PHOTO_WEIGHTS = Path(__file__).with_name("weights") / "vae-sr-photo.safetensors"


LARGEST = 4
"""The largest factor that the networks know."""


class UpscaleOptions(Enlarging):
    """Options of `vae-sr`."""

    scale: Annotated[float, Field(gt=1, le=LARGEST)] | None = Field(
        default=None,
        description="How many times larger, from above 1 to 4, like 2 or 1.5; 2 where neither this nor --size nor "
        "--max-side is given. Factors that are not whole are done by the next larger one and a reduction.",
    )
    training: Literal["auto", "clean", "photo"] = Field(
        default="auto",
        description="What the picture went through: 'clean' for sharp pictures that were only made smaller, 'photo' "
        "for what phones and the web do (blur, noise, JPEG); 'auto' decides by the noise and JPEG blocks it finds.",
    )
    samples: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Write so many different plausible pictures beside the faithful one (NAME.sample-1 …).",
    )
    temperature: float = Field(
        default=1.0,
        ge=0,
        le=2,
        description="How far samples go from the faithful picture: 1 as far as the model believes, less is tamer.",
    )
    seed: int = Field(
        default=0, ge=0, le=2**32 - 1, description="Seed of the samples; the same seed, the same pictures."
    )
    uncertainty: bool = Field(
        default=False,
        description="Write a map of what was invented: the standard deviation of every pixel, as a picture with a "
        "scale (NAME.uncertainty.png) and as numbers in grey levels (NAME.uncertainty.tif).",
    )
    consistent: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Hold the result to its input: reduced again it gives the input back. 'auto': for clean pictures.",
    )

    @model_validator(mode="after")
    def _samples_differ(self) -> UpscaleOptions:
        if self.samples and self.temperature == 0:
            raise ValueError(
                "samples at temperature 0 would all be the faithful picture; give --temperature above 0, or leave out "
                "--samples"
            )
        return self

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the result; see `Enlarging.output_size`.

        Raises:
            InputError: The picture would be enlarged more than the networks know.
        """
        factor = self.factor(height, width)
        if factor > LARGEST + 1e-9:
            raise InputError(
                f"cannot be enlarged {factor:.3g} times: vae-sr knows factors up to {LARGEST}.",
                hint="Ask for less, enlarge the result once more, or take -m lanczos.",
            )
        return super().output_size(height, width)

    def companions(self) -> tuple[Companion, ...]:
        """The files beside each result: samples first, then the map as a picture and as numbers."""
        samples = tuple(Companion(f"sample-{k + 1}") for k in range(self.samples))
        maps = (Companion("uncertainty", ".png"), Companion("uncertainty", ".tif")) if self.uncertainty else ()
        return samples + maps


def _working_bytes(options: UpscaleOptions, height: int, width: int, channels: int, bits: int) -> int:
    """The enlargement by a whole factor before it is reduced to the size asked for, and the map as it is made."""
    size = options.output_size(height, width)
    scale = math.ceil(options.factor(height, width) - 1e-9)
    larger = height * width * scale**2
    whole = size in ((height * scale, width * scale), (height, width))
    return (0 if whole else larger * channels * bits // 8) + (4 * larger if options.uncertainty else 0)


def _load(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_vae_sr.infer import load

    return load((weights,) if weights else (WEIGHTS, PHOTO_WEIGHTS), runtime)


def _train(spec: TrainSpec) -> None:
    from restore_vae_sr.train import train

    train(spec)


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Describe the upscaler."""
    return [
        RestorerSpec(
            name="vae-sr",
            task="upscale",
            summary="Conditional variational autoencoder; says where it had to invent",
            options=UpscaleOptions,
            load=_load,
            output_size=UpscaleOptions.output_size,
            scales="up to x4",
            companions=UpscaleOptions.companions,
            working_bytes=_working_bytes,
            size_rule=SizeRule(multiple=1, halo=12),
            weights=WEIGHTS,
            train=_train,
            sources=(
                "Kingma, Welling: Auto-encoding variational Bayes, ICLR 2014",
                "Sohn, Lee, Yan: Learning structured output representation using deep conditional generative models, "
                "NeurIPS 2015",
                "Rybkin, Daniilidis, Levine: Simple and effective VAE training with calibrated decoders, ICML 2021",
                "Lim et al.: Enhanced deep residual networks for single image super-resolution, CVPR workshops 2017",
                "Shi et al.: Real-time single image and video super-resolution using an efficient sub-pixel "
                "convolutional neural network, CVPR 2016",
                "Irani, Peleg: Improving resolution by image registration, CVGIP 1991",
            ),
            default=True,
        )
    ]
