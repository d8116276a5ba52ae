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
from typing import ClassVar, TypeVar

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
    before, by as much as was asked for. Small ones that it keeps and uses again are not counted, so that figures err on
    the low side.

    Args:
        work: What to do.

    Returns:
        What it returned, and bytes.
    """
    give_back()
    with _given_back_at_once():
        _CLEAR.write_text("5")
        before = _kilobytes("VmRSS")
        made = work()
        most = _kilobytes("VmHWM")
    return made, max(0, most - before) * 1024


@contextmanager
def _given_back_at_once() -> Iterator[None]:
    """Large blocks come from the system and are given back to it when they are freed (glibc only)."""
    adjust = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if adjust is None:
        yield
        return
    adjust(_MMAP_THRESHOLD, _SMALLEST)
    adjust(_TRIM_THRESHOLD, _SMALLEST)
    try:
        with _holes_closed():
            yield
    finally:
        adjust(_MMAP_THRESHOLD, _LARGEST)
        adjust(_TRIM_THRESHOLD, 2 * _LARGEST)


class _Mallinfo(ctypes.Structure):
    """What mallinfo(3) returns: ten numbers; the fourth, ``hblks``, counts blocks with memory of their own.

    Bytes overflow in it, counts do not; mallinfo2, where nothing does, is not there before glibc 2.33.
    """

    _fields_: ClassVar = [(name, ctypes.c_int) for name in ("a", "b", "c", "hblks", "e", "f", "g", "h", "i", "j")]


@contextmanager
def _holes_closed() -> Iterator[None]:
    """No large block fits into the heap of this thread.

    The threshold counts where the heap has no room only. One of a process that has done much has many holes; from
    each that is used, and then from the next, memory would stay. They are filled with blocks that nobody writes to,
    which takes hardly any memory, until one is given memory of its own.
    """
    libc = ctypes.CDLL(None)
    information = getattr(libc, "mallinfo", None)
    if information is None:
        yield
        return
    information.restype = _Mallinfo
    libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    libc.free.argtypes = [ctypes.c_void_p]
    with_own_memory = information().hblks
    blocks = [libc.malloc(_SMALLEST)]
    while blocks[-1] and information().hblks <= with_own_memory:
        blocks.append(libc.malloc(_SMALLEST))
    try:
        yield
    finally:
        for block in blocks:
            libc.free(block)


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
