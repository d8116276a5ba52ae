"""What is sent to a worker's process and what it says; `test_supervisor.py` has real ones."""

from __future__ import annotations

import logging
import pickle
import threading
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.errors import ExitCode, InputError, OutputError
from restore.job import FailureLimit, Job
from restore.journal import Journal
from restore.masks.request import Box, Masking
from restore.planning import Plan, WorkItem, plan
from restore.plugin_manager import PluginManager
from restore.provenance import Treatment
from restore.reporting import FileResult
from restore.series.request import Grouping, Series
from restore.spec import Runtime
from restore.worker import STOP, Ending, Errand, Log, Outcome, Part, Stage, work

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tiny import Tiny

TREATMENT = Treatment("tiny", None, {"strength": 1.0}, "1.0")


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Connection, Connection]]:
    """A pipe to a worker that runs here; `work` takes over signals and the log of its process, which here it must not.

    The worker's listening thread ends its process when the supervisor's end of the pipe is closed, unless it is kept
    from it.
    """
    logger = logging.getLogger("restore")
    before = logger.handlers, logger.propagate, logger.level
    monkeypatch.setattr("restore.worker.signal.signal", lambda *_: None)
    monkeypatch.setattr("restore.worker.os.kill", lambda *_: None)
    here, there = Pipe()
    yield here, there
    here.close()
    for thread in threading.enumerate():
        if "_listen" in thread.name:
            thread.join()
    logger.handlers, logger.propagate, logger.level = before[0], before[1], before[2]


@pytest.fixture
def job(tiny: Tiny, tmp_path: Path, photo: Callable[..., Path]) -> Job:
    for name in ("a.png", "b.png"):
        photo(tmp_path / "in" / name)
    return Job(plan([str(tmp_path / "in")], tmp_path / "out"), tiny.spec, tiny.options(strength=0.5))


def said(
    pipe: tuple[Connection, Connection], errand: Errand, plan: Plan, manager: Callable[[], PluginManager]
) -> list[object]:
    """All messages of a worker that does an errand here, given one item at a time."""
    here, there = pipe
    for offset, item in enumerate(plan.items):
        here.send(Part(Plan((item,), folder=plan.folder), offset))
    here.send(None)
    work(there, errand, manager)
    messages = []
    while here.poll():
        messages.append(here.recv())
    return messages


def test_a_job_comes_out_of_the_pipe_as_it_went_in(job: Job, tiny_manager: PluginManager) -> None:
    other = replace(
        job,
        runtime=Runtime("cuda", "float16", 256, 1 << 30, 3),
        weights=Path("w.safetensors"),
        overwrite=True,
        max_pixels=5,
        quality=50,
        jobs=4,
        provenance=False,
        max_failures=FailureLimit(3),
        masking=Masking(Path("masks"), boxes=(Box(1, 2, 3, 4),)),
        series=Series("focus", align=False, group_by=Grouping(count=3)),
    )
    assert all(
        getattr(other, field.name) != getattr(job, field.name) for field in fields(Job)[3:] if field.name != "ahead"
    )
    errand, the_plan = pickle.loads(pickle.dumps((Errand.of(other, TREATMENT, Path("out"), alone=False), other.plan)))
    again = errand.job(the_plan, tiny_manager)
    assert replace(again, max_failures=other.max_failures) == other, "when to stop is the supervisor's to say"
    assert (errand.treatment, errand.folder) == (TREATMENT, Path("out"))


def test_alone_means_one_picture_at_a_time(job: Job, tiny_manager: PluginManager) -> None:
    alone = Errand.of(replace(job, jobs=4), None, None, alone=True).job(job.plan, tiny_manager)
    assert (alone.jobs, alone.ahead) == (1, False)


def test_a_worker_says_what_it_has_in_hand_and_what_came_of_it(
    pipe: tuple[Connection, Connection], job: Job, tiny_manager: PluginManager
) -> None:
    messages = said(pipe, Errand.of(job, None, None, alone=True), job.plan, lambda: tiny_manager)
    first = [one.stage for one in messages if isinstance(one, Stage) and one.index == 0]
    assert first == ["reading", "waiting", "restoring", "waiting", "writing"]
    assert [(one.index, one.result.state) for one in messages if isinstance(one, Outcome)] == [(0, "done"), (1, "done")]
    assert messages[-1] == Ending()


def test_a_worker_books_in_the_journal_of_the_folder(
    pipe: tuple[Connection, Connection], job: Job, tiny_manager: PluginManager, tmp_path: Path
) -> None:
    with Journal.open(tmp_path / "out") as journal:
        said(pipe, Errand.of(job, None, tmp_path / "out", alone=False), job.plan, lambda: tiny_manager)
        assert journal.entry(tmp_path / "out" / "a.png") is None, "only what a run has planned is booked"
    assert (tmp_path / "out" / "a.png").exists()


def test_an_error_that_ends_the_run_is_sent_whole(pipe: tuple[Connection, Connection], job: Job) -> None:
    def refuse() -> PluginManager:
        raise OutputError("is full.", path="out", hint="Free some space.")

    (ending,) = (
        one for one in said(pipe, Errand.of(job, None, None, alone=False), job.plan, refuse) if isinstance(one, Ending)
    )
    assert isinstance(ending.error, OutputError)
    assert str(ending.error) == "out: is full. Free some space."


def test_a_bug_ends_the_worker_with_words_too(pipe: tuple[Connection, Connection], job: Job) -> None:
    (ending,) = (
        one
        for one in said(pipe, Errand.of(job, None, None, alone=False), job.plan, lambda: 1 // 0)  # type: ignore[arg-type, return-value]
        if isinstance(one, Ending)
    )
    assert "ZeroDivisionError" in str(ending.error)


def test_a_workers_log_is_sent_to_its_supervisor(
    pipe: tuple[Connection, Connection], job: Job, tiny_manager: PluginManager
) -> None:
    def warns() -> PluginManager:
        logging.getLogger("restore").warning("look at %s", "this")
        return tiny_manager

    messages = said(pipe, Errand.of(job, None, None, alone=False), job.plan, warns)
    assert Log(logging.WARNING, "look at this") in messages


def test_told_to_stop_it_finishes_what_is_in_hand_and_begins_nothing_else(
    pipe: tuple[Connection, Connection], job: Job, tiny_manager: PluginManager
) -> None:
    here, there = pipe
    here.send(STOP)

    def late() -> PluginManager:
        time.sleep(0.3)  # the wish is heard meanwhile
        return tiny_manager

    work(there, Errand.of(job, None, None, alone=False), late)
    assert here.recv() == Ending(), "no outcome, no stage"


@pytest.mark.parametrize("error", [InputError("is empty.", path="a.png", hint="Copy it again."), None])
def test_every_message_survives_the_pipe(error: InputError | None) -> None:
    item = WorkItem((Path("a"),), Path("b"))
    result = FileResult(item.sources[0], item.output, "failed", "why", exit_code=ExitCode.INPUT)
    for message in (Stage(3, "reading"), Outcome(3, result), Log(10, "text"), Ending(None)):
        assert pickle.loads(pickle.dumps(message)) == message
    assert str(pickle.loads(pickle.dumps(Ending(error))).error) == str(error)
    assert pickle.loads(pickle.dumps(Plan((item,)))) == Plan((item,))
