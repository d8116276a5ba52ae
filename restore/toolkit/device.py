"""Which device, precision and number of threads; and what to do when memory or numbers run out."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import psutil
import torch
from torch import nn

from restore.errors import DeviceError
from restore.spec import Precision, Runtime

log = logging.getLogger("restore")


@dataclass(frozen=True)
class Machine:
    """Where and how networks run.

    Attributes:
        device: The torch device.
        dtype: Type of weights and activations.
        threads: CPU threads for one operator.
    """

    device: torch.device
    dtype: torch.dtype
    threads: int


class NotFiniteError(Exception):
    """A network gave NaN or Inf; `run_safely` decides what to do."""


def choose(runtime: Runtime) -> Machine:
    """Pick device, precision and threads by asking the machine.

    Args:
        runtime: What the user asked for; "auto" and None leave the choice to us.

    Raises:
        DeviceError: The device asked for is not there, or cannot compute in the precision asked for.
    """
    device = _device(runtime.device)
    threads = runtime.threads or psutil.cpu_count(logical=False) or 1
    torch.set_num_threads(threads)
    return Machine(device, _dtype(runtime.precision, device), threads)


def _device(name: str) -> torch.device:
    present = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if present[kind]))
    kind, _, index = name.partition(":")
    there = [k for k, available in present.items() if available]
    if not present.get(kind, False) or (index and kind != "cuda"):
        raise DeviceError(f"there is no device {name!r} here.", hint=f"Use one of: auto, {', '.join(there)}.")
    if index and (not index.isdigit() or int(index) >= torch.cuda.device_count()):
        raise DeviceError(
            f"there is no device {name!r}.", hint=f"GPUs are numbered 0 to {torch.cuda.device_count() - 1}."
        )
    return torch.device(name)


def _dtype(precision: Precision, device: torch.device) -> torch.dtype:
    if precision == "auto" or precision == "float32":
        # float32 is the automatic choice everywhere: tiles then equal the whole picture to the last byte. bf16 and
        # fp16 save time on machines built for them and cost up to half a grey level; that is the user's to decide.
        return torch.float32
    if precision == "float16" and device.type == "cpu":
        raise DeviceError("float16 on a CPU is slower than float32 and overflows.", hint="Use --precision float32.")
    return torch.bfloat16 if precision == "bfloat16" else torch.float16


def place(network: nn.Module, machine: Machine) -> nn.Module:
    """Move a network to the machine, in the memory layout its convolutions are fastest with, ready for inference.

    Returns:
        The network itself in float32; in a lower precision a copy, so that float32 stays there to fall back to.
    """
    if machine.dtype != torch.float32:
        network = copy.deepcopy(network)
    # Modules take channels_last for every 4-d parameter; on CPUs it doubles the speed of 3x3 convolutions.
    placed: nn.Module = network.to(machine.device, machine.dtype, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return placed.eval().requires_grad_(False)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory ran out, on a GPU or in the CPU's allocator."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    # The CPU allocator raises a plain RuntimeError; its text is the only sign.
    return isinstance(error, RuntimeError) and "DefaultCPUAllocator" in str(error)


def run_safely(attempt: Callable[[Machine, int], None], machine: Machine, tile: int, smallest: int) -> None:
    """Run something that may exhaust memory or precision until it succeeds: smaller tiles, then the CPU, then float32.

    Every attempt starts anew, so nothing of a failed one can stay in the result.

    Args:
        attempt: Called with the machine and the edge of a tile in pixels; writes its whole result each time.
        machine: Where to start.
        tile: Edge of the first tile.
        smallest: Tiles are not halved below this edge.

    Raises:
        DeviceError: Memory is short at the smallest tile on the CPU, or float32 gives NaN or Inf.
    """
    edge = tile
    while True:
        try:
            attempt(machine, edge)
            return
        except NotFiniteError as error:
            if machine.dtype == torch.float32:
                raise DeviceError(
                    "the network gave NaN or Inf even in float32.",
                    hint="The picture may hold such values itself, or the weights are damaged.",
                ) from error
            log.warning("NaN or Inf in %s; computing again in float32", machine.dtype)
            machine = replace(machine, dtype=torch.float32)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            machine, edge = _give_way(machine, edge, tile, smallest, error)


def _give_way(machine: Machine, edge: int, tile: int, smallest: int, error: BaseException) -> tuple[Machine, int]:
    """The next thing to try after memory ran out."""
    if edge // 2 >= smallest:
        log.warning("out of memory on %s with tiles of %d pixels; trying %d", machine.device, edge, edge // 2)
        if machine.device.type == "cuda":
            torch.cuda.empty_cache()
        return machine, edge // 2
    if machine.device.type != "cpu":
        log.warning("out of memory on %s even with tiles of %d pixels; going on with the CPU", machine.device, edge)
        return Machine(torch.device("cpu"), torch.float32, machine.threads), tile
    raise DeviceError(
        f"there is not enough memory even for tiles of {edge} pixels.", hint="Close other programs or free memory."
    ) from error
