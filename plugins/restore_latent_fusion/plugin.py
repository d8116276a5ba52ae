"""The description of `latent-fusion` and its options. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from restore.fusing import Fusing, companions_of
from restore.spec import Needs, Options, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl

if TYPE_CHECKING:
    import click

WEIGHTS = Path(__file__).with_name("weights") / "latent-fusion.safetensors"
FUSING = SizeRule(multiple=16, halo=216)
"""How far the fuser sees: encoder, attention and decoder one after the other."""
STYLING = SizeRule(multiple=16, halo=183)
"""How far encoder and decoder see; the statistics between them are the whole picture's."""


class FuseOptions(Fusing):
    """Options of `latent-fusion`."""


class StyleOptions(Options):
    """Options of `latent-style`."""

    style: Path = Field(description="The picture to take the style from: colours, contrast, grain of its surfaces.")
    strength: float = Field(1.0, ge=0, le=1, description="How far to go; 0 changes nothing.")
    method: Literal["adain", "wct"] = Field(
        "adain",
        description="'adain' gives every latent variable the mean and spread it has in the style; 'wct' (whitening and "
        "colouring) what they have to do with each other too, which goes further.",
    )


def _working_bytes(options: FuseOptions, height: int, width: int, channels: int, bits: int) -> int:
    """Combined features, what the decoder makes of them, and what it says, of 4 bytes per pixel each; measured."""
    return 12 * height * width


def _frame_bytes(options: FuseOptions, height: int, width: int, channels: int, bits: int) -> int:
    """Features in half precision, weights at half of the resolution; measured and rounded up."""
    return 7 * height * width // 2


def _load(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_latent_fusion.infer import load

    return load(weights or WEIGHTS, runtime)


def _load_styler(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_latent_fusion.stylize import load

    return load(weights or WEIGHTS, runtime)


def _styling_bytes(options: StyleOptions, height: int, width: int, channels: int, bits: int) -> int:
    """Latents before and after and while they are made, and the detail in half precision; measured and rounded up."""
    return 36 * height * width


def _train(spec: TrainSpec) -> None:
    from restore_latent_fusion.train import train

    train(spec)


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Describe the fuser, and the styler that shares its weights."""
    return [
        RestorerSpec(
            name="latent-fusion",
            task="fuse",
            summary="Autoencoder whose latents of all frames are combined by attention: brackets, focus, infrared",
            options=FuseOptions,
            load=_load,
            needs=Needs.FRAMES,
            companions=companions_of,
            working_bytes=_working_bytes,
            frame_bytes=_frame_bytes,
            size_rule=FUSING,
            weights=WEIGHTS,
            train=_train,
            sources=(
                "Kingma, Welling: Auto-encoding variational Bayes, ICLR 2014",
                "Li, Wu: DenseFuse: a fusion approach to infrared and visible images, IEEE TIP 2019",
                "Ma, Duanmu, Zhu, Fang, Wang: Deep guided learning for fast multi-exposure image fusion, IEEE TIP 2020",
                "Ma, Zeng, Wang: Perceptual quality assessment for multi-exposure image fusion, IEEE TIP 2015",
                "Ma et al.: SwinFusion: cross-domain long-range learning for general image fusion, IEEE/CAA JAS 2022",
                "Jordan et al.: Muon: an optimizer for hidden layers in neural networks, 2024",
            ),
            default=True,
        ),
        RestorerSpec(
            name="latent-style",
            task="stylize",
            summary="The look of another picture: statistics of its latents, in the latents of latent-fusion",
            options=StyleOptions,
            load=_load_styler,
            working_bytes=_styling_bytes,
            size_rule=STYLING,
            weights=WEIGHTS,
            sources=(
                "Huang, Belongie: Arbitrary style transfer in real-time with adaptive instance normalization, ICCV "
                "2017",
                "Li et al.: Universal style transfer via feature transforms, NeurIPS 2017",
            ),
            default=True,
        ),
    ]


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add `blend`, which has two pictures in and may have a moving one out."""
    from restore_latent_fusion.commands import blend

    cli.add_command(blend)
