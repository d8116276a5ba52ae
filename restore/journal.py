"""What was done to which file, durable: an SQLite database in the output folder, one row per result.

The order of writing makes it safe against a kill or a power cut at any moment: a result is finished under a temporary
name and flushed; then the journal says, durably, what is about to appear (state "writing", with its content hash); then
the result is renamed into place; then the row becomes "done". Whatever is missing of this at the next run can be told
from the hash, so that no result is lost, trusted unseen, or made twice.

Rows live in the database, times and hashes of inputs and outputs beside them; `Journal.entry` and
`restore.journal_reading` read them back.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from restore.errors import OutputError
from restore.journal_rows import (
    ACCOMPANY,
    ARRIVE,
    BOOK,
    COMPANION_COLUMNS,
    ENTRY_COLUMNS,
    FINISH,
    FORGET,
    INTEND,
    KEEP,
    PLAN,
    SUPERSEDE,
    CompanionRow,
    Entry,
    Recipe,
    Source,
    companion_of,
    decoded,
    encoded,
    entry_of,
    key_in,
    sources_as_text,
)
from restore.journal_schema import in_words, prepare
from restore.reporting import FileResult
from restore.stamps import Stamp

FOLDER = ".restore"
"""The journal's folder in the output folder; hidden, so that it is never taken for input."""
NAME = "journal.sqlite"

_log = logging.getLogger("restore")


class Journal:
    """The journal of one output folder. Safe to share between threads; one process writes, others may read.

    Use `Journal.open`. What is booked with `intend` is on the disk when it returns; all else follows with the next
    booking, at the latest with `flush` or `close`.
    """

    def __init__(self, connection: sqlite3.Connection, folder: Path) -> None:
        self.folder = folder
        self._connection = connection
        self._transaction = threading.RLock()
        self._pending: list[tuple[str, tuple[object, ...]]] = []
        self._pending_lock = threading.Lock()

    @classmethod
    def open(cls, output: Path) -> Journal:
        """Open the journal of an output folder, to write; `restore.journal_reading` only reads.

        Args:
            output: The output folder; made if it is missing.

        Raises:
            restore.errors.OutputError: It is damaged, of a newer version, or cannot be written.
        """
        path = output / FOLDER / NAME
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"cannot hold a journal: {error.strerror}.", path=output, hint="Choose another output folder."
            ) from error
        with in_words(path):
            connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            journal = cls(connection, output)
            try:
                connection.execute("PRAGMA journal_mode=WAL")  # where a disk cannot, SQLite stays with its older way
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA cache_size=-256")  # KiB; each result's row is looked at once or twice
                prepare(connection, path)
            except BaseException:
                connection.close()
                raise
        return journal

    def close(self) -> None:
        """Write what is still pending and close the database.

        What a full disk does not take any more becomes a warning: the next run tells it from the files.
        """
        try:
            self.flush()
        except OutputError as error:
            _log.warning("%s", error)
        finally:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def token(self) -> str:
        """Eight hexadecimal digits of this journal's own: temporary files that carry them are its, and no other's."""
        return str(self._read("SELECT value FROM about WHERE key='token'")[0][0])

    def key(self, output: Path) -> str:
        """The name of a result in the journal."""
        return key_in(self.folder, output)

    def path(self, key: str) -> Path:
        """The result that a key names."""
        return self.folder / key

    # Writing.

    def begin(self, recipe: Recipe, planned: Iterable[Path], inputs: int) -> int:
        """Open a run: book every result that it will have to do with as planned.

        Args:
            recipe: What is done to all of them.
            planned: The outputs of all that is not done already.
            inputs: How many inputs the run has, with those that need nothing.

        Returns:
            The number of the run.
        """
        run: int = self._read("SELECT coalesce(max(id), 0) + 1 FROM runs")[0][0]
        values = (recipe.digest, recipe.model, recipe.weights, recipe.options, recipe.settings, recipe.version)
        self._later(("INSERT OR REPLACE INTO recipes VALUES (?, ?, ?, ?, ?, ?)", values))
        row = (run, recipe.digest, _now(), socket.gethostname(), os.getpid(), inputs)
        self._later(("INSERT INTO runs (id, recipe, began, host, process, inputs) VALUES (?, ?, ?, ?, ?, ?)", row))
        self._at_once(PLAN, ((encoded(self.key(output)), run, recipe.digest) for output in planned))
        return run

    def keep(self, outputs: Iterable[Path], run: int) -> None:
        """Count results that are done already to this run."""
        self._at_once(KEEP, ((run, encoded(self.key(output))) for output in outputs))

    def uses(self, folder: Path) -> None:
        """Note a folder before a temporary file is made in it, so that `restore` finds it after a power cut."""
        self._later(("INSERT OR IGNORE INTO folders VALUES (?)", (encoded(self.key(folder)),)))
        self.flush()

    def folders(self) -> list[Path]:
        """All folders that temporary files were ever made in."""
        return [self.path(decoded(name)) for (name,) in self._read("SELECT path FROM folders")]

    def intend(
        self,
        output: Path,
        sources: tuple[Source, ...],
        stamp: Stamp,
        sha256: str,
        *,
        seconds: float,
        megapixels: float,
        warnings: tuple[str, ...],
        companions: Sequence[tuple[Path, Stamp, str]] = (),
        account: Mapping[str, object] | None = None,
    ) -> None:
        """Book, durably, what is about to be renamed into place.

        Args:
            output: The final name.
            sources: What it was made from.
            stamp: Of the temporary file; its time of change does not count, since renaming changes it.
            sha256: Of the temporary file.
            seconds: Spent so far.
            megapixels: Of the input.
            warnings: What could not be kept.
            companions: What appears beside it: final name, stamp and sha256 of each.
            account: What the restorer tells of the picture.
        """
        key, said = encoded(self.key(output)), sources_as_text(sources)
        told = None if account is None else json.dumps(account)
        values = (said, stamp.size, stamp.modified_ns, sha256, seconds, megapixels, json.dumps(warnings), told)
        rows = [(key, encoded(self.key(path)), its, digest) for path, its, digest in companions]
        beside = [(ACCOMPANY, (*names, digest, its.size, its.modified_ns)) for *names, its, digest in rows]
        self._later((INTEND, (*values, key)), (SUPERSEDE, (key,)), *beside)
        self.flush()

    def finish(self, output: Path, stamp: Stamp, companions: Sequence[tuple[Path, Stamp]] = ()) -> None:
        """Book that an intended result, with all beside it, is in place, or still is, with other stamps."""
        key = encoded(self.key(output))
        rows = [(its.modified_ns, its.changed_ns, key, encoded(self.key(path))) for path, its in companions]
        self._later(
            (FINISH, (stamp.modified_ns, stamp.changed_ns, key)), (FORGET, (key,)), *((ARRIVE, row) for row in rows)
        )

    def restamp(self, output: Path, sources: tuple[Source, ...]) -> None:
        """Book that the sources of a result are unchanged, with other stamps."""
        values = (sources_as_text(sources), encoded(self.key(output)))
        self._later(("UPDATE items SET sources=? WHERE output=?", values))

    def book(self, result: FileResult) -> None:
        """Book a result that was skipped or failed; what was never made gets its input's name, for the user."""
        reason = None if result.reason is None else encoded(result.reason)  # it may name a file that is not UTF-8
        values = (result.state, reason, int(result.exit_code), result.seconds, result.megapixels)
        named = sources_as_text([Source(str(result.source.absolute()), Stamp(0, 0, 0), "")])
        self._later((BOOK, (*values, json.dumps(result.warnings), named, encoded(self.key(result.output)))))

    def end(self, run: int, *, done: int, skipped: int, failed: int, ending: str) -> None:
        """Close a run.

        Args:
            run: Its number.
            done: How many results were made.
            skipped: How many needed nothing.
            failed: How many could not be made.
            ending: "finished", or why it stopped early.
        """
        values = (_now(), done, skipped, failed, ending, run)
        self._later(("UPDATE runs SET ended=?, done=?, skipped=?, failed=?, ending=? WHERE id=?", values))
        self.flush()

    def flush(self) -> None:
        """Write all that is pending, in one transaction; on the disk when this returns.

        Threads that wait for each other here find their bookings written with those of the first.
        """
        with self._transaction:
            with self._pending_lock:
                batch, self._pending = self._pending, []
            if not batch:
                return
            try:
                with in_words(self.folder / FOLDER / NAME), self._connection:
                    self._connection.execute("BEGIN IMMEDIATE")
                    for statement, values in batch:
                        self._connection.execute(statement, values)
            except BaseException:
                with self._pending_lock:
                    self._pending = batch + self._pending
                raise

    def _at_once(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Write what is pending, then very many rows, without holding them in memory."""
        self.flush()
        with self._transaction, in_words(self.folder / FOLDER / NAME), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.executemany(statement, rows)

    # Reading.

    def entry(self, output: Path) -> Entry | None:
        """The row of one result; all rows and the runs `restore.journal_reading` tells."""
        key = (encoded(self.key(output)),)
        beside = "EXISTS (SELECT 1 FROM companions WHERE companions.output=items.output)"
        rows = self._read(f"SELECT {ENTRY_COLUMNS}, {beside} FROM items WHERE output=?", key)
        if not rows:
            return None
        *row, accompanied = rows[0]
        query = f"SELECT {COMPANION_COLUMNS} FROM companions WHERE output=?"
        return entry_of(row, self._read(query, key) if accompanied else ())

    def has_companions(self) -> bool:
        """Whether anything lies beside any result."""
        return bool(self._read("SELECT 1 FROM companions LIMIT 1"))

    def companions_at(self, path: Path) -> list[tuple[Path, CompanionRow]]:
        """The rows of a file as a companion, each with its result; a former and a present one may be of one name."""
        query = f"SELECT {COMPANION_COLUMNS} FROM companions WHERE path=?"
        rows = self._read(query, (encoded(self.key(path)),))
        return [(self.path(decoded(row[0])), companion_of(row)) for row in rows]

    def _later(self, *statements: tuple[str, tuple[object, ...]]) -> None:
        """Add statements to what is pending; they are written in one transaction."""
        with self._pending_lock:
            self._pending += statements

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._transaction, in_words(self.folder / FOLDER / NAME):
            return self._connection.execute(query, values).fetchall()


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
