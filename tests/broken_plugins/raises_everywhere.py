"""Every hook raises, each in its own way."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from restore.engine import Job, Report
from restore.hookspecs import Metric
from restore.image import Image
from restore.spec import RestorerSpec, hookimpl


@hookimpl
def provide_restorers() -> Sequence[RestorerSpec]:
    raise RuntimeError("no restorers today\nand a second line")


@hookimpl
def read_image(path: Path) -> Image | None:
    raise ValueError("bad header")


@hookimpl
def write_image(path: Path) -> Sequence[str] | None:
    raise ZeroDivisionError


@hookimpl
def provide_metrics() -> Mapping[str, Metric]:
    sys.exit(1)


@hookimpl
def run_finished(job: Job, report: Report) -> None:
    raise ConnectionError("the mail server is gone")


@hookimpl
def register_commands(cli: click.Group) -> None:
    cli.add_command(click.Command("half-done"))
    raise KeyError("greeting")
