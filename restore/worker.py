"""The process that does the work of a supervised run: it may die over a picture, the run does not.

It talks to its supervisor over a pipe. Out go `Stage`, `Outcome`, `Finished`, `Log`, and at the end `Ending`; in come a
`Part` of the plan after the other, None after the last, or `STOP`; or the end of the pipe when the supervisor is gone:
then the worker ends itself at once, which is safe at any moment.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, fields
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restore.engine import execute
from restore.errors import DeviceError, RestoreError
from restore.folder_lock import PATIENCE, WORKER, folder_lock
from restore.job import Job
from restore.journal import FOLDER, Journal
from restore.outputs import twins
from restore.planning import Plan
from restore.provenance import Treatment
from restore.reporting import FileResult, Silence
from restore.station import Station
from restore.stray_output import kept_off_stdout

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

STOP = "stop"
"""What the supervisor says when what is in hand is to be the last."""
STOPPING = (signal.SIGINT, signal.SIGTERM)
"""The signals that mean it to the supervisor."""


@dataclass(frozen=True)
class Errand:
    """A job that can be sent to another process: the restorer by its name, its options as plain values.

    Attributes:
        model: Name of the restorer.
        options: Of the restorer.
        settings: All other fields of `Job` but its plan, which comes in parts, and when to stop early, which is the
            supervisor's to say.
        treatment: For the XMP of the results.
        folder: Of the journal; None for a run without one.
        level: Of the ``restore`` logger.
        twins: Names of the whole job that some disks confuse, see `restore.outputs.twins`.
    """

    model: str
    options: dict[str, Any]
    settings: dict[str, Any]
    treatment: Treatment | None
    folder: Path | None
    level: int
    twins: frozenset[str]

    @classmethod
    def of(cls, job: Job, treatment: Treatment | None, folder: Path | None, *, alone: bool) -> Errand:
        """All of a job but its plan.

        Args:
            job: The whole.
            treatment: For the XMP of the results.
            folder: Of the journal.
            alone: One picture at a time.
        """
        own = {"plan", "spec", "options", "max_failures"}
        settings = {each.name: getattr(job, each.name) for each in fields(Job) if each.name not in own}
        if alone:
            settings |= {"jobs": 1, "ahead": False}
        level = logging.getLogger("restore").getEffectiveLevel()
        return cls(job.spec.name, job.options.model_dump(), settings, treatment, folder, level, twins(job.plan))

    def job(self, plan: Plan, manager: PluginManager) -> Job:
        """Part of the job again, in the process that does it."""
        spec = manager.restorer(self.model)
        return Job(plan, spec, spec.options.model_validate(self.options), **self.settings)


@dataclass(frozen=True)
class Part:
    """Some items to be done next.

    Attributes:
        plan: The items.
        offset: Of the first one among all that this worker is given; `Stage` and `Outcome` count from there.
    """

    plan: Plan
    offset: int


@dataclass(frozen=True)
class Stage:
    """An item has come to a stage, see `restore.reporting.Tracer`."""

    index: int
    stage: str


@dataclass(frozen=True)
class Outcome:
    """Nothing more will happen to an item."""

    index: int
    result: FileResult


@dataclass(frozen=True)
class Finished:
    """A part is done: the worker can be given another one."""

    offset: int


@dataclass(frozen=True)
class Log:
    """A line for the log."""

    level: int
    text: str


@dataclass(frozen=True)
class Ending:
    """The worker is through; or an error that ends the run, like a model that cannot be loaded."""

    error: BaseException | None = None


class _Line(logging.Handler):
    """The worker's end of the pipe: traces the run and sends its log. Used from several threads."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self.connection = connection
        self.sending = threading.Lock()
        self.offset = 0

    def send(self, message: object) -> None:
        """Send one message; a supervisor that is gone is noticed by the listening thread."""
        with self.sending, suppress(OSError):
            self.connection.send(message)

    def stage(self, index: int, stage: str) -> None:
        self.send(Stage(self.offset + index, stage))

    def result(self, index: int, result: FileResult) -> None:
        self.send(Outcome(self.offset + index, result))

    def emit(self, record: logging.LogRecord) -> None:
        self.send(Log(record.levelno, record.getMessage()))


@contextmanager
def signals_held() -> Iterator[None]:
    """Keep Ctrl-C and SIGTERM waiting, here and in a process started meanwhile, until it says what they mean to it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # at its first start it would let them through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work(connection: Connection, errand: Errand, plugins: Callable[[], PluginManager]) -> None:
    """Do an errand; the entry point of the worker's process.

    Args:
        connection: To the supervisor.
        errand: What to do.
        plugins: Finds the plugins again in this process.
    """
    # Ctrl-C reaches every process of a terminal, and a service manager's SIGTERM every process of the service. What
    # they mean for this one is the supervisor's to say.
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)  # the supervisor held them back until here
    stop = threading.Event()
    parts: queue.SimpleQueue[Part | None] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, parts, stop), daemon=True).start()
    line = _Line(connection)
    logger = logging.getLogger("restore")
    logger.handlers, logger.propagate = [line], False
    logger.setLevel(errand.level)
    error: BaseException | None = None
    try:
        with ExitStack() as held:
            # What a model prints would spoil the document that --json promises; nothing of ours is printed here.
            held.enter_context(kept_off_stdout())
            journal = None
            if errand.folder is not None:
                held.enter_context(folder_lock(errand.folder / FOLDER, WORKER, PATIENCE))
                journal = held.enter_context(Journal.open(errand.folder))
            manager, station = plugins(), Station(errand.twins)
            while not stop.is_set() and (part := parts.get()) is not None:
                line.offset = part.offset
                job = errand.job(part.plan, manager)
                execute(
                    job,
                    manager,
                    Silence(),
                    journal=journal,
                    treatment=errand.treatment,
                    tracer=line,
                    stop=stop,
                    station=station,
                )
                line.send(Finished(part.offset))
    except RestoreError as known:
        error = known
    except Exception as unknown:
        words = f"the worker failed unexpectedly ({type(unknown).__name__}: {unknown})."
        logger.debug("%s", "".join(traceback.format_exception(unknown)))
        error = DeviceError(words, hint="-vv shows where.")
    line.send(Ending(error))


def _listen(connection: Connection, parts: queue.SimpleQueue[Part | None], stop: threading.Event) -> None:
    """Hear what the supervisor says: a part, None after the last one, or `STOP`. End at once when it is gone."""
    try:
        while True:
            message = connection.recv()
            if message == STOP:
                stop.set()
                parts.put(None)
            else:
                parts.put(message)
    except (EOFError, OSError):
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
