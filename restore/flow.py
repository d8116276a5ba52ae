"""The inside of a run: reads ahead in threads, restores in the calling thread, writes behind in threads.

How much is held at a time is bounded by the number of pictures and by their bytes, so a folder of any size runs in the
memory of a few pictures.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from restore import steps
from restore.admission import Admission
from restore.errors import ExitCode
from restore.job import Job
from restore.journal import Journal
from restore.made import Made
from restore.masks.detecting import finder_of, tell_found
from restore.memory import share
from restore.outputs import Outputs, twins
from restore.planning import WorkItem
from restore.provenance import Treatment
from restore.reporting import FileResult, Observer, Results, Tracer
from restore.result_size import check_size
from restore.resuming import DONE
from restore.spec import Makes, Restorer
from restore.station import Station

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

# SystemExit: a plugin that calls sys.exit must not take the run with it. KeyboardInterrupt is the user's and passes.
_FAILURES = (Exception, SystemExit)


class Flow:
    """The state of one run: what is to be read, being read, being written, and done.

    Args:
        job: What to do.
        manager: Reads and writes pictures and loads the model.
        observer: Told how it goes, in this thread.
        tracer: Told what is in hand, from any thread; or None.
        journal: Told what becomes of every item; or None.
        treatment: For the XMP of the results; or None.
        stop: Once set, what is in hand is finished and nothing else is begun.
        station: What it shares with earlier parts of the same job.
    """

    def __init__(
        self,
        job: Job,
        manager: PluginManager,
        observer: Observer,
        tracer: Tracer | None,
        journal: Journal | None,
        treatment: Treatment | None,
        stop: threading.Event,
        station: Station,
    ) -> None:
        self.job, self.manager, self.observer, self.tracer, self.journal = job, manager, observer, tracer, journal
        self.stop = stop
        self.stopped: str | None = None
        self.results = Results(job.plan)
        self.budget = share(job.runtime)
        self.finder = finder_of(job.masking, manager)
        self.admission = Admission(job, self.finder, self.budget)
        self.station = station
        if station.outputs is None:
            station.outputs = Outputs(
                station.twins if station.twins is not None else twins(job.plan),
                manager,
                overwrite=job.overwrite,
                quality=job.quality,
                treatment=treatment if job.provenance else None,
                journal=journal,
            )
        self.outputs = station.outputs
        self._failed = self._tried = 0
        self._todo: deque[int] = deque()
        self._reads: deque[tuple[int, Future[steps.Read]]] = deque()
        self._writes: dict[Future[FileResult], int] = {}
        self._in_flight: dict[int, int] = {}
        self._next: tuple[int, int | None, steps.Failure | None] | None = None
        self._readers = ThreadPoolExecutor(job.jobs, "restore-read")
        self._writers = ThreadPoolExecutor(job.jobs, "restore-write")

    def go(self) -> None:
        """Do everything there is to do; returns when the last result is in, or when it is to stop."""
        self.observer.started(self.job.plan)
        for index, item in enumerate(self.job.plan.items):
            if item.skip is not None or item.problem is not None:
                self._finish(index, steps.untried(item))
            else:
                self._todo.append(index)
        if not self._todo or self.stop.is_set():
            return
        if self.job.ahead:  # else a crash while loading is not to be blamed on a picture
            self._read_ahead()
        restorer = self.station.load(self.job, self.finder, self.manager, self.budget.runtime)
        while (self._todo or self._reads or self._writes) and not self.stop.is_set():
            self._read_ahead()
            if self._reads:
                self._restore_next(restorer)
            waiting = self._reads and self.job.ahead
            self._collect(at_most=self.job.jobs if waiting else len(self._writes) - 1)
            if self.outputs.disk_full:
                self._give_up("not tried: the disk is full")

    def close(self) -> None:
        """Drop what has not begun, let what is being written end, and account for it."""
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._collect(at_most=0)
        self._writers.shutdown(wait=True)
        self.outputs.remove_empty_folders()

    def _item(self, index: int) -> WorkItem:
        return self.job.plan.items[index]

    def _trace(self, index: int, stage: str) -> None:
        if self.tracer is not None:
            self.tracer.stage(index, stage)

    def _read_ahead(self) -> None:
        """Start reading while there is room, by count and by bytes; one picture always has room."""
        while self._todo and len(self._reads) < (self.job.jobs if self.job.ahead else 1):
            index = self._todo[0]
            if self._next is None or self._next[0] != index:
                self._next = index, *self.admission.size(self._item(index))
            _, size, refusal = self._next
            room = self.budget.pictures - sum(self._in_flight.values())
            if self._in_flight and (not self.job.ahead or size is None or size > room):
                return
            self._todo.popleft()
            if refusal is not None:
                self._fail(index, refusal)
                continue
            self._in_flight[index] = size or 0
            self._reads.append((index, self._readers.submit(self._read, index)))

    def _read(self, index: int) -> steps.Read:
        self._trace(index, "reading")
        try:
            return steps.read(
                self._item(index),
                self.manager,
                self.job.max_pixels,
                hashed=self.journal is not None,
                masking=self.job.masking,
                series=self.job.series,
            )
        finally:
            self._trace(index, "waiting")

    def _restore_next(self, restorer: Restorer) -> None:
        """Take the next picture read, restore it and hand it to a writer."""
        index, future = self._reads.popleft()
        item, job = self._item(index), self.job
        began = time.perf_counter()
        megapixels, at_work = 0.0, job.spec
        try:
            read = future.result()
            del future
            megapixels = steps.megapixels(read.observation)
            self.admission.learn(item, read)
            if self.stop.is_set():
                self._in_flight.pop(index, None)
                return
            self._read_ahead()
            self._trace(index, "restoring")
            self.observer.progressed(item)
            began = time.perf_counter()
            given = read.observation.image
            check_size(job.spec, job.options, (given.height, given.width), job.max_pixels, item.sources[0])
            if self.finder is not None and self.station.detector is not None and job.masking is not None:
                at_work = self.finder.spec
                read = steps.with_damage(read, item, self.finder, self.station.detector, job.masking)
                at_work = job.spec
            restored = steps.restore(restorer, read.observation, job.spec, job.options, job.masking)
            if job.spec.makes is Makes.MASK:
                tell_found(restored.image.pixels[..., 0] != 0, item.sources[0])
        except _FAILURES as error:
            failure = steps.explain(error, item.sources[0], at_work)
            self._fail(index, failure, time.perf_counter() - began, megapixels)
            return
        seconds = read.seconds + time.perf_counter() - began
        companions = list(zip(self.job.plan.beside(item), restored.companions, strict=True))
        made = Made(item, read.observation.image, restored.image, read.sources, seconds, megapixels, companions)
        made.account, made.untouched = restored.account, restored.untouched
        self._trace(index, "waiting")
        self._writes[self._writers.submit(self._write, index, made)] = index

    def _write(self, index: int, made: Made) -> FileResult:
        """Write one result."""
        self._trace(index, "writing")
        began = time.perf_counter()
        item, source = made.item, made.item.sources[0]
        try:
            put = self.outputs.put(made)
        except _FAILURES as error:
            failure = steps.explain(error, source, self.job.spec)
            return steps.failed(item, failure, made.seconds + time.perf_counter() - began, made.megapixels)
        seconds = made.seconds + time.perf_counter() - began
        if put.skipped is not None:
            return FileResult(source, item.output, "skipped", put.skipped, seconds, made.megapixels)
        account = None if made.account is None else json.dumps(made.account)
        return FileResult(source, item.output, "done", None, seconds, made.megapixels, put.warnings, account=account)

    def _collect(self, *, at_most: int) -> None:
        """Account for finished writes; wait while more than `at_most` are under way."""
        while self._writes:
            timeout = None if len(self._writes) > at_most else 0
            done, _ = wait(self._writes, timeout, return_when=FIRST_COMPLETED)
            for future in done:
                self._finish(self._writes.pop(future), future.result())
            if len(self._writes) <= at_most:
                return

    def _give_up(self, reason: str) -> None:
        """Fail everything that has not begun: it could only be computed to be thrown away."""
        for _, future in self._reads:
            future.cancel()
        for index in [*(index for index, _ in self._reads), *self._todo]:
            self._fail(index, steps.Failure(reason, ExitCode.OUTPUT))
        self._reads.clear()
        self._todo.clear()

    def _fail(self, index: int, failure: steps.Failure, seconds: float = 0.0, megapixels: float = 0.0) -> None:
        self._finish(index, steps.failed(self._item(index), failure, seconds, megapixels))

    def _finish(self, index: int, result: FileResult) -> None:
        """Book a result and tell whoever wants to know."""
        self._in_flight.pop(index, None)
        self.results.put(index, result)
        if self.journal is not None and result.state != "done" and result.reason != DONE:
            self.journal.book(result)
        if self.tracer is not None:
            self.tracer.result(index, result)
        self.observer.finished(result)
        self._failed += result.state == "failed"
        self._tried += result.state != "skipped"
        limit = self.job.max_failures
        if limit is not None and result.state == "failed" and limit.reached(self._failed, self._tried):
            self.stopped = f"{self._failed} of {self._tried} failed (--max-failures {limit})"
            self.stop.set()
