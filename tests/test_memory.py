"""A memory limit is shared out between the program, the network and the pictures, and holds."""

from __future__ import annotations

import ctypes
import sys
from dataclasses import replace

import psutil
import pytest

from restore.codecs.header import Header
from restore.errors import UsageError
from restore.memory import BASE, COPIES, IN_FLIGHT, give_back, needed, picture_bytes, share
from restore.spec import Runtime

MIB = 1 << 20


def header(megapixels: int) -> Header:
    return Header(1000, megapixels * 1000, channels=3, bits=8, alpha=False, format="JPEG")


def test_without_a_limit_pictures_get_a_fixed_share_and_large_ones_run_alone() -> None:
    budget = share(Runtime())
    assert (budget.pictures, budget.strict, budget.runtime.memory) == (IN_FLIGHT, False, None)


@pytest.mark.parametrize("limit", [640 * MIB, 1 << 30, 2 << 30, 16 << 30])
def test_a_limit_is_shared_out_to_the_last_byte(limit: int) -> None:
    budget = share(Runtime(memory=limit))
    assert budget.runtime.memory is not None
    assert BASE + budget.runtime.memory + budget.pictures == limit
    assert budget.strict
    assert budget.runtime.memory >= 48 * MIB


def test_a_limit_below_what_the_program_needs_is_refused_with_the_least_that_works() -> None:
    with pytest.raises(UsageError) as error:
        share(Runtime(memory=512 * MIB))
    least = int(str(error.value).split("at least ")[1].split("MiB")[0])
    assert share(Runtime(memory=least * MIB)).pictures > 0


def test_a_picture_takes_its_decoded_size_times_the_copies_and_more_when_it_grows() -> None:
    assert picture_bytes(header(12)) == int(36e6 * COPIES)
    assert picture_bytes(header(12), growth=4) == int(36e6 * (COPIES + 6))
    assert picture_bytes(header(12), growth=0.25) == int(36e6 * COPIES)


@pytest.mark.parametrize("megapixels", [12, 50, 100, 400])
@pytest.mark.parametrize("growth", [1, 2.25, 16])
def test_the_limit_that_a_refusal_advises_lets_the_picture_through(megapixels: int, growth: float) -> None:
    budget = share(Runtime(memory=needed(header(megapixels), growth)))
    assert picture_bytes(header(megapixels), growth) <= budget.pictures


def test_what_lies_beside_a_result_is_held_too_and_may_be_a_map_of_floats() -> None:
    assert picture_bytes(header(12), growth=4, companions=3) - picture_bytes(header(12), growth=4) == 3 * 4 * 12e6 * 4
    deep = replace(header(12), bits=16)
    assert picture_bytes(deep, companions=2) - picture_bytes(deep) == 2 * 72e6
    assert picture_bytes(header(12), 4, 3, working=1000) - picture_bytes(header(12), 4, 3) == 1000
    budget = share(Runtime(memory=needed(header(50), 4, 6, working=10**9)))
    assert picture_bytes(header(50), 4, 6, working=10**9) <= budget.pictures
    budget = share(Runtime(memory=needed(header(50), 4, 6)))
    assert picture_bytes(header(50), 4, 6) <= budget.pictures


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc"
)
def test_memory_that_is_free_below_something_in_use_goes_back_to_the_system() -> None:
    held = [bytes(1000) for _ in range(50_000)]  # above 512 bytes they are the C library's business
    last = held[-1]
    del held
    before = psutil.Process().memory_info().rss
    give_back()
    assert psutil.Process().memory_info().rss < before - 30 * MIB, len(last)


def test_where_the_c_library_cannot_give_back_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: object())
    give_back()
