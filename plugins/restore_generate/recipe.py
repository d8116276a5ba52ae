"""What all trainings share: settings, the order of parameters, the moving average, and how weights are written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from restore import __version__
from restore.spec import TrainSpec
from restore.toolkit.training import MovingAverage, Positive, Share, Weight, command
from restore.toolkit.training_run import TrainingRun
from restore.weights import save
from restore_generate.architecture import Architecture, Model, weights_name

LATENTS: Mapping[Model, int] = MappingProxyType(
    {"ae": 128, "vae": 128, "cvae": 128, "bvae": 128, "vrnn": 16, "dcgan": 100, "classifier": 128}
)
"""Latent variables where nothing is said; 100 for `dcgan` as in its paper."""


GUIDED: Mapping[Model, float] = MappingProxyType({"vae": 0.0, "cvae": 3.0})
"""Models that a guide may look at, and its weight where nothing is said."""


@dataclass(frozen=True)
class Settings:
    """Settings of ``--set``; what a model does not use does nothing.

    Attributes:
        size: Height and width of the pictures, 32 or 64.
        grey: Whether to learn without colour.
        width: Channels at the finest level.
        latent: Latent variables, of each step with `vrnn`; features of the classifier;
            `LATENTS` where nothing is said.
        blocks: Residual blocks at each level.
        patch: Edge of `vrnn`'s patches in pixels; 0 for rows of the picture.
        batch: Pictures in a batch.
        rate: Peak learning rate of Adam; `dcgan` takes 2e-4 throughout, as its paper does, where nothing is said.
        inner_rate: Peak learning rate of Muon, for the inner kernels.
        beta: Weight of the divergence (Higgins et al.: beta-VAE, 2017); 1 is the bound itself.
        anneal: Share of the training in which that weight rises from 0 (Bowman et al., 2016).
        guide: `vae` and `cvae`: how many times as strongly as the bound the guide pulls at the decoder's last layer; 0
            for none; `GUIDED` where nothing is said.
        flips: Whether pictures may be mirrored; wrong for digits and letters.
        average: Weight of the past, per step, in the average of the weights that is judged and kept.
        report: Steps between two reports.
        frames: Sheets of the same samples kept for `restore generate animate` in the time in which the steps double; 0
            keeps none.
    """

    size: Annotated[int, Field(ge=32, le=64, multiple_of=32)] = 32
    grey: bool = False
    width: Positive = 32
    latent: Positive | None = None
    blocks: Positive = 1
    patch: Annotated[int, Field(ge=0, le=32)] = 4
    batch: Annotated[int, Field(ge=2)] = 64
    rate: Weight | None = None
    inner_rate: Weight = 0.01
    beta: Weight = 1.0
    anneal: Share = 0.1
    guide: Weight | None = None
    flips: bool = True
    average: Annotated[float, Field(ge=0, lt=1)] = 0.999
    report: Positive = 500
    frames: Annotated[int, Field(ge=0)] = 8

    def guided(self, model: Model) -> float:
        """The guide's weight for a model."""
        return GUIDED.get(model, 0.0) if self.guide is None or model not in GUIDED else self.guide

    def architecture(self, model: Model, classes: tuple[str, ...]) -> Architecture:
        """The sizes of a model."""
        latent = self.latent or LATENTS[model]
        return Architecture(
            model, self.size, 1 if self.grey else 3, classes, self.width, latent, self.blocks, self.patch
        )


class Average(MovingAverage):
    """A moving average that keeps counters as they are: batch norm has some."""

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the model's present parameters."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                self.values[name].lerp_(value.detach(), 1 - decay)
            else:
                self.values[name].copy_(value)


def inner_and_outer(network: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Kernels between features, for Muon; and all else, for Adam."""
    inner: list[nn.Parameter] = []
    outer: list[nn.Parameter] = []
    for name, parameter in network.named_parameters():
        between = parameter.dim() == 4 and not any(part in ("stem", "head", "told") for part in name.split("."))
        (inner if between else outer).append(parameter)
    return inner, outer


def export(
    run: TrainingRun,
    architecture: Architecture,
    tensors: Mapping[str, Tensor],
    settings: Settings,
    digest: str,
    scores: Mapping[str, float],
) -> None:
    """Write weights in half precision, with their provenance, to `TrainSpec.output`.

    Args:
        run: The training.
        architecture: What the model is built from again.
        tensors: The weights.
        settings: Of the training.
        digest: SHA-256 of the data.
        scores: What validation says of these weights.
    """
    spec: TrainSpec = run.spec
    said = {
        "model": weights_name(architecture.model),
        "version": __version__,
        "command": command(spec, architecture.model).replace("restore train", "restore generate train", 1),
        "config": json.dumps(architecture.as_dict()),
        "settings": json.dumps(asdict(settings)),
        "data": digest,
        "steps": str(run.step),
        "seconds": f"{run.spent:.0f}",
        "seed": str(spec.seed),
        "metrics": json.dumps({name: round(value, 4) for name, value in scores.items()}),
    }
    halves = {n: v.half().contiguous() if v.is_floating_point() else v.contiguous() for n, v in tensors.items()}
    save(spec.output, halves, said)
