"""What became of a folder's pictures: the journal's word in numbers, and its word checked against the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

from restore.folder_lock import Holder, holder
from restore.journal import FOLDER
from restore.journal_reading import Record
from restore.journal_rows import Entry, RunRow
from restore.planning import EXISTS
from restore.stamps import Stamp, content_hash
from restore.walking import Walk, kind_of

UNFINISHED = ("planned", "writing")
"""States of what a run that stopped or was killed has left; running it again settles them."""


@dataclass(frozen=True)
class Tally:
    """How many results are in which state; their sum is the number of results."""

    done: int
    skipped: int
    failed: int
    left: int

    @property
    def results(self) -> int:
        """All of them."""
        return self.done + self.skipped + self.failed + self.left


def tally(entries: Iterable[Entry]) -> Tally:
    """Count rows by their state."""
    states = Counter(entry.state for entry in entries)
    return Tally(states["done"], states["skipped"], states["failed"], sum(states[state] for state in UNFINISHED))


def tally_of_run(run: RunRow, entries: Iterable[Entry]) -> Tally:
    """Count the last run's inputs: all of them, also where it was killed before it could say anything.

    Args:
        run: The last one: rows that a later run had to do with are counted there.
        entries: All rows of the journal.

    Returns:
        ``done`` holds what it found done already; the sum is the number of its inputs.
    """
    now = tally(entry for entry in entries if entry.run == run.id)
    return Tally(now.done, now.skipped, now.failed, run.inputs - now.done - now.skipped - now.failed)


def reasons(entries: Iterable[Entry]) -> list[tuple[str, int]]:
    """Why results were skipped, the most frequent reason first; names of files are left out of it."""
    words = (entry.reason or "" for entry in entries if entry.state == "skipped")
    return Counter(EXISTS if word.endswith(EXISTS) else word for word in words).most_common()


def at_work(folder: Path) -> Holder | None:
    """Who works in an output folder now, as far as can be told from here; None also for a run that was killed."""
    found = holder(folder / FOLDER)
    return None if found is None or found.alive is False else found


class Finding(StrEnum):
    """What was found in a result's place."""

    WHOLE = "whole"
    MISSING = "missing"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    FAILED = "failed"
    LEFT = "left"
    SKIPPED = "skipped"

    @property
    def is_trouble(self) -> bool:
        """Whether a picture that was asked for is not there as it was made."""
        return self not in (Finding.WHOLE, Finding.SKIPPED)


@dataclass(frozen=True)
class Check:
    """One row of the journal, checked.

    Attributes:
        entry: The row.
        finding: What was found.
        reason: More about it, for the user; or None.
    """

    entry: Entry
    finding: Finding
    reason: str | None = None


def check_all(record: Record, threads: int, tell: Callable[[Check], None]) -> list[Check]:
    """Compare every result with the journal by its content; changes nothing.

    Args:
        record: The journal.
        threads: How many files are read at a time.
        tell: Called in this thread after each one.

    Returns:
        One per row, in the journal's order.
    """
    found: dict[str, Check] = {}
    todo = iter(record.entries)
    with ThreadPoolExecutor(threads, "restore-verify") as readers:
        waiting: set[Future[Check]] = set()
        try:
            while True:
                waiting |= {readers.submit(check, record.folder, each) for each in islice(todo, 64 - len(waiting))}
                if not waiting:
                    break
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    result = future.result()
                    found[result.entry.output] = result
                    tell(result)
        finally:
            readers.shutdown(wait=True, cancel_futures=True)
    return [found[entry.output] for entry in record.entries]


def check(folder: Path, entry: Entry) -> Check:
    """Compare one result, and what lies beside it, with the journal by its content.

    What was being put into place when a run was killed is whole if it has arrived, and else left to do.
    """
    if entry.state == "failed":
        return Check(entry, Finding.FAILED, entry.reason)
    if entry.state == "skipped":
        return Check(entry, Finding.SKIPPED, entry.reason)
    if entry.state == "planned" or entry.sha256 is None:
        return Check(entry, Finding.LEFT)
    size = entry.stamp.size if entry.state == "done" and entry.stamp is not None else None
    found = _look(folder / entry.output, size, entry.sha256)
    if found.finding is Finding.WHOLE:
        return _check_companions(folder, entry)
    if entry.state == "writing" and (
        found.finding is Finding.MISSING
        or found.sha256 in {entry.previous, *(source.sha256 for source in entry.sources)} - {None}
    ):  # it has not arrived: nothing stands there, or still what is to be replaced
        return Check(entry, Finding.LEFT)
    return Check(entry, found.finding, found.reason)


def _check_companions(folder: Path, entry: Entry) -> Check:
    """Compare what lies beside a whole result with the journal; the first trouble counts."""
    for row in entry.companions:
        found = None if row.former else _look(folder / row.path, row.stamp.size, row.sha256)
        if found is not None and found.finding is not Finding.WHOLE:
            name = row.path.rpartition("/")[2]
            return Check(entry, found.finding, f"{name} beside it: {found.reason or 'missing'}")
    return Check(entry, Finding.WHOLE)


@dataclass(frozen=True)
class _Seen:
    """What is in a file's place; its sha256 where it was read."""

    finding: Finding
    reason: str | None = None
    sha256: str | None = None


def _look(path: Path, size: int | None, sha256: str) -> _Seen:
    """Compare one file with its size, where that is known, and its content."""
    kind = kind_of(path)
    if kind == "nothing":
        return _Seen(Finding.MISSING)
    if kind == "denied":
        return _Seen(Finding.UNREADABLE, "permission denied")
    if kind != "file":
        return _Seen(Finding.CHANGED, "is not a file any more")
    try:
        there = path.stat().st_size
        if size is not None and there != size:
            return _Seen(Finding.CHANGED, f"has {there} bytes instead of {size}")
        now = content_hash(path)
    except OSError as error:
        return _Seen(Finding.UNREADABLE, error.strerror or str(error))
    if now == sha256:
        return _Seen(Finding.WHOLE, sha256=now)
    return _Seen(Finding.CHANGED, "has another content", now)


def unknown_pictures(record: Record) -> Iterator[Path]:
    """Pictures in the output folder that neither are results, nor lie beside one, nor were inputs of any."""
    known = {str(record.folder / entry.output) for entry in record.entries}
    known |= {str(record.folder / row.path) for entry in record.entries for row in entry.companions}
    inputs = {source.path for entry in record.entries for source in entry.sources}
    for path, _ in Walk(None).files(record.folder):
        if str(path) not in known and str(path.absolute()) not in inputs:
            yield path


def set_aside(folder: Path) -> list[Path]:
    """Files that stood in the place of a result without being one, kept in the journal's folder."""
    from restore.keeping import REPLACED

    shelf = folder / FOLDER / REPLACED
    return sorted(path for path in shelf.iterdir() if Stamp.of(path)) if kind_of(shelf) == "folder" else []
