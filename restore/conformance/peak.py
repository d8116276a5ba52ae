"""How much memory this process held at most, beside what it held before: what Linux counts for every process.

Both figures are read from ``/proc/self/status``; writing 5 to ``/proc/self/clear_refs`` sets the high-water mark back
to what is held now (proc(5)). What torch and other libraries allocate counts as well, unlike with `tracemalloc`.
"""

from __future__ import annotations

import ctypes
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from restore.memory import give_back

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Of mallopt(3), as in glibc's malloc.h."""
_SMALLEST, _LARGEST = 256 << 10, 32 << 20
"""Bytes from which blocks get memory of their own: while a peak is measured, and otherwise. The latter is what glibc
arrives at by itself in a process that uses large blocks."""

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

    Memory that is free, but not given back, is given back first. While the work is done, large blocks go back to the
    system as soon as they are free (glibc only): otherwise the figure would depend on what the allocator has seen
    before, by as much as was asked for. What it keeps all the same and uses again is not counted, so that figures err
    on the low side.

    Args:
        work: What to do.

    Returns:
        What it returned, and bytes.
    """
    give_back()
    _CLEAR.write_text("5")
    before = _kilobytes("VmRSS")
    with _given_back_at_once():
        made = work()
    return made, max(0, _kilobytes("VmHWM") - before) * 1024


@contextmanager
def _given_back_at_once() -> Iterator[None]:
    """Large blocks are given back to the system when they are freed."""
    adjust = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if adjust is None:
        yield
        return
    adjust(_MMAP_THRESHOLD, _SMALLEST)
    adjust(_TRIM_THRESHOLD, _SMALLEST)
    try:
        yield
    finally:
        adjust(_MMAP_THRESHOLD, _LARGEST)
        adjust(_TRIM_THRESHOLD, 2 * _LARGEST)


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
