"""The description of `gan-inpaint` and its options. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from restore.spec import Needs, Options, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl

WEIGHTS = Path(__file__).with_name("weights") / "gan-inpaint.safetensors"


class InpaintOptions(Options):
    """Options of `gan-inpaint`."""

    grain: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Give the filling the film grain or noise of what is round it; 'auto' where damage was found by "
        "--mask auto. Pictures without grain get none.",
    )
    self_ensemble: bool = Field(
        default=False,
        description="Fill in eight orientations and take the mean: nearer to what was there, softer in wide holes, and "
        "eight times the time.",
    )


def _working_bytes(options: InpaintOptions, height: int, width: int, channels: int, bits: int) -> int:
    """What the networks do not hold: masks by cells, a filling in grey for a colour picture, cells with grain."""
    filled = bits // 8 if channels >= 3 else 0
    grain = 0 if options.grain == "off" else 200 * min(height * width, 1 << 18)
    # The picture and its mask turned; one filling and the sum of all, at worst of every pixel.
    ensemble = (2 * bits // 8 * channels + 1 + 4 * channels) if options.self_ensemble else 0
    return height * width * (1 + filled + ensemble) + grain


def _load(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_gan_inpaint.infer import load

    return load(weights or WEIGHTS, runtime)


def _train(spec: TrainSpec) -> None:
    from restore_gan_inpaint.train import train

    train(spec)


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Describe the inpainter."""
    return [
        RestorerSpec(
            name="gan-inpaint",
            task="inpaint",
            summary="Gated convolutions trained against a discriminator: fills scratches, text, objects with texture",
            options=InpaintOptions,
            load=_load,
            needs=Needs.IMAGE_AND_MASK,
            working_bytes=_working_bytes,
            size_rule=SizeRule(multiple=16, halo=336),
            weights=WEIGHTS,
            train=_train,
            sources=(
                "Yu et al.: Free-form image inpainting with gated convolution, ICCV 2019",
                "Yi et al.: Contextual residual aggregation for ultra high-resolution image inpainting, CVPR 2020",
                "Miyato et al.: Spectral normalization for generative adversarial networks, ICLR 2018",
                "Mescheder, Geiger, Nowozin: Which training methods for GANs do actually converge?, ICML 2018",
                "Wang et al.: High-resolution image synthesis and semantic manipulation with conditional GANs, CVPR "
                "2018",
                "Norkin, Birkbeck: Film grain synthesis for AV1 video codec, DCC 2018",
                "Galerne, Gousseau, Morel: Random phase textures: theory and synthesis, IEEE TIP 2011",
                "Gortler et al.: The lumigraph (push-pull interpolation), SIGGRAPH 1996",
                "Jordan et al.: Muon: an optimizer for hidden layers in neural networks, 2024",
            ),
            default=True,
        )
    ]
