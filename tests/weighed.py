"""A plugin whose model has weights: it makes pictures as dark as its one tensor says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from restore.errors import WeightsError
from restore.image import Image, Observation
from restore.spec import Options, Restorer, RestorerSpec, Runtime, TrainSpec, hookimpl
from restore.weights import load, save


def written(path: Path, factor: float = 0.5, model: str = "dimmer", *, size: int = 1, **header: str) -> Path:
    """Write weights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {"model": model, "steps": "7", "command": f"restore train {model} photos", **header}
    save(path, {"factor": torch.full((size,), factor)}, said)
    return path


class Dimmer:
    """Multiplies by its factor."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def restore(self, observation: Observation, options: Options) -> Image:
        """Make it darker."""
        image = observation.image
        return image.with_pixels((image.pixels * self.factor).astype(image.pixels.dtype))


@dataclass(eq=False)
class Weighed:
    """The plugin.

    Attributes:
        shipped: Its weights, of one number.
    """

    shipped: Path

    def load(self, weights: Path | None, runtime: Runtime) -> Restorer:
        """Read the factor; of a tensor that does not fit, say so."""
        path = weights or self.shipped
        factor = load(path, "dimmer")[0]["factor"]
        if factor.numel() != 1:
            raise WeightsError("the weights do not fit.", path=path, hint="Train again.")
        return Dimmer(float(np.float64(factor.item())))

    def train(self, spec: TrainSpec) -> None:
        """Nothing to learn."""

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One with weights, one that never has any."""
        return [
            RestorerSpec("dimmer", "dim", "Dims.", Options, self.load, weights=self.shipped, train=self.train),
            RestorerSpec("plainly", "dim", "Dims without weights.", Options, lambda weights, runtime: Dimmer(0.25)),
        ]
