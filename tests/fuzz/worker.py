"""A process for the trials, so that a crash, a hang or a flood of memory is one finding and not the end."""

from __future__ import annotations

import faulthandler
import gc
import multiprocessing
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from tests.fuzz.trial import Trial, Verdict

SECONDS = 5.0
PEAK = 128 << 20
"""Bytes a trial may need: far more than a megapixel of any depth, far less than what headers can promise."""
ADDRESSES = 1 << 30
"""Bytes of data the process may have beyond those at its start; the system refuses more."""


class Worker:
    """A process that reads one file after the other and is started again when it dies.

    Args:
        folder: For what is written and printed.
        warm: Valid files that are read first, so that libraries are loaded before anything is measured.
        server: What runs in the process; another one only to test this class.
        limit: Seconds for one file.
    """

    def __init__(
        self, folder: Path, warm: list[Path], server: Callable[..., None] | None = None, limit: float = SECONDS
    ) -> None:
        self._folder, self._warm, self._server, self._limit = folder, warm, server or serve, limit
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def run(self, path: Path, whole: Path | None = None) -> Verdict:
        """Return what became of a file; see `Trial.run`."""
        pipe = self._started()
        began = time.monotonic()
        pipe.send((path, whole))
        try:
            if not pipe.poll(self._limit):
                self.stop()
                return Verdict("hang", f"still busy after {self._limit:g} s", seconds=self._limit)
            verdict = pipe.recv()
            assert isinstance(verdict, Verdict)
            return verdict
        except (EOFError, ConnectionError):
            assert self._process is not None
            self._process.join()
            code, said = self._process.exitcode, (self._folder / "printed.txt").read_text("utf-8", "replace")
            self.stop()
            return Verdict("crash", f"exit code {code}\n{said[-4000:]}", seconds=time.monotonic() - began)

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None

    def _started(self) -> Connection:
        if self._process is None or self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=self._server, args=(theirs, self._folder, self._warm), daemon=True)
            self._process.start()
            theirs.close()
            self._pipe.recv()
        return self._pipe


def serve(pipe: Connection, folder: Path, warm: list[Path]) -> None:
    """Answer each path with a verdict, until the other end is closed. Prints into a file, which has to stay empty."""
    printed = os.open(folder / "printed.txt", os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    os.dup2(printed, 1)
    os.dup2(printed, 2)
    faulthandler.enable()
    warnings.simplefilter("always", append=True)
    trial = Trial(folder)
    for path in warm:
        trial.run(path)
    os.ftruncate(printed, 0)
    gc.freeze()
    resource.setrlimit(resource.RLIMIT_DATA, (_status("VmData") + ADDRESSES, resource.RLIM_INFINITY))
    pipe.send(None)
    children = most_children = _children()
    while True:
        try:
            path, whole = pipe.recv()
        except EOFError:
            return
        before = _forget_peak()
        began = time.monotonic()
        verdict = trial.run(path, whole)
        seconds = time.monotonic() - began
        grown = max(0, _status("VmHWM") - before)
        if _children() > most_children:  # the system tells of the largest so far only
            most_children = _children()
            grown = max(grown, most_children - children)
        verdict = replace(verdict, seconds=seconds, peak=grown)
        pipe.send(_measured(verdict, printed))


def _measured(verdict: Verdict, printed: int) -> Verdict:
    """Judge what was printed and how much memory it took."""
    sys.stdout.flush()
    size = os.fstat(printed).st_size
    said = os.pread(printed, 2000, 0).decode("utf-8", "replace")
    os.ftruncate(printed, 0)
    if verdict.is_finding:
        return verdict
    if size:
        return replace(verdict, outcome="printed", detail=f"{size} bytes: {said}")
    if verdict.peak > PEAK:
        return replace(
            verdict, outcome="memory", detail=f"{verdict.peak >> 20} MiB; {verdict.outcome} {verdict.detail}"
        )
    return verdict


def _forget_peak() -> int:
    """Set the peak of resident memory to what is resident now (Linux); return that."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _status("VmHWM")  # not permitted in some containers: only growth beyond the highest so far is seen
    return _status("VmRSS")


def _children() -> int:
    """Return the peak, in bytes, of the largest process started so far: RAW files are developed in their own."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10


def _status(name: str) -> int:
    """Return a line of the process's status in bytes."""
    with Path("/proc/self/status").open() as lines:
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(f"{name}:"))
