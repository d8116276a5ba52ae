"""Reads a journal without touching it: nothing is written, no lock is taken, a run may be going on meanwhile.

SQLite itself is not that careful: whoever opens a database in WAL mode makes files beside it, also to read only. Where
no run has left any (none is going on, none was killed), the database is therefore opened as one that cannot change.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from restore.errors import OutputError
from restore.journal import FOLDER, FORMAT, NAME
from restore.journal_rows import ENTRY_COLUMNS, RUN_COLUMNS, Entry, RunRow, entry_of, run_of
from restore.stamps import Stamp
from restore.walking import kind_of

_WAL_MODE = 2
"""In bytes 18 and 19 of a database file, see https://www.sqlite.org/fileformat.html."""


@dataclass(frozen=True)
class Record:
    """What a journal said at one moment.

    Attributes:
        folder: The output folder.
        runs: The first one first.
        entries: All rows, by their output's name.
    """

    folder: Path
    runs: tuple[RunRow, ...]
    entries: tuple[Entry, ...]


def read_journal(folder: Path) -> Record:
    """Read the journal of an output folder as it is now.

    Raises:
        restore.errors.OutputError: There is none, it is damaged or of a newer version, or it cannot be read here.
    """
    path = folder / FOLDER / NAME
    if kind_of(path) not in ("file", "denied"):
        what = "holds no journal of a run." if kind_of(folder) == "folder" else "is not a folder."
        raise OutputError(what, path=folder, hint="Name the folder that was given after -o.")
    try:
        while True:
            before = Stamp.of(path)
            frozen = _is_at_rest(path)
            runs, entries = _rows(path, frozen)
            if not frozen or Stamp.of(path) == before:  # a run that began meanwhile may have written what was read
                return Record(folder, tuple(map(run_of, runs)), tuple(map(entry_of, entries)))
    except (sqlite3.Error, OSError) as error:
        raise OutputError(f"the journal cannot be read ({error}).", path=path, hint=_hint(error)) from error


def _rows(path: Path, frozen: bool) -> tuple[Sequence[Sequence[Any]], Sequence[Sequence[Any]]]:
    """Runs and entries of one moment."""
    address = f"file:{quote(bytes(path.absolute()))}?mode=ro{'&immutable=1' if frozen else ''}"
    with closing(sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        if connection.execute("PRAGMA user_version").fetchone()[0] > FORMAT:
            raise OutputError("was written by a newer version of restore.", path=path, hint="Update restore.")
        runs = connection.execute(
            f"SELECT {RUN_COLUMNS} FROM runs LEFT JOIN recipes ON recipe = digest ORDER BY id"
        ).fetchall()
        return runs, connection.execute(f"SELECT {ENTRY_COLUMNS} FROM items ORDER BY output").fetchall()


def _is_at_rest(path: Path) -> bool:
    """Whether nobody has the database open and nobody was killed while he had."""
    with path.open("rb") as file:
        header = file.read(20)
    return header[18:] == bytes([_WAL_MODE] * 2) and not path.with_name(f"{NAME}-wal").exists()


def _hint(error: Exception) -> str:
    if isinstance(error, OSError | sqlite3.OperationalError):
        return (
            "Check the rights of the folder .restore. The journal of a run that was killed can only be read where "
            "SQLite may make files beside it: on a medium that cannot be written, copy the folder first."
        )
    return "Move the folder .restore away: results are kept, but what was done is then not known any more."
