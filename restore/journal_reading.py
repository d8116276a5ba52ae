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
from restore.journal import FOLDER, NAME
from restore.journal_rows import COMPANION_COLUMNS, ENTRY_COLUMNS, RUN_COLUMNS, Entry, RunRow, decoded, entry_of, run_of
from restore.journal_schema import FORMAT
from restore.stamps import Stamp
from restore.walking import kind_of

_Row = Sequence[Any]

_WAL_MODE = 2
"""In bytes 18 and 19 of a database file, see https://www.sqlite.org/fileformat.html."""


@dataclass(frozen=True)
class Record:
    """What a journal said at one moment.

    Attributes:
        folder: The output folder.
        runs: The first one first.
        entries: All rows, by their output's name.
        folders: All folders that files were ever written to, backups too.
    """

    folder: Path
    runs: tuple[RunRow, ...]
    entries: tuple[Entry, ...]
    folders: tuple[Path, ...] = ()


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
            runs, entries, beside, folders = _rows(path, frozen)
            if not frozen or Stamp.of(path) == before:  # a run that began meanwhile may have written what was read
                places = tuple(folder / decoded(name) for (name,) in folders)
                return Record(folder, tuple(map(run_of, runs)), _entries(entries, beside), places)
    except (sqlite3.Error, OSError) as error:
        raise OutputError(f"the journal cannot be read ({error}).", path=path, hint=_hint(error)) from error


def companions_in(folder: Path) -> frozenset[Path]:
    """The files in a folder that were written beside results, as the journal of the folder, or of one above it, says.

    Args:
        folder: Any; without a journal there are none.

    Raises:
        restore.errors.OutputError: The journal cannot be read.
    """
    for place in (folder.absolute(), *folder.absolute().parents):
        if kind_of(place / FOLDER / NAME) == "file":
            rows = (row for entry in read_journal(place).entries for row in entry.companions)
            return frozenset(place / row.path for row in rows if not row.former)
    return frozenset()


def _entries(rows: Sequence[_Row], beside: Sequence[_Row]) -> tuple[Entry, ...]:
    """Entries with their companions."""
    companions: dict[object, list[_Row]] = {}
    for row in beside:
        companions.setdefault(row[0], []).append(row)
    return tuple(entry_of(row, companions.get(row[0], ())) for row in rows)


def _rows(path: Path, frozen: bool) -> tuple[Sequence[_Row], ...]:
    """Runs, entries, companions and folders of one moment."""
    address = f"file:{quote(bytes(path.absolute()))}?mode=ro{'&immutable=1' if frozen else ''}"
    with closing(sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > FORMAT:
            raise OutputError("was written by a newer version of restore.", path=path, hint="Update restore.")
        runs = connection.execute(
            f"SELECT {RUN_COLUMNS} FROM runs LEFT JOIN recipes ON recipe = digest ORDER BY id"
        ).fetchall()
        columns = ENTRY_COLUMNS if version > 2 else ENTRY_COLUMNS.replace("account", "NULL")
        entries = connection.execute(f"SELECT {columns} FROM items ORDER BY output").fetchall()
        companions = f"SELECT {COMPANION_COLUMNS} FROM companions ORDER BY output, path"
        beside = connection.execute(companions).fetchall() if version > 1 else []
        return runs, entries, beside, connection.execute("SELECT path FROM folders ORDER BY path").fetchall()


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
