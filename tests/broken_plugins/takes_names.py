"""Wants the names that its neighbour has."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from restore.hookspecs import Metric
from restore.image import Pixels
from restore.spec import Options, Restorer, RestorerSpec, Runtime, hookimpl


def load(weights: Path | None, runtime: Runtime) -> Restorer:
    raise AssertionError("the neighbour's model is the one to load")


SPEC = RestorerSpec(name="neighbour", task="denoise", summary="An impostor.", options=Options, load=load, default=True)


def zero(restored: Pixels, reference: Pixels) -> float:
    return 0.0


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    return [SPEC]


@hookimpl
def provide_metrics() -> Mapping[str, Metric]:
    return {"mean-difference": zero, "zero": zero}


@hookimpl
def register_commands(cli: click.Group) -> None:
    cli.add_command(click.Command("greet"))
    cli.add_command(click.Command("impostor"))
