"""The command `train`: hand a plugin's training routine its data and its limits."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal, cast

import click

from restore.duration import Duration
from restore.errors import PluginError, UsageError
from restore.plugin_manager import PluginManager
from restore.spec import TrainSpec


def commands(manager: PluginManager) -> list[click.Command]:
    """The command `train` over the manager's models."""

    @click.command(short_help="Train a model on folders of photographs.")
    @click.argument("model")
    @click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
    @click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Weights file to write.")
    @click.option(
        "--work",
        type=click.Path(path_type=Path),
        help="Folder for checkpoint, log (CSV) and picture grids.  [default: OUTPUT without suffix + '-training']",
    )
    @click.option("--max-time", type=Duration(), default="1h", show_default=True, help="Train this long: 90s, 30m, 2h.")
    @click.option("--max-steps", type=click.IntRange(min=1), help="Stop after this many optimiser steps.")
    @click.option("--resume", is_flag=True, help="Go on from the checkpoint in the work folder.")
    @click.option("--warm-start", type=click.Path(path_type=Path), help="Start from these weights.")
    @click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything random.")
    @click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
    @click.option("--precision", type=click.Choice(["auto", "float32", "bfloat16"]), default="auto", show_default=True)
    @click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the model's training.")
    def train(
        model: str,
        data: tuple[Path, ...],
        output: Path,
        work: Path | None,
        max_time: float,
        max_steps: int | None,
        resume: bool,
        warm_start: Path | None,
        seed: int,
        device: str,
        precision: str,
        settings: tuple[str, ...],
    ) -> None:
        """Train MODEL on the photographs in the folders DATA and write its weights.

        The best weights so far are written at every report; Ctrl-C saves a checkpoint that --resume goes on from.
        """
        logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
        logging.getLogger("restore").setLevel(logging.INFO)
        spec = manager.restorer(model)
        if spec.train is None:
            raise PluginError(f"{model} has nothing to train.", hint="`restore models` shows which models do.")
        work = work or output.with_name(f"{output.stem}-training")
        if (work / "checkpoint.pt").exists() and not resume:
            raise UsageError(
                "holds the checkpoint of an earlier training.", path=work, hint="Add --resume, or name another --work."
            )
        job = TrainSpec(
            data=data,
            output=output,
            work=work,
            max_time=max_time,
            max_steps=max_steps,
            resume=resume,
            seed=seed,
            device=device,
            precision=cast(Literal["auto", "float32", "bfloat16"], precision),
            warm_start=warm_start,
            settings=_pairs(settings),
        )
        try:
            spec.train(job)
        except KeyboardInterrupt:
            click.echo(f"stopped; the checkpoint is in {work}, the same command with --resume goes on", err=True)
            raise
        click.echo(f"wrote {output}; log and picture grids are in {work}")

    return [train]


def _pairs(settings: tuple[str, ...]) -> dict[str, str]:
    """``("a=1", "b=2")`` as a dictionary."""
    for text in settings:
        if "=" not in text:
            raise UsageError(f"--set {text} has no value.", hint="Write --set NAME=VALUE.")
    return {text.split("=", 1)[0]: text.split("=", 1)[1] for text in settings}
