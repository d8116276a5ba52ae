"""Peak memory is what a piece of work held at most, beside what the process held before."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from restore.conformance.peak import peak_of, unmeasurable

MIB = 1 << 20


def test_what_was_held_for_a_while_counts_and_what_was_held_before_does_not() -> None:
    assert unmeasurable() == ""
    before = np.ones(200 * MIB, np.uint8)

    def work() -> int:
        first = int(np.ones(64 * MIB, np.uint8)[-1])
        return first + int(np.ones(96 * MIB, np.uint8)[-1])

    made, held = peak_of(work)
    assert made == 2
    assert 90 * MIB < held < 120 * MIB
    assert before[0] == 1


def test_work_that_holds_nothing_is_next_to_nothing() -> None:
    assert peak_of(lambda: sum(range(1000)))[1] < 4 * MIB


HOLES = """
import numpy as np
from restore.conformance.peak import peak_of

MIB = 1 << 20
# Freed, this block teaches glibc to cut blocks up to its size from the heap, where what lies below another stays.
np.ones(31 * MIB, np.uint8)

def work():
    below = np.ones(12 * MIB, np.uint8)
    above = np.ones(3 * MIB, np.uint8)
    del below
    larger = np.ones(20 * MIB, np.uint8)
    return int(above[0] + larger[0])

print(*peak_of(work))
"""


def test_holes_that_the_allocator_leaves_do_not_count() -> None:
    # In a process of its own: the heap of this one has holes from other tests, large enough to be used again.
    told = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True).stdout
    made, held = map(int, told.split())
    assert made == 2
    assert 22 * MIB < held < 28 * MIB


OLD_HEAP = """
import ctypes
import numpy as np
from restore.conformance.peak import peak_of

SIZES = [(300 + 4 * k) << 10 for k in range(150)]
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
np.ones(31 << 20, np.uint8)
blocks = []
for size in SIZES:
    blocks.append(libc.malloc(ctypes.c_size_t(size + 4096)))
    libc.malloc(ctypes.c_size_t(20_000))  # never freed: holes stay apart
for block in blocks:
    libc.free(ctypes.c_void_p(block))

print(*peak_of(lambda: sum(int(np.ones(size, np.uint8)[-1]) for size in SIZES)))
"""


def test_holes_that_others_have_left_do_not_count() -> None:
    # One block at a time, 0.9 MiB at most; each fits into another hole of 90 MiB in all.
    told = subprocess.run([sys.executable, "-c", OLD_HEAP], capture_output=True, text=True, check=True).stdout
    made, held = map(int, told.split())
    assert made == 150
    assert held < 8 * MIB
