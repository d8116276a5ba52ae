"""What the journal's rows hold, as typed values."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restore.stamps import Stamp

ENTRY_COLUMNS = (
    "output, run, recipe, state, reason, exit_code, sources, size, modified_ns, changed_ns, sha256, previous, seconds, "
    "megapixels, warnings, account"
)
RUN_COLUMNS = (
    "id, began, ended, host, process, inputs, done, skipped, failed, ending, digest, model, weights, options, "
    "settings, version"
)

PLAN = """INSERT INTO items (output, run, recipe, state) VALUES (?, ?, ?, 'planned')
    ON CONFLICT (output) DO UPDATE SET run=excluded.run, recipe=excluded.recipe, state='planned', reason=NULL,
    exit_code=NULL"""
INTEND = """UPDATE items SET state='writing', reason=NULL, sources=?, size=?, modified_ns=?, changed_ns=0,
    previous=coalesce(previous, sha256), sha256=?, seconds=?, megapixels=?, warnings=?, account=? WHERE output=?"""
FINISH = "UPDATE items SET state='done', modified_ns=?, changed_ns=?, previous=NULL WHERE output=?"
BOOK = """UPDATE items SET state=?, reason=?, exit_code=?, seconds=?, megapixels=?, warnings=?,
    sources=coalesce(sources, ?) WHERE output=?"""
KEEP = "UPDATE items SET run=? WHERE output=?"
"""What is written to ``items``, from planning a result to its end."""

COMPANION_COLUMNS = "output, path, sha256, size, modified_ns, changed_ns, former"
SUPERSEDE = "UPDATE companions SET former=1 WHERE output=?"
ACCOMPANY = f"INSERT OR REPLACE INTO companions ({COMPANION_COLUMNS}) VALUES (?, ?, ?, ?, ?, 0, 0)"
ARRIVE = "UPDATE companions SET modified_ns=?, changed_ns=? WHERE output=? AND path=? AND former=0"
FORGET = "DELETE FROM companions WHERE output=? AND former=1"
"""What is written to ``companions``: the first two with `INTEND`, the others with `FINISH`."""

Name = str | bytes
"""A path in the database: text, or its bytes where a file name is not UTF-8, which SQLite's text must be."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done to every picture of a run. Results of an equal digest need not be made again.

    Attributes:
        model: The restorer's name.
        weights: sha256 of its weights file, or None where it has none.
        options: Its options, as JSON.
        settings: What else shapes the results (quality, precision, provenance), as JSON.
        version: Of restore; recorded, but not part of the digest: an update alone is no reason to do all again.
    """

    model: str
    weights: str | None
    options: str
    settings: str
    version: str

    @property
    def digest(self) -> str:
        """sha256 of everything but the version."""
        return hashlib.sha256(json.dumps([self.model, self.weights, self.options, self.settings]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Source:
    """An input as it was when it was read.

    Attributes:
        path: Where it was, absolute.
        stamp: What the file system said.
        sha256: Of its content.
    """

    path: str
    stamp: Stamp
    sha256: str


@dataclass(frozen=True, slots=True)
class CompanionRow:
    """A file beside a result in the journal.

    Attributes:
        path: Its name, relative to the output folder, with forward slashes.
        stamp: When it was made; its ``changed_ns`` is 0 while that is unknown.
        sha256: Of its content.
        former: It belonged to the result that is being replaced, while the state is "writing".
    """

    path: str
    stamp: Stamp
    sha256: str
    former: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One result in the journal.

    Attributes:
        output: Its name, relative to the output folder, with forward slashes.
        run: The run that last had to do with it.
        recipe: Digest of its recipe.
        state: "planned", "writing" (about to be renamed into place), "done", "skipped" or "failed".
        reason: Why it was skipped or failed.
        exit_code: Of a failure.
        sources: What it was made from; before it was ever made, at most its input's name with an empty sha256.
        stamp: Of the result when it was made; its ``changed_ns`` is 0 while that is unknown.
        sha256: Of the result; None before it was ever made.
        previous: sha256 of the result that is being replaced, while the state is "writing".
        seconds: Spent on it.
        megapixels: Of the input.
        warnings: What could not be kept.
        companions: What lies beside it, or has lain beside its predecessor.
        account: What the restorer told of the picture, see `restore.image.Restoration.account`; None where nothing.
    """

    output: str
    run: int
    recipe: str
    state: str
    reason: str | None
    exit_code: int
    sources: tuple[Source, ...]
    stamp: Stamp | None
    sha256: str | None
    previous: str | None
    seconds: float
    megapixels: float
    warnings: tuple[str, ...]
    companions: tuple[CompanionRow, ...] = ()
    account: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the journal; ``ended`` and what follows are None while it goes on, and after it was killed."""

    recipe: Recipe | None
    id: int
    began: str
    ended: str | None
    host: str
    process: int
    inputs: int
    done: int | None
    skipped: int | None
    failed: int | None
    ending: str | None


def key_in(folder: Path, output: Path) -> str:
    """The name of a result in the journal of a folder: relative to it, with forward slashes."""
    text, prefix = str(output), f"{folder}{os.sep}"
    if text.startswith(prefix) and ".." not in text:  # as nearly always; the rest takes its time
        return text[len(prefix) :].replace(os.sep, "/")
    try:
        return Path(os.path.relpath(output, folder)).as_posix()
    except ValueError:  # on another drive: a backup folder may be
        return Path(os.path.abspath(output)).as_posix()  # noqa: PTH100 (links are kept)


def encoded(path: str) -> Name:
    """A path for the database."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def decoded(name: Name) -> str:
    """A path from the database."""
    return os.fsdecode(name)


def sources_as_text(sources: Sequence[Source]) -> str:
    """Sources as JSON."""
    return json.dumps([[s.path, s.stamp.size, s.stamp.modified_ns, s.stamp.changed_ns, s.sha256] for s in sources])


def companion_of(row: Sequence[Any]) -> CompanionRow:
    """A companion from the values of `COMPANION_COLUMNS`, whose first is its result."""
    _, path, sha256, *numbers, former = row
    return CompanionRow(decoded(path), Stamp(*numbers), sha256, bool(former))


def entry_of(row: Sequence[Any], companions: Iterable[Sequence[Any]] = ()) -> Entry:
    """An entry from the values of `ENTRY_COLUMNS`, and its companions' from those of `COMPANION_COLUMNS`."""
    output, run, recipe, state, reason, code, sources, size, modified, changed, sha256, previous, *rest = row
    stamp = None if size is None else Stamp(size, modified, changed)
    seconds, megapixels, warnings, account = rest
    return Entry(
        decoded(output),
        run,
        recipe,
        state,
        None if reason is None else decoded(reason),
        code or 0,
        tuple(Source(path, Stamp(*numbers), digest) for path, *numbers, digest in json.loads(sources or "[]")),
        stamp,
        sha256,
        previous,
        seconds or 0.0,
        megapixels or 0.0,
        tuple(json.loads(warnings or "[]")),
        tuple(map(companion_of, companions)),
        None if account is None else json.loads(account),
    )


def run_of(row: Sequence[Any]) -> RunRow:
    """A run from the values of `RUN_COLUMNS`."""
    digest, *recipe = row[10:]
    return RunRow(None if digest is None else Recipe(*recipe), *row[:10])
