"""The description of `damage-unet` and its options. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from restore.spec import Makes, Options, Restorer, RestorerSpec, Runtime, SizeRule, TrainSpec, hookimpl

WEIGHTS = Path(__file__).with_name("weights") / "damage-unet.safetensors"


class DetectOptions(Options):
    """Options of `damage-unet`."""

    threshold: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="Above which probability a pixel is damaged, in marks that are surer than that somewhere, or long "
        "and thin: higher marks less. The shipped weights are calibrated so that 0.5 marks next to nothing in clean "
        "photographs; 0.1 finds more, and more that is none.",
    )


def _working_bytes(options: DetectOptions, height: int, width: int, channels: int, bits: int) -> int:
    """What telling the pieces of a mask apart takes: their numbers, once as indices, and three masks."""
    return 15 * height * width


def _load(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_damage_unet.infer import load

    return load(weights or WEIGHTS, runtime)


def _train(spec: TrainSpec) -> None:
    from restore_damage_unet.train import train

    train(spec)


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Describe the detector."""
    return [
        RestorerSpec(
            name="damage-unet",
            task="detect",
            summary="Small U-Net that finds scratches, dust, dirt, hair and stains",
            options=DetectOptions,
            load=_load,
            makes=Makes.MASK,
            size_rule=SizeRule(multiple=32, halo=326),
            weights=WEIGHTS,
            train=_train,
            sources=(
                "Ronneberger, Fischer, Brox: U-Net: convolutional networks for biomedical image segmentation, "
                "MICCAI 2015",
                "Ivanova, Williamson, Henderson: Simulating analogue film damage to analyse and improve artefact "
                "restoration on high-resolution scans, Computer Graphics Forum 42 (Eurographics 2023)",
                "Serra: Image analysis and mathematical morphology, Academic Press 1982",
                "Jordan et al.: Muon: an optimizer for hidden layers in neural networks, 2024",
            ),
            default=True,
            working_bytes=_working_bytes,
        )
    ]
