"""Nothing is wrong with this one: it must keep working whatever the others do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import numpy as np

from restore.engine import Job, Report
from restore.hookspecs import Metric
from restore.image import Image, Observation, Pixels
from restore.spec import Options, RestorerSpec, Runtime, hookimpl

runs_seen: list[tuple[object, object]] = []


class Identity:
    """Gives back what it gets."""

    def restore(self, observation: Observation, options: Options) -> Image:
        return observation.image


def load(weights: Path | None, runtime: Runtime) -> Identity:
    return Identity()


SPEC = RestorerSpec(name="neighbour", task="denoise", summary="Changes nothing.", options=Options, load=load)


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    return [SPEC]


@hookimpl
def read_image(path: Path) -> Image | None:  # a hook need not ask for every argument
    return Image(np.zeros((2, 3, 1), np.uint8)) if path.suffix == ".neighbour" else None


@hookimpl
def write_image(image: Image, path: Path) -> Sequence[str] | None:
    if path.suffix != ".neighbour":
        return None
    path.write_bytes(image.pixels.tobytes())
    return ["It has no room for colour."]


def mean_difference(restored: Pixels, reference: Pixels) -> float:
    return float(np.mean(restored - reference))


@hookimpl
def provide_metrics() -> Mapping[str, Metric]:
    return {"mean-difference": mean_difference}


@hookimpl
def run_finished(job: Job, report: Report) -> None:
    runs_seen.append((job, report))


@click.command()
def greet() -> None:
    """Say hello."""
    click.echo("hello")


@hookimpl
def register_commands(cli: click.Group) -> None:
    cli.add_command(greet)
