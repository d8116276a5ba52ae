"""One run at a time in an output folder. The system gives the lock back when its holder ends, however it ends."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from restore.errors import OutputError

RUN = "run"
"""The lock of a whole run."""
WORKER = "worker"
"""The lock of the process that writes results: outlives for a moment a run that was killed."""
PATIENCE = 60.0
"""Seconds to wait for the worker of a run that was killed: it ends as soon as it notices."""


_SLACK = 2.0
"""Seconds that the clocks of a process's birth and of its lock may differ."""


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, as it said itself; its note stays behind when it is killed.

    Attributes:
        process: Its number.
        host: Where it runs.
        since: When it took the lock, in ISO format.
        command: What was typed.
    """

    process: int
    host: str
    since: str
    command: str

    def __str__(self) -> str:
        return f"process {self.process} on {self.host} since {self.since}: {self.command}"

    @property
    def alive(self) -> bool | None:
        """Whether it still runs; None where that can only be told on its own machine."""
        import psutil

        if self.host != socket.gethostname():
            return None
        try:
            born: float = psutil.Process(self.process).create_time()
        except psutil.Error:
            return False
        return born <= datetime.fromisoformat(self.since).timestamp() + _SLACK  # else the number was given anew


def holder(folder: Path, name: str = RUN) -> Holder | None:
    """Who holds, or held when it was killed, a lock of a journal's folder; looks only, and takes no lock.

    Args:
        folder: The journal's own.
        name: Which lock: `RUN` or `WORKER`.
    """
    try:
        about = json.loads((folder / f"{name}.json").read_text("utf-8"))
        command = " ".join([Path(about["command"][0]).name, *about["command"][1:]])
        datetime.fromisoformat(about["since"])
        return Holder(int(about["process"]), about["host"], about["since"], command)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return None


@contextmanager
def folder_lock(folder: Path, name: str = RUN, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock of a journal's folder.

    Args:
        folder: An existing folder, the journal's own.
        name: Which lock: `RUN` or `WORKER`.
        wait: Seconds to wait for another holder.

    Raises:
        restore.errors.OutputError: Somebody else holds it; names the process, the machine, the time and the command.
    """
    lock = FileLock(folder / f"{name}.lock", timeout=wait, thread_local=False)
    note = folder / f"{name}.json"
    try:
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"is in use by another run ({holder(folder, name) or 'which has not said who it is'}).",
            path=folder.parent,
            hint="Wait until it ends, stop it, or choose another output folder.",
        ) from None
    except OSError as error:
        raise OutputError(
            f"cannot be locked: {error.strerror or error}.", path=folder.parent, hint="Choose another output folder."
        ) from error
    try:
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        about = {"process": os.getpid(), "host": socket.gethostname(), "since": now, "command": sys.argv}
        with suppress(OSError):  # it only helps to explain the lock; a full disk must not keep a run from going on
            note.write_text(json.dumps(about), "utf-8", errors="backslashreplace")
        yield
    finally:
        note.unlink(missing_ok=True)
        lock.release()
