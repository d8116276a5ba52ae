"""One run at a time in an output folder. The system gives the lock back when its holder ends, however it ends."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    holder = folder / f"{name}.json"
    try:
        lock.acquire()
    except Timeout:
        raise OutputError(
            f"is in use by another run ({_described(holder)}).",
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
            holder.write_text(json.dumps(about), "utf-8", errors="backslashreplace")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _described(holder: Path) -> str:
    """Who holds a lock, as far as its file says."""
    try:
        about = json.loads(holder.read_text("utf-8"))
        command = " ".join([Path(about["command"][0]).name, *about["command"][1:]])
        return f"process {about['process']} on {about['host']} since {about['since']}: {command}"
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return "which has not said who it is"
