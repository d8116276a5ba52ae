"""The inside of a run: what is in hand, in which order, and what is given up. Whole runs are in `test_engine.py`."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from restore.engine import execute
from restore.errors import ExitCode, OutputError, PluginError
from restore.image import Image
from restore.job import FailureLimit, Job
from restore.memory import BASE
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.reporting import FileResult, Report
from restore.spec import Runtime

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]
Flows = Callable[..., Report]

UNLUCKY = 13
"""Pictures of this width are trouble to the tiny restorer."""


class Trace:
    """Remembers what was in hand."""

    def __init__(self) -> None:
        self.stages, self.results = list[tuple[int, str]](), dict[int, str]()

    def stage(self, index: int, stage: str) -> None:
        """Remember it."""
        self.stages.append((index, stage))

    def result(self, index: int, result: FileResult) -> None:
        """Remember it."""
        self.results[index] = result.state


@pytest.fixture
def flow(tiny: Tiny, tiny_manager: PluginManager, tmp_path: Path) -> Flows:
    """Runs the folder `in` into `out`."""

    def run(
        *, trouble: str = "", tracer: Trace | None = None, stop: threading.Event | None = None, **changes: Any
    ) -> Report:
        job = Job(plan([str(tmp_path / "in")], tmp_path / "out"), tiny.spec, tiny.options(trouble=trouble), **changes)
        return execute(job, tiny_manager, tracer=tracer, stop=stop)

    return run


def test_every_picture_goes_through_all_stages_and_gets_one_result(tmp_path: Path, photo: Photo, flow: Flows) -> None:
    for name in "abc":
        photo(tmp_path / "in" / f"{name}.png")
    trace = Trace()
    flow(tracer=trace)
    for index in range(3):
        stages = [stage for number, stage in trace.stages if number == index]
        assert stages == ["reading", "waiting", "restoring", "waiting", "writing"]
    assert trace.results == {0: "done", 1: "done", 2: "done"}


def test_alone_means_that_one_is_written_before_the_next_is_read(tmp_path: Path, photo: Photo, flow: Flows) -> None:
    for name in "abc":
        photo(tmp_path / "in" / f"{name}.png")
    trace = Trace()
    flow(tracer=trace, ahead=False, jobs=1)
    assert [index for index, _ in trace.stages] == sorted(index for index, _ in trace.stages)


@pytest.mark.parametrize("ahead", [True, False])
def test_a_model_is_loaded_before_any_picture_is_read_only_when_alone(
    tmp_path: Path, photo: Photo, flow: Flows, tiny_manager: PluginManager, monkeypatch: pytest.MonkeyPatch, ahead: bool
) -> None:
    """Then a process that dies while loading has no picture in hand to be blamed."""
    photo(tmp_path / "in" / "a.png")
    trace = Trace()

    def refuse(*_: object) -> object:
        raise PluginError("cannot be loaded.")

    monkeypatch.setattr(tiny_manager, "load", refuse)
    with pytest.raises(PluginError):
        flow(tracer=trace, ahead=ahead)
    assert bool(trace.stages) is ahead


def test_a_full_disk_ends_the_trying(
    tmp_path: Path, photo: Photo, flow: Flows, tiny_manager: PluginManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        photo(tmp_path / "in" / f"{number}.png")

    def write(image: Image, path: Path, quality: int | None) -> tuple[str, ...]:
        raise OutputError("cannot be written.", path=path) from OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tiny_manager, "write_image", write)
    trace = Trace()
    report = flow(tracer=trace)
    assert report.failed == 9
    assert sum("not tried: the disk is full" in (one.reason or "") for one in report.results) >= 4
    assert {one.exit_code for one in report.results} == {ExitCode.OUTPUT}


def test_a_picture_beyond_the_memory_limit_is_refused_from_its_header_with_what_would_do(
    tmp_path: Path, photo: Photo, flow: Flows
) -> None:
    photo(tmp_path / "in" / "large.png", width=6000, height=4000)
    photo(tmp_path / "in" / "small.png")
    trace = Trace()
    report = flow(tracer=trace, runtime=Runtime(memory=BASE + (100 << 20)))
    (reason,) = (one.reason for one in report.results if one.state == "failed")
    assert reason is not None and "--memory leaves" in reason
    assert report.done == 1
    assert (0, "reading") not in trace.stages, "it was not even decoded"


def test_so_many_failures_stop_it_and_what_is_in_hand_is_accounted_for(
    tmp_path: Path, photo: Photo, flow: Flows
) -> None:
    for number in range(20):
        photo(tmp_path / "in" / f"{number}.png", width=UNLUCKY)
    report = flow(trouble="bug", max_failures=FailureLimit(count=3))
    assert report.stopped == "3 of 3 failed (--max-failures 3)"
    assert report.failed + report.left == 20 and report.left > 10


def test_a_share_of_failures_says_something_only_when_enough_were_tried(
    tmp_path: Path, photo: Photo, flow: Flows
) -> None:
    for number in range(8):
        photo(tmp_path / "in" / f"{number}.png", width=UNLUCKY)
    assert flow(trouble="bug", max_failures=FailureLimit(share=0.5)).stopped is None
    assert FailureLimit(share=0.5).reached(11, 20) and not FailureLimit(share=0.5).reached(10, 20)


def test_a_wish_to_stop_that_came_before_the_start_begins_nothing(
    tmp_path: Path, photo: Photo, flow: Flows, tiny: Tiny
) -> None:
    photo(tmp_path / "in" / "a.png")
    stop = threading.Event()
    stop.set()
    report = flow(stop=stop)
    assert (report.interrupted, report.left, tiny.loads) == (True, 1, [])
