"""One model in a process of its own, so that its peak of memory is its own and its time is taken beside the others'.

Parent and child talk over a pipe. Pictures go through it in pieces, without copies that would count as the model's
memory.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from restore.benchmark.cost import count_flops, peak_memory
from restore.errors import PluginError, RestoreError
from restore.image import Image, Observation, Pixels, Restoration, picture_of
from restore.plugin_manager import PluginManager
from restore.spec import Options, Runtime

WARM_UP = 512
"""The untimed first run sees at most this much of the first picture, in both directions."""

SGEMM_SIZE = 2048
"""Rows and columns of the matrices that the machine's own speed is taken from."""

_PIECE = 1 << 20


@dataclass(frozen=True)
class Contender:
    """A model with options: one line of the table.

    Attributes:
        label: How the table calls it.
        model: Name of the restorer.
        options: Options it is given beside what the task tells all models.
        weights: Weights file, or None for the shipped one.
    """

    label: str
    model: str
    options: Mapping[str, object]
    weights: Path | None = None


@dataclass(frozen=True)
class Measured:
    """What one run of a model took.

    Attributes:
        seconds: Wall-clock time of ``restore`` alone.
        flops: Floating-point operations torch did (a multiply-add is two), or None if it did none; counted in another
            run that is not timed.
        peak: Highest resident memory of the process so far, in bytes: interpreter, libraries, model and pictures.
    """

    seconds: float
    flops: int | None
    peak: int


class Worker:
    """The parent's end of a child process; a context manager that ends it.

    Args:
        label: What messages call it.
        serve: What the child runs; gets its end of the pipe and `arguments`.
        arguments: Further arguments of `serve`; they are pickled.

    Raises:
        RestoreError: The child could not start up; its own error, or a PluginError that says what happened.
    """

    def __init__(self, label: str, serve: Callable[..., None], *arguments: object) -> None:
        # spawn everywhere: a forked child would start with the parent's memory.
        context = multiprocessing.get_context("spawn")
        self.label = label
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_run, args=(theirs, label, serve, arguments), daemon=True)
        self._process.start()
        theirs.close()
        try:
            self.receive()
        except RestoreError:
            self.close()
            raise

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def restore(
        self, observation: Observation, options: Options, companion: int | None = None
    ) -> tuple[Measured, Pixels, Pixels | None]:
        """Have a picture restored.

        Args:
            observation: What the model gets.
            options: Likewise.
            companion: Which of its companions is wanted; the others do not leave its process.

        Returns:
            What it took, the picture, and the companion; None where none was wanted.

        Raises:
            RestoreError: The model failed, or its process died.
        """
        try:
            given = len(observation.frames), observation.mask is not None, observation.kind, observation.names
            self._pipe.send((*given, options.model_dump(), companion))
            for frame in observation.frames:
                _send_array(self._pipe, frame.pixels)
            if observation.mask is not None:
                _send_array(self._pipe, observation.mask)
        except OSError as error:
            raise self._died() from error
        measured: Measured = self.receive()
        picture = _receive_array(self._pipe)
        return measured, picture, None if companion is None else _receive_array(self._pipe)

    def multiply(self) -> float:
        """Have the machine's speed taken (a worker of `serve_sgemm`): operations per second."""
        self._pipe.send(None)
        return float(self.receive())

    def receive(self) -> Any:  # noqa: ANN401  whatever the child answers
        """The child's next answer; raises what it failed with."""
        try:
            answer = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise self._died() from error
        if isinstance(answer, RestoreError):
            raise answer
        return answer

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.terminate()
        self._process.join()

    def _died(self) -> PluginError:
        self._process.join(10)
        code = self._process.exitcode
        return PluginError(f"the process of {self.label} ended with {code}.", hint="Perhaps memory ran out.")


def serve_restorer(pipe: Connection, contender: Contender, runtime: Runtime) -> None:
    """The child's life with a model: load it, then restore what comes through the pipe."""
    manager = PluginManager.discover()
    spec = manager.restorer(contender.model)
    restorer = manager.load(spec, contender.weights, runtime)
    pipe.send("ready")
    warm = False
    flops: dict[str, int | None] = {}
    while True:
        frames, has_mask, kind, names, values, wanted = pipe.recv()
        pictures = tuple(Image(_receive_array(pipe)) for _ in range(frames))
        observation = Observation(pictures, _receive_array(pipe) if has_mask else None, kind=kind, names=names)
        options = spec.options.model_validate(values)
        if not warm:
            restorer.restore(_corner(observation), options)
            warm = True
        start = time.perf_counter()
        restored = restorer.restore(observation, options)
        seconds = time.perf_counter() - start
        peak = peak_memory()
        key = f"{[picture.pixels.shape for picture in pictures]} {options!r}"
        if key not in flops:
            flops[key] = count_flops(restorer, observation, options)
        pictures = (picture_of(restored), *(() if wanted is None else (_companion(restored, wanted, contender),)))
        pipe.send(Measured(seconds, flops[key], peak))
        for picture in pictures:
            _send_array(pipe, picture.pixels)


def _companion(restored: Image | Restoration, wanted: int, contender: Contender) -> Image:
    """One of the pictures beside a result."""
    given = restored.companions if isinstance(restored, Restoration) else ()
    if wanted >= len(given):
        raise PluginError(f"{contender.label} did not give all the pictures beside its result that it promised.")
    return given[wanted]


def serve_sgemm(pipe: Connection, runtime: Runtime) -> None:
    """The child's life as a yardstick: how fast this machine multiplies float32 matrices, as often as asked."""
    import torch

    from restore.toolkit.device import choose

    machine = choose(runtime)
    a, b = (torch.rand(SGEMM_SIZE, SGEMM_SIZE, device=machine.device) for _ in range(2))
    pipe.send("ready")
    with torch.inference_mode():
        (a @ b).sum().item()
        while True:
            pipe.recv()
            start = time.perf_counter()
            (a @ b)[0, 0].item()  # reading one value waits for a GPU
            pipe.send(2 * SGEMM_SIZE**3 / (time.perf_counter() - start))


def _run(pipe: Connection, label: str, serve: Callable[..., None], arguments: tuple[object, ...]) -> None:
    """What the child runs: its errors go through the pipe, what it prints goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.dup2(2, 1)
    try:
        serve(pipe, *arguments)
    except (EOFError, BrokenPipeError):
        return  # the parent is done
    except RestoreError as error:
        # A plugin's own class may not be known to the parent.
        pipe.send(error if type(error).__module__ == RestoreError.__module__ else PluginError(str(error)))
    except Exception as error:
        pipe.send(PluginError(f"{label} failed: {type(error).__name__}: {error}."))


def _corner(observation: Observation) -> Observation:
    """The upper left corner of every frame; with a mask, a part where something is missing, and something is not."""
    mask, top, left = observation.mask, 0, 0
    if mask is not None:
        row, column = np.unravel_index(int(mask.argmax()), mask.shape)
        top = max(0, min(int(row) - WARM_UP // 2, mask.shape[0] - WARM_UP))
        left = max(0, min(int(column) - WARM_UP // 2, mask.shape[1] - WARM_UP))
        mask = mask[top : top + WARM_UP, left : left + WARM_UP].copy()
        mask[0, 0] &= not mask.all()
    corner = slice(top, top + WARM_UP), slice(left, left + WARM_UP)
    frames = tuple(Image(np.ascontiguousarray(f.pixels[corner])) for f in observation.frames)
    return replace(observation, frames=frames, mask=mask)


def _send_array(pipe: Connection, array: Pixels) -> None:
    pipe.send((array.shape, array.dtype.str))
    view = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
    for start in range(0, len(view), _PIECE):
        pipe.send_bytes(view[start : start + _PIECE])


def _receive_array(pipe: Connection) -> Pixels:
    shape, dtype = pipe.recv()
    array = np.empty(shape, dtype)
    view, start = array.reshape(-1).view(np.uint8).data, 0
    while start < len(view):
        start += pipe.recv_bytes_into(view[start:])
    return array
