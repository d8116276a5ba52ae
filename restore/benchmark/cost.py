"""What running a model takes, beside time: operations and memory."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

from restore.image import Observation
from restore.spec import Options, Restorer


def count_flops(restorer: Restorer, observation: Observation, options: Options) -> int | None:
    """Run a restorer once and count what torch computes (convolutions, matrix products, attention).

    Returns:
        Operations, a multiply-add being two; None if the restorer does not use torch in its own thread.
    """
    if "torch" not in sys.modules:
        return None
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        restorer.restore(observation, options)
    return int(counter.get_total_flops()) or None


def peak_memory() -> int:
    """Highest resident memory of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: Linux lets a new process inherit its parent's peak there.
        line = next(line for line in status.read_text("ascii", "replace").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):
        return int(info.peak_wset)
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS
