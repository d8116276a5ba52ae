"""Peak memory is what a piece of work held at most, beside what the process held before."""

from __future__ import annotations

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


def test_holes_that_the_allocator_leaves_do_not_count() -> None:
    # Freed, this block teaches glibc to cut blocks up to its size from the heap, where what lies below another stays.
    np.ones(31 * MIB, np.uint8)

    def work() -> int:
        below = np.ones(12 * MIB, np.uint8)
        above = np.ones(3 * MIB, np.uint8)
        del below
        larger = np.ones(20 * MIB, np.uint8)
        return int(above[0] + larger[0])

    made, held = peak_of(work)
    assert made == 2
    assert held < 28 * MIB
