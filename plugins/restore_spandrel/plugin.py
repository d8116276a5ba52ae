"""The descriptions of `spandrel` for each task, and their options. Free of torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from restore.enlarging import Enlarging
from restore.errors import InputError, WeightsError
from restore.spec import Needs, Options, Restorer, RestorerSpec, Runtime, hookimpl
from restore_spandrel.contents import DEJPEG, DENOISE, INPAINT, NAME, UPSCALE, Network, check_task, described

LARGEST = 16
"""The largest factor that a network may have."""

_SOURCES = (
    "spandrel, the library that knows the architectures: https://github.com/chaiNNer-org/spandrel",
    "OpenModelDB, where people share models for it: https://openmodeldb.info",
)


def _network() -> Any:  # noqa: ANN401  pydantic's own type for fields
    return Field(default=None, description="Read from the weights file.", json_schema_extra={"readOnly": True})


class UpscaleOptions(Enlarging):
    """Options of `spandrel` for enlargements."""

    scale: Annotated[float, Field(gt=1, le=LARGEST)] | None = Field(
        default=None,
        description="How many times larger; as many as the network does where neither this nor --size nor --max-side "
        "is given. Less is done by the network and a reduction.",
    )
    network: Network | None = _network()

    @model_validator(mode="before")
    @classmethod
    def _twice_by_default(cls, given: Any) -> Any:  # noqa: ANN401  whatever pydantic is given
        """What nothing is said of is not twice here, but what the network does."""
        return given

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width of the result; see `Enlarging.output_size`.

        Raises:
            InputError: The picture would be enlarged more than the network does.
        """
        factor = self.factor(height, width)
        if self.network is not None and factor > self.network.scale + 1e-9:
            raise InputError(
                f"cannot be enlarged {factor:.3g} times: this network enlarges {self.network.scale} times.",
                hint="Ask for less, or enlarge the result once more.",
            )
        return super().output_size(height, width)


class MendOptions(Options):
    """Options of `spandrel` for networks that keep a picture's size."""

    strength: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="How much of the network's work: 0 leaves the picture as it is, 1 takes all.",
    )
    network: Network | None = _network()


class InpaintOptions(Options):
    """Options of `spandrel` for networks that fill holes."""

    network: Network | None = _network()


def _complete_enlarging(options: UpscaleOptions, weights: Path) -> UpscaleOptions:
    """Enlarge as much as the network does, where nothing else is asked for."""
    network = described(weights)
    check_task(network, UPSCALE, weights)
    if network.scale > LARGEST:
        hint = f"Networks up to {LARGEST} times are run."
        raise WeightsError(f"this network enlarges {network.scale} times.", path=weights, hint=hint)
    said = any((options.scale, options.size, options.max_side))
    if options.scale is not None and options.scale > network.scale:
        raise InputError(
            f"--scale {options.scale:g} is more than the {network.scale} times of the network in {weights.name}.",
            hint="Leave --scale out, or enlarge the result once more.",
        )
    return options.model_copy(update={"network": network} | ({} if said else {"scale": float(network.scale)}))


def _complete(task: str, options: Any, weights: Path) -> Any:  # noqa: ANN401  the options of either task
    network = described(weights)
    check_task(network, task, weights)
    return options.model_copy(update={"network": network})


def _working_bytes(options: UpscaleOptions, height: int, width: int, channels: int, bits: int) -> int:
    """The enlargement by the network's own factor before it is reduced, and the floats that two rows of tiles share."""
    from restore_spandrel.spans import FEATHER

    scale = LARGEST if options.network is None else options.network.scale
    whole = options.output_size(height, width) == (height * scale, width * scale)
    return (
        0 if whole else height * width * scale**2 * channels * bits // 8
    ) + FEATHER * width * scale**2 * channels * 4


def _bytes_of_seams(options: Options, height: int, width: int, channels: int, bits: int) -> int:
    """The floats that two rows of tiles share; of an inpainter, a copy of the picture."""
    from restore_spandrel.spans import FEATHER

    copied = height * width * channels * bits // 8 if isinstance(options, InpaintOptions) else 0
    return copied + FEATHER * width * channels * 4


def _load(task: str, weights: Path | None, runtime: Runtime) -> Restorer:
    from restore_spandrel.infer import load

    if weights is None:
        hint = "Give a file with --weights FILE."
        raise WeightsError("spandrel has no weights of its own; it runs those that you have.", hint=hint)
    return load(task, weights, runtime)


def _mender(task: str, summary: str) -> RestorerSpec:
    return RestorerSpec(
        name=f"{NAME}-{task}",
        task=task,
        summary=summary,
        options=MendOptions,
        load=partial(_load, task),
        working_bytes=_bytes_of_seams,
        sources=_SOURCES,
        requires=("spandrel",),
        complete=partial(_complete, task),
    )


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    """Describe one restorer per task; `-m spandrel` will do for each."""
    return [
        RestorerSpec(
            name=NAME,
            task=UPSCALE,
            summary="Your own model file, of any of the community's 42 architectures (ESRGAN, SwinIR, DAT, SPAN …)",
            options=UpscaleOptions,
            load=partial(_load, UPSCALE),
            output_size=UpscaleOptions.output_size,
            scales="the network's",
            working_bytes=_working_bytes,
            sources=_SOURCES,
            requires=("spandrel",),
            complete=_complete_enlarging,
        ),
        _mender(DENOISE, "Your own model file that mends pictures in their size (SCUNet, NAFNet, DRUNet, SwinIR x1 …)"),
        _mender(DEJPEG, "Your own model file that takes away what JPEG did (FBCNN, SwinIR x1, DnCNN …)"),
        RestorerSpec(
            name=f"{NAME}-{INPAINT}",
            task=INPAINT,
            summary="Your own model file that fills holes (LaMa)",
            options=InpaintOptions,
            load=partial(_load, INPAINT),
            needs=Needs.IMAGE_AND_MASK,
            working_bytes=_bytes_of_seams,
            sources=_SOURCES,
            requires=("spandrel",),
            complete=partial(_complete, INPAINT),
        ),
    ]
