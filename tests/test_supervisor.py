"""A run in worker processes: a crash, a hang or a kill costs the picture in hand, not the run.

The workers here are real processes with the plugin of `tests/faults/trouble.py`.
"""

from __future__ import annotations

import functools
import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from restore.batch import run_batch
from restore.errors import DeviceError, WeightsError
from restore.job import FailureLimit, Job
from restore.planning import Plan, WorkItem, plan
from restore.plugin_manager import PluginManager
from restore.reporting import FileResult, Report, Silence
from tests.faults import trouble
from tests.faults.scenes import trouble_picture

MANAGER = functools.partial(PluginManager.of, {"trouble": trouble})
"""Finds the plugin again in a worker's process."""


def plugins() -> PluginManager:
    """As a worker calls it: a function of a module, which can be sent."""
    return MANAGER()


def slow_to_end() -> PluginManager:
    """The same in a process that takes its time to end, as one with many libraries does."""
    threading.Thread(target=time.sleep, args=(0.5,)).start()
    return MANAGER()


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., None]:
    """Makes pictures: a name and the width that says what is wrong with it."""

    def make(**widths: int) -> None:
        (tmp_path / "in").mkdir(exist_ok=True)
        for name, width in widths.items():
            trouble_picture(tmp_path / "in" / f"{name}.png", width, Random(name))

    return make


class Stopper(Silence):
    """Wishes to stop at the first picture; counts what it is told."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self.stop, self.seen = stop, list[str]()

    def progressed(self, item: WorkItem) -> None:
        """Stop here."""
        if self.stop is not None:
            self.stop.set()

    def finished(self, result: FileResult) -> None:
        """Remember it."""
        self.seen.append(result.source.stem)


@pytest.fixture
def supervised(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Report]]:
    """Runs the folder `in` into `out` in worker processes, which find these tests by the path they get from here.

    That path holds nothing else, so that `restore` stays the installed one, and comes first: torch-fidelity installs a
    package of the name `tests` too.
    """
    alone = tmp_path_factory.mktemp("importable")
    (alone / "tests").symlink_to(Path(__file__).resolve().parent, target_is_directory=True)
    monkeypatch.setattr(sys, "path", [str(alone), *sys.path])

    def run(
        *, model: str = "trouble", timeout: float | None = None, limit: FailureLimit | None = None,
        stop: threading.Event | None = None, observer: Silence | None = None, delay: float = 0.0,
        weights: Path | None = None, jobs: int = 2, workers: Callable[[], PluginManager] = plugins,
    ) -> Report:  # fmt: skip
        manager = plugins()
        spec = manager.restorer(model)
        options = trouble.TroubleOptions(delay=delay, flavour=0, companions=0)
        the_plan = plan([str(tmp_path / "in")], tmp_path / "out")
        job = Job(the_plan, spec, options, max_failures=limit, weights=weights, jobs=jobs)
        return run_batch(job, manager, observer, workers=workers, timeout=timeout, stop=stop)

    level = logging.getLogger("restore").level
    yield run
    logging.getLogger("restore").setLevel(level)


def failures(report: Report) -> dict[str, str]:
    return {one.source.stem: one.reason or "" for one in report.results if one.state == "failed"}


def test_a_crash_costs_the_culprit_alone_and_it_is_named_with_what_it_did(
    pictures: Callable[..., None], supervised: Callable[..., Report]
) -> None:
    pictures(a=30, b=trouble.SEGFAULT, c=31, d=32, e=33)
    observer = Stopper()
    report = supervised(observer=observer)
    assert (report.done, report.failed) == (4, 1)
    assert failures(report)["b"].startswith(
        "the process that was working on it crashed (SIGSEGV) while restoring it. Run the same command again"
    )
    assert sorted(observer.seen) == ["a", "b", "c", "d", "e"], "every input once"


def test_two_culprits_side_by_side_are_both_found(
    pictures: Callable[..., None], supervised: Callable[..., Report]
) -> None:
    pictures(a=trouble.EXIT, b=trouble.SEGFAULT, c=31)
    report = supervised()
    assert set(failures(report)) == {"a", "b"}
    assert "ended with code 3" in failures(report)["a"]


def test_a_decoder_that_crashes_costs_its_file(
    pictures: Callable[..., None], supervised: Callable[..., Report]
) -> None:
    pictures(**{"a": 30, f"b {trouble.DECODER_CRASH}": 30, "c": 31})
    report = supervised()
    ((_, reason),) = failures(report).items()
    assert "while reading it" in reason


def test_a_picture_that_hangs_is_given_up_after_the_timeout(
    pictures: Callable[..., None], supervised: Callable[..., Report]
) -> None:
    pictures(a=30, b=trouble.HANG, c=31)
    began = time.monotonic()
    report = supervised(timeout=1.0)
    assert set(failures(report)) == {"b"}
    assert "took longer than 1 s restoring it (--timeout)." in failures(report)["b"]
    assert time.monotonic() - began < 30


def test_the_next_run_tries_again_only_what_failed(
    pictures: Callable[..., None], supervised: Callable[..., Report]
) -> None:
    pictures(a=30, b=trouble.EXIT)
    assert supervised().done == 1
    report = supervised()
    assert (report.done, report.skipped, report.failed) == (0, 1, 1)


def test_a_model_that_crashes_while_it_loads_is_not_blamed_on_a_picture(
    pictures: Callable[..., None], supervised: Callable[..., Report]
) -> None:
    pictures(a=30, b=31)
    with pytest.raises(DeviceError, match=r"crashed \(SIGSEGV\) before it began"):
        supervised(model="stillborn", jobs=1)


def test_an_error_that_ends_the_run_comes_through(
    pictures: Callable[..., None], supervised: Callable[..., Report], tmp_path: Path
) -> None:
    pictures(a=30)
    weights = tmp_path / "mine.safetensors"
    weights.touch()
    with pytest.raises(WeightsError, match="is a method without weights"):
        supervised(weights=weights)


def test_asked_to_stop_it_finishes_what_is_in_hand(
    pictures: Callable[..., None], supervised: Callable[..., Report]
) -> None:
    pictures(**{f"p{number}": 30 for number in range(9)})
    stop = threading.Event()
    report = supervised(stop=stop, observer=Stopper(stop), delay=0.4)
    assert report.interrupted and report.done >= 1 and report.left >= 5
    assert not report.failed


def test_too_many_failures_stop_it(pictures: Callable[..., None], supervised: Callable[..., Report]) -> None:
    pictures(**{f"p{number}": trouble.RAISE for number in range(12)})
    report = supervised(limit=FailureLimit(count=2), delay=0.2)  # or all have failed before the worker hears of it
    assert report.stopped is not None and "(--max-failures 2)" in report.stopped
    assert report.failed >= 2 and report.left > 0 and not report.interrupted


def test_a_worker_that_is_through_may_take_its_time_to_end(
    pictures: Callable[..., None], supervised: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures(a=30)
    settled = list[Plan]()

    def settle(the_plan: Plan, *_: object, **__: object) -> Plan:
        settled.append(the_plan)
        return the_plan

    monkeypatch.setattr("restore.batch.settle", settle)
    assert supervised(workers=slow_to_end).done == 1
    assert len(settled) == 1, "only before the run: what a worker leaves that did not die needs no second look"
