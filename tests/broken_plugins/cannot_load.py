"""Models that are described well and fail when they are wanted."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from restore.errors import DeviceError
from restore.spec import Options, Restorer, RestorerSpec, Runtime, hookimpl


def crash(weights: Path | None, runtime: Runtime) -> Restorer:
    raise RuntimeError("size mismatch for head.weight\nsecond line")


def nothing(weights: Path | None, runtime: Runtime) -> None:
    return None


def no_device(weights: Path | None, runtime: Runtime) -> Restorer:
    raise DeviceError("there is no such device.")


CRASHES = RestorerSpec(name="crashes", task="denoise", summary="Crashes.", options=Options, load=crash)
SPECS = [
    CRASHES,
    replace(CRASHES, name="loads-nothing", load=nothing),  # type: ignore[arg-type]
    replace(CRASHES, name="needs-much", requires=("a_package_that_is_not_there", "json")),
    replace(CRASHES, name="no-device", load=no_device),
    replace(CRASHES, name="no-weights", weights=Path("not_there.safetensors")),
]


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    return SPECS
