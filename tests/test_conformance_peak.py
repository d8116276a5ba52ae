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
