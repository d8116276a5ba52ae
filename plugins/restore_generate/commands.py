"""The group `generate` and its command `train`. Imports nothing heavy until a command is called."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal, cast

import click

from restore.duration import Duration
from restore.errors import UsageError
from restore.spec import TrainSpec
from restore_generate.architecture import MODELS, Model
from restore_generate.coding_commands import compress, expand
from restore_generate.judging_commands import judge
from restore_generate.sampling_commands import augment, interpolate, reconstruct, sample
from restore_generate.seeing_commands import animate, map_, uncertainty, web


@click.group(short_help="Learn to make pictures: autoencoders, VAEs, a GAN.")
def generate() -> None:
    """Learn to make pictures like given ones, and make them.

    For small pictures (32 or 64 pixels). What these models make is invented: nothing of it restores a photograph.
    """


@generate.command(short_help="Train a model on a folder of pictures.")
@click.argument("model", type=click.Choice(MODELS))
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Weights file to write.")
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    help="Folder for checkpoint, log (CSV), sample grids and frames.  [default: OUTPUT without suffix + '-training']",
)
@click.option("--max-time", type=Duration(), default="1h", show_default=True, help="Train this long: 90s, 30m, 2h.")
@click.option("--max-steps", type=click.IntRange(min=1), help="Stop after this many optimiser steps.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in the work folder.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of everything random.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option("--precision", type=click.Choice(["auto", "float32", "bfloat16"]), default="auto", show_default=True)
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting of the training, see docs.")
def train(
    model: str,
    data: tuple[Path, ...],
    output: Path,
    work: Path | None,
    max_time: float,
    max_steps: int | None,
    resume: bool,
    seed: int,
    device: str,
    precision: str,
    settings: tuple[str, ...],
) -> None:
    """Train MODEL on the pictures in the folders DATA and write its weights.

    DATA is a folder of pictures; one with a subfolder for each class; or one with MNIST (MNIST/raw) or CIFAR-10
    (cifar-10-batches-py) as they are published. Nothing is downloaded. cvae and classifier need classes.

    A checkpoint is written at every report and on Ctrl-C; --resume goes on from it.
    """
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("restore").setLevel(logging.INFO)
    if output.suffix != ".safetensors":
        raise UsageError("weights are written as safetensors.", path=output, hint="End the name in .safetensors.")
    work = work or output.with_name(f"{output.stem}-training")
    if (work / "checkpoint.pt").exists() and not resume:
        hint = "Add --resume, or name another --work."
        raise UsageError("holds the checkpoint of an earlier training.", path=work, hint=hint)
    spec = TrainSpec(
        data=data,
        output=output,
        work=work,
        max_time=max_time,
        max_steps=max_steps,
        resume=resume,
        seed=seed,
        device=device,
        precision=cast(Literal["auto", "float32", "bfloat16"], precision),
        settings=_pairs(settings),
    )
    try:
        _train(cast(Model, model), spec)
    except KeyboardInterrupt:
        click.echo(f"stopped; the checkpoint is in {work}, the same command with --resume goes on", err=True)
        raise
    click.echo(f"wrote {output}; log and sample grids are in {work}")


def _train(model: Model, spec: TrainSpec) -> None:
    if model == "dcgan":
        from restore_generate.train_gan import train as learn
    elif model == "classifier":
        from restore_generate.train_classifier import train as learn
    else:
        from restore_generate.train import train as learn_bound

        learn_bound(spec, model)
        return
    learn(spec)


def _pairs(settings: tuple[str, ...]) -> dict[str, str]:
    """``("a=1", "b=2")`` as a dictionary."""
    for text in settings:
        if "=" not in text:
            raise UsageError(f"--set {text} has no value.", hint="Write --set NAME=VALUE.")
    return {text.split("=", 1)[0]: text.split("=", 1)[1] for text in settings}


for command in (sample, interpolate, reconstruct, augment, compress, expand, judge, animate, map_, uncertainty, web):
    generate.add_command(command)
