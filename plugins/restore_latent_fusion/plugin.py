"""The description of `latent-fusion` and its options. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from restore.fusing import Fusing, companions_of
from restore.spec import Needs, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl

WEIGHTS = Path(__file__).with_name("weights") / "latent-fusion.safetensors"


class FuseOptions(Fusing):
    """Options of `latent-fusion`."""


def _working_bytes(options: FuseOptions, height: int, width: int, channels: int, bits: int) -> int:
    """Of one frame: its features at 1/8 of the resolution in half precision, and its weights at 1/2 in single."""
    return 3 * height * width


def _load(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_latent_fusion.infer import load

    return load(weights or WEIGHTS, runtime)


def _train(spec: TrainSpec) -> None:
    from restore_latent_fusion.train import train

    train(spec)


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Describe the fuser."""
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
            size_rule=SizeRule(multiple=16, halo=400),
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
        )
    ]
