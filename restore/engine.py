"""Runs a job: reads ahead in threads, restores in the calling thread, writes behind in threads.

One bad file never stops the others: it becomes a failed result with its reason. How much is held at a time is bounded
by the number of pictures and by their megapixels, so a folder of any size runs in the memory of a few pictures.
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from restore import steps
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.errors import ExitCode, PluginError
from restore.image import Image, Observation
from restore.outputs import Outputs
from restore.planning import Plan, WorkItem
from restore.reporting import FileResult, Observer, Report, Silence
from restore.spec import Needs, Options, Restorer, RestorerSpec, Runtime

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

__all__ = ["FileResult", "Job", "Observer", "Report", "run"]

JOBS = 2
"""Reading and writing threads each: enough to hide them behind a network on a CPU."""

MEGAPIXELS_IN_FLIGHT = 96.0
"""How much may be read, waiting, restored and written at a time; a larger picture runs alone."""

# SystemExit: a plugin that calls sys.exit must not take the run with it. KeyboardInterrupt is the user's and passes.
_FAILURES = (Exception, SystemExit)


@dataclass(frozen=True)
class Job:
    """Everything a run needs to know; holds no loaded model, so it can be sent to another process.

    Attributes:
        plan: Which file becomes which.
        spec: The restorer.
        options: An instance of the restorer's options model.
        runtime: Device, precision, tile, memory, threads.
        weights: A weights file, or None for the shipped ones.
        overwrite: Replace a result that has appeared since the plan was made.
        max_pixels: Larger pictures are refused from their header.
        quality: 1 to 100 for lossy formats, or None to follow the source.
        jobs: Reading threads, and as many writing threads.
    """

    plan: Plan
    spec: RestorerSpec
    options: Options
    runtime: Runtime = field(default_factory=Runtime)
    weights: Path | None = None
    overwrite: bool = False
    max_pixels: int = DEFAULT_MAX_PIXELS
    quality: int | None = None
    jobs: int = JOBS


def run(job: Job, manager: PluginManager, observer: Observer | None = None) -> Report:
    """Run a job to its end, or to the user's interruption (then what was being written is still finished).

    Args:
        job: What to do.
        manager: Reads and writes pictures and loads the model.
        observer: Told how it goes, in this thread.

    Returns:
        One result per input, in the plan's order.

    Raises:
        PluginError, WeightsError, DeviceError: The model cannot be loaded; nothing was written.
    """
    if job.spec.needs is not Needs.IMAGE:
        raise PluginError(f"the model '{job.spec.name}' needs {job.spec.needs.value}, which a plain run cannot give.")
    began = time.perf_counter()
    flow = _Flow(job, manager, observer or Silence())
    interrupted = False
    try:
        flow.go()
    except KeyboardInterrupt:
        interrupted = True
    finally:
        flow.close()
    results = tuple(flow.results[index] for index in sorted(flow.results))
    report = Report(len(job.plan.items), results, time.perf_counter() - began, interrupted)
    manager.run_finished(job, report)
    return report


@dataclass
class _Read:
    """A picture on its way from reader to restorer; emptied as soon as the next stage has it."""

    observation: Observation
    seconds: float


@dataclass
class _Flow:
    """The state of one run: what is to be read, being read, being written, and done."""

    job: Job
    manager: PluginManager
    observer: Observer
    results: dict[int, FileResult] = field(default_factory=dict)
    todo: deque[int] = field(default_factory=deque)
    reads: deque[tuple[int, Future[_Read]]] = field(default_factory=deque)
    writes: dict[Future[FileResult], int] = field(default_factory=dict)
    in_flight: dict[int, float] = field(default_factory=dict)
    megapixels_per_byte: float = 0.0

    def __post_init__(self) -> None:
        self.readers = ThreadPoolExecutor(self.job.jobs, "restore-read")
        self.writers = ThreadPoolExecutor(self.job.jobs, "restore-write")
        job = self.job
        self.outputs = Outputs(job.plan, self.manager, overwrite=job.overwrite, quality=job.quality)

    def go(self) -> None:
        """Do everything there is to do; returns when the last result is in."""
        self.observer.started(self.job.plan)
        for index, item in enumerate(self.job.plan.items):
            if item.skip is not None:
                self._finish(index, FileResult(item.sources[0], item.output, "skipped", item.skip))
            elif item.problem is not None:
                self._fail(index, steps.Failure(item.problem, ExitCode.INPUT))
            else:
                self.todo.append(index)
        if not self.todo:
            return
        self._read_ahead()
        restorer = self.manager.load(self.job.spec, self.job.weights, self.job.runtime)
        while self.todo or self.reads or self.writes:
            self._read_ahead()
            if self.reads:
                self._restore_next(restorer)
            self._collect(at_most=self.job.jobs if self.reads else len(self.writes) - 1)
            if self.outputs.disk_full:
                self._give_up("not tried: the disk is full")

    def close(self) -> None:
        """Drop what has not begun, let what is being written end, and account for it."""
        self.readers.shutdown(wait=True, cancel_futures=True)
        self._collect(at_most=0)
        self.writers.shutdown(wait=True)
        self.outputs.remove_empty_folders()

    def _item(self, index: int) -> WorkItem:
        return self.job.plan.items[index]

    def _read_ahead(self) -> None:
        """Start reading while there is room, by count and by megapixels; one picture always has room."""
        while self.todo and len(self.reads) < self.job.jobs:
            size = self._estimate(self._item(self.todo[0]))
            unknown = self.megapixels_per_byte == 0.0  # until one picture is read, sizes cannot be guessed
            if self.in_flight and (unknown or sum(self.in_flight.values()) + size > MEGAPIXELS_IN_FLIGHT):
                return
            index = self.todo.popleft()
            self.in_flight[index] = size
            self.reads.append((index, self.readers.submit(self._read, index)))

    def _estimate(self, item: WorkItem) -> float:
        """A picture's megapixels guessed from its file's size and the most generous file seen so far."""
        return self.megapixels_per_byte * steps.file_size(item)

    def _read(self, index: int) -> _Read:
        began = time.perf_counter()
        observation = steps.read(self._item(index), self.manager, self.job.max_pixels)
        return _Read(observation, time.perf_counter() - began)

    def _restore_next(self, restorer: Restorer) -> None:
        """Take the next picture read, restore it and hand it to a writer."""
        index, future = self.reads.popleft()
        item = self._item(index)
        began = time.perf_counter()
        megapixels = 0.0
        try:
            read = future.result()
            del future
            megapixels = steps.megapixels(read.observation)
            self._learn(index, item, megapixels)
            self._read_ahead()
            self.observer.progressed(item)
            began = time.perf_counter()
            image = steps.restore(restorer, read.observation, self.job.spec, self.job.options)
        except _FAILURES as error:
            failure = steps.explain(error, item.sources[0], self.job.spec)
            self._fail(index, failure, time.perf_counter() - began, megapixels)
            return
        seconds = read.seconds + time.perf_counter() - began
        write = self.writers.submit(self._write, item, [read.observation.image], [image], seconds, megapixels)
        self.writes[write] = index

    def _learn(self, index: int, item: WorkItem, megapixels: float) -> None:
        """Correct the guess of this picture's size and the basis of the next guesses."""
        self.in_flight[index] = megapixels
        self.megapixels_per_byte = max(self.megapixels_per_byte, megapixels / max(steps.file_size(item), 1))

    def _write(
        self, item: WorkItem, before: list[Image], after: list[Image], seconds: float, megapixels: float
    ) -> FileResult:
        """Write one result; takes the pictures out of their lists so that nothing else keeps them alive."""
        began = time.perf_counter()
        source, output = item.sources[0], item.output
        warnings = after[0].metadata.warnings
        try:
            put = self.outputs.put(item, before, after)
        except _FAILURES as error:
            failure = steps.explain(error, source, self.job.spec)
            return steps.failed(item, failure, seconds + time.perf_counter() - began, megapixels)
        seconds += time.perf_counter() - began
        if put.skipped is not None:
            return FileResult(source, output, "skipped", put.skipped, seconds, megapixels)
        return FileResult(source, output, "done", None, seconds, megapixels, warnings + put.lost)

    def _collect(self, *, at_most: int) -> None:
        """Account for finished writes; wait while more than `at_most` are under way."""
        while self.writes:
            timeout = None if len(self.writes) > at_most else 0
            done, _ = wait(self.writes, timeout, return_when=FIRST_COMPLETED)
            for future in done:
                self._finish(self.writes.pop(future), future.result())
            if len(self.writes) <= at_most:
                return

    def _give_up(self, reason: str) -> None:
        """Fail everything that has not begun: it could only be computed to be thrown away."""
        for _, future in self.reads:
            future.cancel()
        for index in [*(index for index, _ in self.reads), *self.todo]:
            self._fail(index, steps.Failure(reason, ExitCode.OUTPUT))
        self.reads.clear()
        self.todo.clear()

    def _fail(self, index: int, failure: steps.Failure, seconds: float = 0.0, megapixels: float = 0.0) -> None:
        self._finish(index, steps.failed(self._item(index), failure, seconds, megapixels))

    def _finish(self, index: int, result: FileResult) -> None:
        """Book a result and tell the observer."""
        self.in_flight.pop(index, None)
        self.results[index] = result
        self.observer.finished(result)
