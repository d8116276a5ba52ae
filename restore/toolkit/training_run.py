"""How far a training is: its clock, rates, checkpoint and weights file. The loop itself is each plugin's own."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from restore import __version__
from restore.errors import DeviceError
from restore.spec import TrainSpec
from restore.toolkit.training import (
    Interruption,
    MovingAverage,
    command,
    cosine_rate,
    load_checkpoint,
    save_checkpoint,
    take_weights,
    trains_in_bf16,
)
from restore.weights import save as save_weights


def fabric_of(spec: TrainSpec) -> Fabric:
    """The machine to train on, seeded; in bf16 where that is faster (weights, losses and average stay float32)."""
    accelerator = "auto" if spec.device == "auto" else spec.device.split(":")[0]
    fabric = Fabric(accelerator=accelerator, devices=1, precision="bf16-mixed" if trains_in_bf16(spec) else "32-true")
    fabric.seed_everything(spec.seed, verbose=False)
    return fabric


class TrainingRun:
    """What a loop asks and tells while it runs; goes on from the checkpoint in `TrainSpec.work` where that is asked.

    A loop reads: ``while not run.stopping: run.begin() … run.step += 1 … run.save()``, then ``run.finish()``.

    Args:
        spec: Of the training.
        networks: All networks that learn, by their names in the checkpoint.
        optimizers: All optimisers, by their names in the checkpoint.
        rates: Peak learning rates of those whose rate follows the schedule.
        average: Of the weights that are judged and shipped.

    Attributes:
        step: Steps done, resumed ones included.
        spent: Seconds of training, resumed ones included, when the present step began.
        progress: Share of the training that is over, 0 to 1, by time or by steps.
        rate: Present learning rate as a share of its peak.
        stopping: Whether the present step is the last.
        seed: For everything drawn in this part of the training: a resumed one does not see the same crops again.

    Raises:
        InputError: There is no checkpoint to go on from.
        WeightsError: The one that there is does not fit these networks.
    """

    def __init__(
        self,
        spec: TrainSpec,
        networks: Mapping[str, nn.Module],
        optimizers: Mapping[str, Optimizer],
        rates: Mapping[str, float],
        average: MovingAverage,
    ) -> None:
        self.spec = spec
        self.networks = networks
        self.optimizers = optimizers
        self.rates = rates
        self.average = average
        self.checkpoint = spec.work / "checkpoint.pt"
        self.step, self.spent, self.best = 0, 0.0, float("-inf")
        self.progress, self.rate, self.stopping = 0.0, 0.0, False
        if spec.resume:
            self._resume()
        self.seed = spec.seed + self.step
        self._first = self.step
        self._begun: float | None = None
        self._started = time.monotonic() - self.spent
        self._interruption: Interruption | None = None

    def _resume(self) -> None:
        state = load_checkpoint(self.checkpoint)
        for name, network in self.networks.items():
            take_weights(network, state[name], self.checkpoint)
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(state[name])
        places = {name: value.device for name, value in self.average.values.items()}
        self.average.values = {name: value.to(places[name]) for name, value in state["average"].items()}
        self.average.steps = self.step = state["step"]
        self.spent, self.best = state["spent"], state["best"]

    def begin(self) -> None:
        """Begin a step: look at the clock and set the learning rates. From the first one on signals are requests."""
        self._interruption = self._interruption or Interruption()
        self.spent = time.monotonic() - self._started
        steps = self.spec.max_steps
        self.progress = max(self.spent / self.spec.max_time, (self.step + 1) / steps if steps else 0.0)
        self.stopping = self.progress >= 1 or self._interruption.requested
        if self._begun is None:
            self._begun = self.progress
        self.rate = cosine_rate(self.progress, 1.0, self.step - self._first, begun=self._begun)
        for name, peak in self.rates.items():
            for group in self.optimizers[name].param_groups:
                group["lr"] = self.rate * peak

    def check(self, loss: Tensor) -> None:
        """Stop a training that has gone wrong.

        Raises:
            DeviceError: The loss is NaN or infinite.
        """
        if not torch.isfinite(loss):
            if self._interruption is not None:
                self._interruption.release()
            raise DeviceError(
                f"the loss is no longer a number at step {self.step}.", hint="Resume with a lower rate (--set rate=…)."
            )

    def where(self) -> dict[str, float | int]:
        """The first columns of every log: "seconds", "step" and "rate"."""
        return {"seconds": self.spent, "step": self.step, "rate": self.rate}

    def is_best(self, mark: float) -> bool:
        """Whether a mark is better than all before; it is remembered then."""
        better = mark > self.best
        self.best = max(mark, self.best)
        return better

    def save(self) -> None:
        """Write the checkpoint: networks, optimisers, average, and where the training stands."""
        parts: dict[str, Any] = {"average": self.average.values, "step": self.step, "spent": self.spent}
        networks = {name: network.state_dict() for name, network in self.networks.items()}
        optimizers = {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()}
        save_checkpoint(self.checkpoint, parts | {"best": self.best} | networks | optimizers)

    def finish(self) -> None:
        """Give the signals back.

        Raises:
            KeyboardInterrupt: The loop ended because somebody wanted it to.
        """
        if self._interruption is not None:
            self._interruption.finish()

    def export(
        self,
        model: str,
        tensors: Mapping[str, Tensor],
        architecture: Mapping[str, object],
        settings: Mapping[str, object],
        digest: str,
        scores: Mapping[str, float],
        further: Mapping[str, str] | None = None,
    ) -> None:
        """Write weights with their provenance to `TrainSpec.output`.

        Args:
            model: Name of the restorer.
            tensors: The weights.
            architecture: What the network is built from again.
            settings: Of the training, all of them.
            digest: SHA-256 of the data, see `restore.toolkit.patches.Photographs`.
            scores: What validation says of these weights.
            further: More for the header.
        """
        header = {
            "model": model,
            "version": __version__,
            "command": command(self.spec, model),
            "config": json.dumps(dict(architecture)),
            "settings": json.dumps(dict(settings)),
            "data": digest,
            "steps": str(self.step),
            "seconds": f"{self.spent:.0f}",
            "seed": str(self.spec.seed),
            "metrics": json.dumps({name: round(value, 4) for name, value in scores.items()}),
        }
        contiguous = {name: value.contiguous() for name, value in tensors.items()}
        save_weights(self.spec.output, contiguous, header | dict(further or {}))
