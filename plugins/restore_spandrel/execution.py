"""Runs one network of spandrel's over pictures: whole where memory allows, else in tiles that pass into each other."""

from __future__ import annotations

import copy
import logging
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psutil
import torch
from torch import Tensor

from restore.errors import DeviceError, PluginError
from restore.spec import Runtime
from restore.toolkit.device import Machine, NotFiniteError, choose, run_safely
from restore.toolkit.strips import Sink, Source
from restore_spandrel.measuring import bytes_per_pixel, weight_bytes
from restore_spandrel.seams import run_seamless
from restore_spandrel.spans import SMALLEST, widest

log = logging.getLogger("restore")

LEAST, MOST = 1 << 30, 4 << 30
"""Bytes that a network works in where nothing is said: a quarter of the machine's memory within these."""

ENOUGH = 1 << 16
"""Bytes per pixel that no network needs: with so many there is nothing to measure."""

EDGE = {"cpu": 384, "cuda": 1024, "mps": 512}
"""The largest tile by kind of device: larger ones make nothing faster there."""

PROBE = 64
"""Edge of the window that memory is measured on, at least."""


@dataclass(frozen=True)
class Execution:
    """A network, and how it is run.

    Attributes:
        descriptor: spandrel's, in float32.
        machine: Device and precision.
        runtime: Tile and memory that the user asked for.
    """

    descriptor: Any
    machine: Machine
    runtime: Runtime

    @classmethod
    def of(cls, descriptor: Any, runtime: Runtime) -> Execution:  # noqa: ANN401
        """Choose the machine.

        Raises:
            DeviceError: It is not there, or the network cannot compute in the precision asked for.
        """
        machine = choose(runtime)
        able = {torch.float16: descriptor.supports_half, torch.bfloat16: descriptor.supports_bfloat16}
        if not able.get(machine.dtype, True):
            others = [str(dtype).removeprefix("torch.") for dtype, can in able.items() if can]
            raise DeviceError(
                f"networks of the architecture {descriptor.architecture.name} cannot compute in {runtime.precision}.",
                hint=f"Use --precision {' or '.join(['float32', *others])}.",
            )
        return cls(descriptor, machine, runtime)

    @property
    def prefers_whole(self) -> bool:
        """Whether tiles cost quality: the network looks at the whole picture, by what spandrel knows of it."""
        return bool(self.descriptor.tiling.name != "SUPPORTED")

    @cached_property
    def bytes_per_pixel(self) -> float:
        """What the network takes per pixel that it sees, measured once."""
        rule = self.descriptor.size_requirements
        edge = math.ceil(max(PROBE, rule.minimum) / rule.multiple_of) * rule.multiple_of
        masked = self.descriptor.purpose == "Inpainting"
        self.descriptor.to(torch.device("cpu"))

        def run(window: Tensor) -> object:
            return self.descriptor(window, window[:, :1].round()) if masked else self.descriptor(window)

        found = bytes_per_pixel(run, self.descriptor.input_channels, edge)
        log.debug("%s takes %.0f bytes per pixel", self.descriptor.architecture.name, found)
        return found

    def pixels_within(self) -> int:
        """Pixels that the network may see at a time in the memory that it has."""
        left = self._memory() - weight_bytes(self.descriptor.model)
        return max(0, int(left / self.bytes_per_pixel))

    def edge(self, size: tuple[int, int]) -> int:
        """Edge of a tile: that of the whole picture where it fits.

        Args:
            size: Height and width of the picture.

        Raises:
            DeviceError: Not even the smallest tile fits.
        """
        rule = self.descriptor.size_requirements
        least = max(SMALLEST, rule.minimum)
        if self.runtime.tile is not None:
            return max(self.runtime.tile, int(least))
        if max(size) <= least or self._seen(size) * ENOUGH <= self._memory() - weight_bytes(self.descriptor.model):
            return max(*size, int(least))
        pixels = self.pixels_within()
        if self._seen(size) <= pixels:
            return max(size)
        edge = math.isqrt(pixels) - widest(0) - (rule.multiple_of - 1)
        if edge < least:
            raise self._too_little(widest(least) + rule.multiple_of - 1)
        return int(max(least, min(edge, EDGE.get(self.machine.device.type, EDGE["cpu"]))))

    def run(self, source: Source, sink: Sink, size: tuple[int, int], tell: bool = True) -> None:
        """Run the network over a picture; out of memory or out of range, go on as `run_safely` says.

        Args:
            source: Gives windows of it, 0 = black, 1 = white.
            sink: Takes pieces of the result; where something had to be computed again, it is called again.
            size: Height and width of the picture.
            tell: Whether to log how it is done.

        Raises:
            DeviceError: Memory or precision cannot be had.
        """
        first = self.edge(size)
        if tell:
            self._tell(first, size)

        def attempt(machine: Machine, edge: int) -> None:
            placed = self.placed(machine)

            def network(window: Tensor) -> Tensor:
                return self.checked(placed(_input(window, machine)), window)

            run_seamless(network, source, sink, size, edge, self.descriptor.scale)

        with torch.inference_mode():
            run_safely(attempt, self.machine, first, SMALLEST)

    def placed(self, machine: Machine) -> Any:  # noqa: ANN401
        """The network on a machine; in a lower precision a copy, so that float32 stays there to fall back to."""
        lower = machine.dtype != torch.float32
        descriptor = copy.deepcopy(self.descriptor) if lower else self.descriptor
        return descriptor.to(machine.device, machine.dtype)

    def checked(self, result: Tensor, window: Tensor) -> Tensor:
        """A result as float32 on the CPU, if it is one.

        Raises:
            NotFiniteError: It holds NaN or Inf.
            PluginError: It has another size than the network said.
        """
        scale = self.descriptor.scale
        wanted = (1, self.descriptor.output_channels, window.shape[2] * scale, window.shape[3] * scale)
        if tuple(result.shape) != wanted:
            name = self.descriptor.architecture.name
            raise PluginError(
                f"the network gave {tuple(result.shape)} where {wanted} was due.",
                hint=f"This is a defect of spandrel's {name}, or the model file is of a variant it does not know.",
            )
        result = result.float()
        if not math.isfinite(float(result.sum())):
            raise NotFiniteError
        return result.cpu()

    def _seen(self, size: tuple[int, int]) -> int:
        """Pixels that the network sees of a whole picture, padded as it wants it."""
        wide, high = self.descriptor.size_requirements.get_padding(size[1], size[0])
        return int((size[0] + high) * (size[1] + wide))

    def _memory(self) -> int:
        """Bytes for the network: what the user says, else a part of all there is.

        Of all, so that results do not hang on what else is running; unless that leaves too little.
        """
        if self.runtime.memory is not None:
            return self.runtime.memory
        if self.machine.device.type == "cuda":
            free, total = torch.cuda.mem_get_info(self.machine.device)
        else:
            free, total = psutil.virtual_memory().available, psutil.virtual_memory().total
        share = total // 2 if self.prefers_whole else min(total // 4, MOST)
        return max(LEAST, min(share, int(0.8 * free)))

    def _too_little(self, edge: int) -> DeviceError:
        least = weight_bytes(self.descriptor.model) + self.bytes_per_pixel * edge**2
        name, given = self.descriptor.architecture.name, self._memory() / 2**20
        return DeviceError(
            f"this network ({name}) cannot run in the {given:.0f} MiB that there are for it.",
            hint=f"It takes {math.ceil(least / 2**20)} MiB, beside the program and the pictures: raise --memory.",
        )

    def _tell(self, edge: int, size: tuple[int, int]) -> None:
        name = self.descriptor.architecture.name
        if edge >= max(size):
            log.info("%s: the whole picture at once", name)
            return
        why = "; it would do better with the whole picture, which takes more memory" if self.prefers_whole else ""
        log.info("%s: tiles of %d pixels that pass into each other%s", name, edge, why)


def _input(window: Tensor, machine: Machine) -> Tensor:
    """A window as spandrel wants it: within black and white, its rows one after the other."""
    return window.clamp(0, 1).contiguous(memory_format=torch.contiguous_format).to(machine.device, machine.dtype)
