"""A run in a process of its own: a crash, a hang or a kill costs the picture in hand, not the run.

The supervisor itself touches no picture and loads no library that does. It knows what its worker has in hand. When the
worker dies, whatever it had in hand is tried again one by one, each alone in a fresh worker: what kills that one too is
the culprit and has failed; all else goes on.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING

from restore.errors import DeviceError, ExitCode, OutputError
from restore.job import Job
from restore.journal import Journal
from restore.planning import Items, Plan
from restore.provenance import Treatment
from restore.reporting import FileResult, Observer, Report, Results, accounted
from restore.resuming import DONE
from restore.steps import untried
from restore.worker import STOP, Ending, Errand, Finished, Log, Outcome, Part, Stage, signals_held, work

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

_log = logging.getLogger("restore")

_TICK = 0.2
"""Seconds between looks at the clock and at the user's wish to stop."""
_DEATHS = 2
"""Workers in a row that may die without any result: one with several pictures in hand, one before it began."""
_PART = 256
"""Items a worker is given at a time: it need not hold a whole run's, and hardly waits between two parts."""
_BUSY = ("reading", "restoring", "writing")
"""Stages in which a picture can kill a worker or take too long; else it waits its turn."""


def supervise(
    job: Job,
    plugins: Callable[[], PluginManager],
    observer: Observer,
    *,
    journal: Journal | None,
    treatment: Treatment | None,
    settled: Callable[[Plan], Plan],
    timeout: float | None,
    stop: threading.Event,
) -> Report:
    """Run a job in worker processes; like `restore.engine.execute` but for what a worker may do.

    Args:
        job: What to do.
        plugins: Finds the plugins, in the worker's process.
        observer: Told how it goes, in this thread.
        journal: Told of what killed a worker; the worker itself opens the same journal for all else.
        treatment: For the XMP of the results.
        settled: Says what of a plan is done already: what a worker has finished just before it died.
        timeout: Seconds that reading, restoring and writing of one picture may each take; None for no limit.
        stop: Once set, what is in hand is finished and the rest is left.

    Raises:
        RestoreError: What the worker met before it began: a model that cannot be loaded, an unusable journal.
        DeviceError: Workers die without any picture in hand.
    """
    run = _Run(job, plugins, observer, journal, treatment, settled, timeout, stop)
    observer.started(job.plan)
    return accounted(run, len(job.plan.items), stop)


@dataclass
class _Run:
    """The state of a supervised run. Indices are those of the whole job's plan."""

    job: Job
    plugins: Callable[[], PluginManager]
    observer: Observer
    journal: Journal | None
    treatment: Treatment | None
    settled: Callable[[Plan], Plan]
    timeout: float | None
    stop: threading.Event
    stopped: str | None = None
    suspects: list[int] = field(default_factory=list)
    busy: dict[int, tuple[str, float]] = field(default_factory=dict)
    """What the worker has in hand: stage and since when."""
    loaded: bool = False
    """Whether the worker has its model: before, the model may be what kills it, and not the picture being read."""
    process: multiprocessing.process.BaseProcess | None = None
    failed: int = 0
    tried: int = 0

    def __post_init__(self) -> None:
        self.results = Results(self.job.plan)

    def go(self) -> None:
        """Account for what needs no worker, then start workers until nothing is left, or it is to stop."""
        items = self.job.plan.items
        for index, item in enumerate(items):
            if not item.is_pending:
                self._finish(index, untried(item))
        deaths, died = 0, False
        while len(self.results) < len(items) and not self.stop.is_set():
            alone = bool(self.suspects)
            part: Sequence[int] = self.suspects or self.results.without()
            self.suspects = []
            before = len(self.results)
            verdict = self._follow(part, alone=alone)
            died |= self.process is not None and self.process.exitcode != 0
            if verdict is None:
                continue
            self._recover(part)
            self._sentence(verdict, part, alone=alone)
            deaths = deaths + 1 if len(self.results) == before else 0
            if deaths > _DEATHS:
                raise DeviceError(f"the worker process {verdict} before it began.", hint="Try --no-isolate -vv.")
        if died:  # of what a worker has said to be done, the last may not be booked as such
            self.settled(self.job.plan)

    def close(self) -> None:
        """End the worker, if there is one, at once."""
        if self.process is not None and self.process.is_alive():
            self.process.kill()
            self.process.join()

    def _follow(self, part: Sequence[int], *, alone: bool) -> str | None:
        """Run one worker to its end; returns how it died, None when it did not."""
        context = multiprocessing.get_context("spawn")  # a fork would inherit whatever threads libraries have started
        here, there = context.Pipe()
        folder = None if self.journal is None else self.journal.folder
        errand = Errand.of(self.job, self.treatment, folder, alone=alone)
        self.busy, self.loaded = {}, False
        self.process = context.Process(target=work, args=(there, errand, self.plugins), name="restore-worker")
        with signals_held():
            self.process.start()
        there.close()
        with here:
            ended = self._hear(here, part)
            if ended:
                self.process.join()  # before the pipe closes: it ends itself at once where its supervisor is gone
        self.process.join()
        return None if ended else _death(self.process.exitcode)

    def _hear(self, here: Connection, part: Sequence[int]) -> bool:
        """Give the worker its parts and take its messages until it ends; returns whether it said so itself."""
        assert self.process is not None
        told = False
        given = 0
        for _ in range(2):  # one more than it works on, so that it never waits
            given = self._give(here, part, given)
        while True:
            wait([here, self.process.sentinel], _TICK)
            if self.stop.is_set() and not told:
                told = True
                _say(here, STOP)
            try:
                while here.poll():
                    message = here.recv()
                    if isinstance(message, Ending):
                        if message.error is not None:
                            raise message.error
                        return True
                    if isinstance(message, Finished):
                        given = self._give(here, part, given)
                    self._take(message, part)
            except (EOFError, OSError):
                return False
            late = self._late()
            if late is not None:
                doing = _doing(self.busy[late][0])
                self.close()
                self._recover(part)
                self._fail(late, f"took longer than {self.timeout:g} s {doing} (--timeout).")
                return True
            if not self.process.is_alive() and not here.poll():
                return False

    def _give(self, here: Connection, part: Sequence[int], given: int) -> int:
        """Send the next items, or that there are no more; returns how many were given in all."""
        if given > len(part):
            return given
        indices = part[given : given + _PART]
        items = Items(self.job.plan.items[index] for index in indices)
        plan = Plan(items, folder=self.job.plan.folder, companions=self.job.plan.companions)
        _say(here, Part(plan, given) if indices else None)
        return given + len(indices) if indices else len(part) + 1

    def _take(self, message: object, part: Sequence[int]) -> None:
        if isinstance(message, Stage):
            index = part[message.index]
            if message.stage == "restoring":
                self.loaded = True
                self.observer.progressed(self.job.plan.items[index])
            if message.stage in _BUSY:
                self.busy[index] = message.stage, time.monotonic()
            else:
                self.busy.pop(index, None)
        elif isinstance(message, Outcome):
            index = part[message.index]
            self._finish(index, message.result)
        elif isinstance(message, Log):
            _log.log(message.level, "%s", message.text)

    def _late(self) -> int | None:
        """An item that takes too long."""
        if self.timeout is None:
            return None
        now = time.monotonic()
        return next((index for index, (_, since) in self.busy.items() if now - since > self.timeout), None)

    def _sentence(self, verdict: str, part: Sequence[int], *, alone: bool) -> None:
        """After a worker's death: fail the culprit where it is known, else put all that was in hand to the test."""
        if len(self.busy) == 1 and (alone or self.loaded):
            [(index, (stage, _))] = self.busy.items()
            self._fail(index, f"the process that was working on it {verdict} while {_doing(stage)}.")
        elif self.busy:
            _log.warning("the worker process %s; trying one by one what it had in hand", verdict)
            self.suspects = list(self.busy)
        elif alone:
            self.suspects = list(part)
        self.busy = {}

    def _recover(self, part: Sequence[int]) -> None:
        """Book what a worker had finished and not yet said when it died."""
        open_ = [index for index in part if not self.results.has(index)]
        items = Items(self.job.plan.items[index] for index in open_)
        for index, item in zip(open_, self.settled(replace(self.job.plan, items=items)).items, strict=True):
            if item.skip == DONE:
                self._finish(index, FileResult(item.sources[0], item.output, "done"))

    def _fail(self, index: int, reason: str) -> None:
        item = self.job.plan.items[index]
        hint = " Run the same command again to try it again; a smaller --memory or --jobs 1 may help."
        result = FileResult(item.sources[0], item.output, "failed", reason + hint, exit_code=ExitCode.DEVICE)
        self._finish(index, result)
        if self.journal is not None:
            with suppress(OutputError):  # a full disk: it stays pending
                self.journal.flush()

    def _finish(self, index: int, result: FileResult) -> None:
        """Count a result. What its worker has booked may have died with it, so it is booked here too."""
        self.busy.pop(index, None)
        if self.results.has(index):
            return
        if self.journal is not None and result.state != "done" and result.reason != DONE:
            self.journal.book(result)
        self.results.put(index, result)
        self.observer.finished(result)
        self.failed += result.state == "failed"
        self.tried += result.state != "skipped"
        limit = self.job.max_failures
        if limit is not None and result.state == "failed" and limit.reached(self.failed, self.tried):
            self.stopped = self.stopped or f"{self.failed} of {self.tried} failed (--max-failures {limit})"
            self.stop.set()


def _say(connection: Connection, message: object) -> None:
    try:
        connection.send(message)
    except OSError:  # the worker is gone already
        return


def _doing(stage: str) -> str:
    return {"reading": "reading it", "restoring": "restoring it", "writing": "writing the result"}[stage]


def _death(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None or code >= 0:
        return f"ended with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return "was killed, which the system does when memory runs out," if name == "SIGKILL" else f"crashed ({name})"
