"""The journal's tables, how those of earlier versions become those of this one, and SQLite's troubles in words."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from restore.errors import OutputError

FORMAT = 3
"""Of the tables; a journal of a higher one is refused, one of a lower one is brought up to it when a run opens it."""

FIRST = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT);
CREATE TABLE recipes (digest TEXT PRIMARY KEY, model TEXT, weights TEXT, options TEXT, settings TEXT, version TEXT);
CREATE TABLE runs (id INTEGER PRIMARY KEY, recipe TEXT, began TEXT, ended TEXT, host TEXT, process INTEGER,
    inputs INTEGER, done INTEGER, skipped INTEGER, failed INTEGER, ending TEXT);
CREATE TABLE items (output PRIMARY KEY, run INTEGER, recipe TEXT, state TEXT, reason TEXT, exit_code INTEGER,
    sources TEXT, size INTEGER, modified_ns INTEGER, changed_ns INTEGER, sha256 TEXT, previous TEXT,
    seconds REAL, megapixels REAL, warnings TEXT) WITHOUT ROWID;
CREATE TABLE folders (path PRIMARY KEY) WITHOUT ROWID
"""
"""``items.output`` and ``folders.path`` are relative to the output folder. Times are nanoseconds since the epoch."""

COMPANIONS = """
CREATE TABLE companions (output, path, sha256 TEXT, size INTEGER, modified_ns INTEGER, changed_ns INTEGER,
    former INTEGER, PRIMARY KEY (output, path, sha256)) WITHOUT ROWID;
CREATE INDEX companions_by_path ON companions (path)
"""
"""What lies beside each result; ``path`` is relative to the output folder too. ``former``: belonged to a result that is
being replaced."""

ACCOUNTS = "ALTER TABLE items ADD COLUMN account TEXT"
"""What a restorer told of each picture, as JSON."""

STEPS = (FIRST, COMPANIONS, ACCOUNTS)
"""What leads from each format to the next."""


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new journal, add what those of an earlier version lack.

    Raises:
        restore.errors.OutputError: It is of a newer version.
    """
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise OutputError("was written by a newer version of restore.", path=path, hint="Update restore.")
        for step in STEPS[version:]:
            for statement in step.split(";"):
                connection.execute(statement)
        if version == 0:
            connection.execute("INSERT INTO about VALUES ('token', ?)", (secrets.token_hex(4),))
        if version < FORMAT:
            connection.execute(f"PRAGMA user_version={FORMAT}")


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Put SQLite's troubles into words for the user."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            hint = "Check the disk's free space and its rights; what is finished is safe."
        else:
            hint = "Move the folder .restore away: results are kept, but what was done is then not known any more."
        raise OutputError(f"the journal cannot be used ({error}).", path=path, hint=hint) from error
