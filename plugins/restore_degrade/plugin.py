"""The description of `spoil`, and of what tells its truth and its mask. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from restore.degradations.options import Spoiling, SpoilOptions
from restore.spec import Makes, Restorer, RestorerSpec, Runtime, hookimpl

FLOATS = {"camera": 16, "fading": 12, "jpeg": 10}
"""Floats per channel and pixel that the hungrier kinds hold at a time, as measured; the others at most `OTHERS`."""

OTHERS, AROUND = 9, 3
"""What any other kind holds; and what lies round a step: the picture, what was made of it so far, a mask."""

_SOURCES = (
    "Foi et al.: Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data, IEEE TIP 2008",
    "Brooks et al.: Unprocessing images for learned raw denoising, CVPR 2019",
    "Wei et al.: A physics-based noise formation model for extreme low-light raw denoising, CVPR 2020",
    "Frey, Gschwind: Mathematical bleaching models for photographic three-color materials, JIST 1994",
    "Ivanova, Williamson, Henderson: Simulating analogue film damage, Computer Graphics Forum 2023",
    "ITU-T T.81 (JPEG), Annex K",
)


def _working_bytes(options: Spoiling, height: int, width: int, channels: int, bits: int) -> int:
    most = max(FLOATS.get(step.kind, OTHERS) for step in options.steps())
    return height * width * 3 * 4 * (most + AROUND)


def _load_spoil(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_degrade.infer import Spoiler

    return Spoiler.on(runtime)


def _load_truth(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_degrade.infer import Truth

    return Truth()


def _load_mask(weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_degrade.infer import DamageMask, Spoiler

    return DamageMask(Spoiler.on(runtime))


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Describe what spoils, and what tells afterwards what was there before and where the damage is."""
    return [
        RestorerSpec(
            name="spoil",
            task="degrade",
            summary="Noise, blur, reduction, compression, ageing, damage; single or chained",
            options=SpoilOptions,
            load=_load_spoil,
            output_size=Spoiling.output_size,
            scales="1/16 to x1",
            sources=_SOURCES,
            default=True,
            working_bytes=_working_bytes,
        ),
        RestorerSpec(
            name="spoil-truth",
            task="degrade",
            summary="What spoil's result should be restored to: the picture, cropped to what a reduction shows",
            options=SpoilOptions,
            load=_load_truth,
            output_size=Spoiling.truth_size,
        ),
        RestorerSpec(
            name="spoil-mask",
            task="degrade",
            summary="Where spoil's damage lies, as a mask",
            options=SpoilOptions,
            load=_load_mask,
            makes=Makes.MASK,
            sources=_SOURCES,
            working_bytes=_working_bytes,
        ),
    ]
