"""The descriptions of `conv-dae` and `conv-dae-jpeg` and their options. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from restore.spec import Options, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl

WEIGHTS = Path(__file__).with_name("weights") / "conv-dae.safetensors"
JPEG_WEIGHTS = WEIGHTS.with_name("conv-dae-jpeg.safetensors")


class DenoiseOptions(Options):
    """Options of `conv-dae`."""

    sigma: Annotated[float, Field(ge=0, le=75)] | Literal["auto"] = Field(
        default="auto",
        description="Standard deviation of the noise in 8-bit grey levels, 0 to 75; 'auto' estimates it locally.",
    )
    strength: float = Field(
        default=1.0,
        ge=0,
        le=1.5,
        description="How much of the noise to remove: 0 leaves the picture as it is, 1 removes all that is seen, "
        "more smooths further.",
    )


class DejpegOptions(Options):
    """Options of `conv-dae-jpeg`."""

    saved_at: Annotated[float, Field(ge=1, le=100)] | Literal["auto", "seen"] = Field(
        default="auto",
        description="The libjpeg quality that the picture was saved with, 1 to 100; 'auto' reads it from the file, or "
        "from the pixels where it was saved again; 'seen' lets the network judge every place by itself (collages).",
    )
    strength: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="How much of the traces to remove: 0 leaves the picture as it is, 1 removes all that is seen.",
    )


def _load(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_conv_dae.infer import load

    return load(weights or WEIGHTS, runtime)


def _train(spec: TrainSpec) -> None:
    from restore_conv_dae.train import train

    train(spec)


def _load_jpeg(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_conv_dae.jpeg_infer import load

    return load(weights or JPEG_WEIGHTS, runtime)


def _train_jpeg(spec: TrainSpec) -> None:
    from restore_conv_dae.jpeg_recipe import SAVED
    from restore_conv_dae.train import train

    train(spec, SAVED)


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Describe the denoiser, and the same networks trained to mend JPEG."""
    return [
        RestorerSpec(
            name="conv-dae",
            task="denoise",
            summary="Convolutional denoising autoencoder; finds the noise level itself",
            options=DenoiseOptions,
            load=_load,
            size_rule=SizeRule(multiple=8, halo=78),
            weights=WEIGHTS,
            train=_train,
            sources=(
                "Zhang, Zuo, Zhang: FFDNet: toward a fast and flexible solution for CNN-based image denoising, "
                "IEEE TIP 2018",
                "Ronneberger, Fischer, Brox: U-Net: convolutional networks for biomedical image segmentation, "
                "MICCAI 2015",
                "Mohan et al.: Robust and interpretable blind image denoising via bias-free CNNs, ICLR 2020",
                "Guo et al.: Toward convolutional blind denoising of real photographs, CVPR 2019",
                "Brooks et al.: Unprocessing images for learned raw denoising, CVPR 2019",
            ),
            default=True,
        ),
        RestorerSpec(
            name="conv-dae-jpeg",
            task="dejpeg",
            summary="Networks of the same kind for the traces of JPEG: blocks, rings, lost colour",
            options=DejpegOptions,
            load=_load_jpeg,
            size_rule=SizeRule(multiple=8, halo=86),
            weights=JPEG_WEIGHTS,
            train=_train_jpeg,
            sources=(
                "Zhang et al.: Beyond a Gaussian denoiser: residual learning of deep CNN for image denoising, "
                "IEEE TIP 2017",
                "Jiang, Zhang, Timofte: Towards flexible blind JPEG artifacts removal, ICCV 2021",
            ),
            default=True,
        ),
    ]
