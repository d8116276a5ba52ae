"""How much memory this process held at most, beside what it held before: what Linux counts for every process.

Both figures are read from ``/proc/self/status``; writing 5 to ``/proc/self/clear_refs`` sets the high-water mark back
to what is held now (proc(5)). What torch and other libraries allocate counts as well, unlike with `tracemalloc`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from restore.memory import give_back

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")

Made = TypeVar("Made")


def unmeasurable() -> str:
    """Why peak memory cannot be measured here, or "" where it can."""
    try:
        _CLEAR.write_text("5")
        _kilobytes("VmHWM")
    except (OSError, LookupError):
        return "peak memory can be measured on Linux only, where /proc/self/clear_refs may be written"
    return ""


def peak_of(work: Callable[[], Made]) -> tuple[Made, int]:
    """Do something and say how many bytes were held at most while it was done, beside those held before.

    Memory that is free, but not given back, is given back first; what the allocator keeps all the same and uses again
    is not counted, so that figures err on the low side.

    Args:
        work: What to do.

    Returns:
        What it returned, and bytes.
    """
    give_back()
    _CLEAR.write_text("5")
    before = _kilobytes("VmRSS")
    made = work()
    return made, max(0, _kilobytes("VmHWM") - before) * 1024


def _kilobytes(name: str) -> int:
    """One figure of the process.

    Raises:
        LookupError: The system does not count it.
        OSError: It tells nothing about processes.
    """
    found = re.search(rf"^{name}:\s*(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
    if found is None:
        raise LookupError(name)
    return int(found[1])
