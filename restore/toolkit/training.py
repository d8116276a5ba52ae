"""The parts a training loop is made of: settings, moving average, rate, checkpoint, log, picture grid. No Trainer."""

from __future__ import annotations

import csv
import math
import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import cv2
import numpy as np
import torch
from pydantic import Field, TypeAdapter, ValidationError
from torch import Tensor, nn

from restore.errors import InputError, UsageError, WeightsError
from restore.spec import TrainSpec
from restore.weights import header

Settings = TypeVar("Settings")

Positive = Annotated[int, Field(ge=1)]
"""The type of a setting that counts something: 1 or more."""
AnyNumber = Annotated[int, Field(ge=0)]
"""The same where there may be none."""
Rate = Annotated[float, Field(ge=0)]
"""A learning rate; 0 leaves what it is for as it is."""
Weight = Annotated[float, Field(ge=0)]
"""How much something counts: 0 or more."""
Share = Annotated[float, Field(ge=0, le=1)]
"""A part of a whole, 0 to 1."""
Sixteens = Annotated[int, Field(ge=16, multiple_of=16)]
"""The edge of crops for a network that halves the resolution up to four times."""
Counts = Annotated[str, Field(pattern=r"^[1-9]\d*(-[1-9]\d*)*$")]
"""Several counts in one: "64-128-192"."""
_NUMBER = r"([1-9]\d*(\.\d+)?|0\.\d*[1-9]\d*)"
Numbers = Annotated[str, Field(pattern=rf"^{_NUMBER}(-{_NUMBER})*$")]
"""Several numbers above 0 in one: "1-0.7-0.5"."""


def parse_settings(kind: type[Settings], spec: TrainSpec, model: str) -> Settings:
    """Read what was given with ``--set name=value``.

    Args:
        kind: A dataclass of settings with defaults, its types those above or any other that pydantic knows. What it
            says of settings that do not go together is told as well: a ``ValueError`` of its ``__post_init__``.
        spec: Of the training.
        model: Name of the restorer, for the messages.

    Raises:
        UsageError: A name is unknown or a value is not allowed.
    """
    names = list(getattr(kind, "__dataclass_fields__", {}))
    for name in spec.settings:
        if name not in names:
            raise UsageError(f"{model} has no training setting {name!r}.", hint=f"There are {', '.join(names)}.")
    try:
        return TypeAdapter(kind).validate_python(spec.settings)
    except ValidationError as error:
        found = error.errors()
        if not found[0]["loc"]:  # of no setting alone
            raise UsageError(f"the training settings do not go together: {found[0]['ctx']['error']}.") from error
        wrong = "; ".join(f"{e['loc'][0]}={e['input']}: {e['msg']}" for e in found)
        raise UsageError(f"a training setting cannot be read: {wrong}.") from error


def command(spec: TrainSpec, model: str) -> str:
    """The command that makes these weights again; files and folders by their names, since machines differ."""
    words = [f"restore train {model}", *(f.name for f in spec.data), f"-o {spec.output.name}"]
    words += [f"--max-time {spec.max_time:.0f}s", f"--seed {spec.seed}"]
    words += [f"--max-steps {spec.max_steps}"] if spec.max_steps else []
    words += [f"--warm-start {spec.warm_start.name}"] if spec.warm_start else []
    told = {name: Path(value).name if Path(value).is_absolute() else value for name, value in spec.settings.items()}
    return " ".join(words + [f"--set {name}={value}" for name, value in told.items()])


def trains_in_bf16(spec: TrainSpec) -> bool:
    """Whether bf16 is wanted and pays: on GPUs that have it, and on CPUs with bf16 instructions."""
    if spec.precision not in ("auto", "bfloat16"):
        return False
    if spec.device.split(":")[0] in ("auto", "cuda") and torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())


def channels_last(model: nn.Module) -> None:
    """Put all kernels into the layout in which convolutions are fastest, on CPUs by far."""
    for parameter in model.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)


def take_weights(network: nn.Module, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Give a network weights that were learned before, to go on from.

    Args:
        network: Keeps its own where they do not fit.
        tensors: By the names of its parameters.
        path: Their file, for the message.

    Raises:
        WeightsError: They are a network's of another shape; says where, and what they were trained with where the file
            says so.
    """
    own = network.state_dict()
    apart = [
        f"'{name}' is {_shape(tensors.get(name))} in the file and {_shape(own.get(name))} in the network"
        for name in dict.fromkeys((*own, *tensors))
        if _shape(tensors.get(name)) != _shape(own.get(name))
    ]
    if not apart:
        network.load_state_dict(dict(tensors))
        return
    more = f", and {len(apart) - 1} more" if len(apart) > 1 else ""
    said = header(path).get("config") if path.suffix == ".safetensors" else None
    with_what = f" (its network was made with {said})" if said else ""
    raise WeightsError(
        f"the weights are those of a network of another shape: {apart[0]}{more}.",
        path=path,
        hint=f"Train with the --set values they were trained with{with_what}, or start anew without them.",
    )


def _shape(tensor: Tensor | None) -> str:
    return "missing" if tensor is None else "x".join(str(length) for length in tensor.shape) or "one number"


class MovingAverage:
    """An exponential moving average of a model's parameters, the weights that are judged and shipped.

    Args:
        model: The model to follow.
        decay: Weight of the past per step; the first steps use less, so that the start is forgotten.
    """

    def __init__(self, model: nn.Module, decay: float = 0.999) -> None:
        self.decay = decay
        self.steps = 0
        self.values = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module) -> None:
        """Take in the model's present parameters."""
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        for name, value in model.state_dict().items():
            self.values[name].lerp_(value.detach().to(self.values[name].dtype), 1 - decay)


class Interruption:
    """Turns the first Ctrl-C or SIGTERM into a request, so that a loop can finish its step and save; a second one acts.

    Outside the main thread, where signals cannot be caught, nothing is ever requested.

    Attributes:
        requested: Whether somebody wants the loop to end.
    """

    def __init__(self) -> None:
        self.requested = False
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._catch)

    def _catch(self, number: int, frame: object) -> None:
        self.requested = True
        self.release()

    def release(self) -> None:
        """Give the signals back, whether or not anything was requested."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def finish(self) -> None:
        """Give the signals back.

        Raises:
            KeyboardInterrupt: The loop ended because of a request.
        """
        self.release()
        if self.requested:
            raise KeyboardInterrupt


def cosine_rate(
    progress: float, peak: float, step: int, warm_up: int = 200, floor: float = 0.01, begun: float = 0.0
) -> float:
    """Learning rate: a linear rise over the first steps, then half a cosine down to a floor.

    Args:
        progress: Share of the training that is over, 0 to 1.
        peak: The highest rate.
        step: Steps done since the (re)start.
        warm_up: Steps of the linear rise; it ends after a tenth of the training at the latest, so that one of few steps
            learns, too.
        floor: Final rate as a share of the peak.
        begun: Progress at the (re)start.
    """
    rise = min(1.0, max((step + 1) / warm_up, 10 * (progress - begun)))
    fall = floor + (1 - floor) * (0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)))
    return peak * rise * fall


def save_checkpoint(path: Path, state: Mapping[str, Any]) -> None:
    """Write a checkpoint so that a power cut leaves either the old one or the new one."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as stream:
        torch.save(dict(state), stream)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a checkpoint of our own (tensors and plain values only).

    Raises:
        InputError: There is none.
    """
    if not path.is_file():
        raise InputError("there is no checkpoint to resume from.", path=path, hint="Leave out --resume to start anew.")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


class CsvLog:
    """A CSV file with one row per report; rows are appended, so a resumed run goes on in the same file."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.columns = list(columns)
        if not path.exists():
            with path.open("w", newline="") as stream:
                csv.writer(stream).writerow(self.columns)

    def write(self, values: Mapping[str, float | int]) -> None:
        """Append a row; floats are given five significant digits."""
        row = [values[c] for c in self.columns]
        with self.path.open("a", newline="") as stream:
            csv.writer(stream).writerow([f"{v:.5g}" if isinstance(v, float) else v for v in row])


def save_grid(path: Path, rows: Sequence[Sequence[Tensor]]) -> None:
    """Write a PNG of pictures in rows, to look at validation crops side by side.

    Args:
        path: The PNG file.
        rows: Rows of equally sized ``(3, H, W)`` tensors in [0, 1]; values outside are clipped.
    """
    picture = torch.cat([torch.cat(list(row), 2) for row in rows], 1)
    array = (picture.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    cv2.imwrite(str(path), np.ascontiguousarray(array[..., ::-1]))
