"""What a run would find done already and what it would refuse, told without touching its journal: for dry runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from restore.batch import described
from restore.codecs.header import peek
from restore.errors import InputError
from restore.job import Job
from restore.journal import FOLDER, NAME
from restore.journal_reading import read_journal
from restore.journal_rows import CompanionRow, Entry, Source, key_in
from restore.planning import Items, WorkItem
from restore.result_size import check_header
from restore.resuming import settle
from restore.stamps import Stamp
from restore.steps import explain
from restore.walking import kind_of


def rehearsed(job: Job) -> Job:
    """The job as a run would begin it: items that an earlier run has done are skipped, changed ones are replaced.

    Pictures whose results would be too large by what their headers say are problems.

    Raises:
        OutputError: There is a journal that cannot be read.
        WeightsError: The weights file cannot be read.
        PluginError: The plugin cannot say how large its results become.
    """
    return _without_too_large(_settled(job))


def _settled(job: Job) -> Job:
    folder = job.plan.folder
    if folder is None or kind_of(folder / FOLDER / NAME) == "nothing":
        return job
    recipe, _ = described(job)
    return replace(job, plan=settle(job.plan, _Recorded(folder), recipe, overwrite=job.overwrite))


def _without_too_large(job: Job) -> Job:
    """The same job, its items marked whose results would have too many pixels."""
    if job.spec.output_size is None:
        return job
    items = Items(replace(item, problem=_too_large(job, item)) for item in job.plan.items)
    return replace(job, plan=replace(job.plan, items=items))


def _too_large(job: Job, item: WorkItem) -> str | None:
    """Why a picture would be refused, or what was wrong with it already."""
    header = peek(item.sources[0]) if item.skip is None and item.problem is None else None
    if header is None:
        return item.problem
    try:
        check_header(job.spec, job.options, header, job.max_pixels, item.sources[0])
    except InputError as error:
        return explain(error, item.sources[0], job.spec).reason
    return None


class _Recorded:
    """A journal as it is now, which books nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        record = read_journal(folder)
        self._entries = {entry.output: entry for entry in record.entries}
        self._folders = list(record.folders)
        self._companions: dict[str, list[tuple[Path, CompanionRow]]] = {}
        for entry in self._entries.values():
            for row in entry.companions:
                self._companions.setdefault(row.path, []).append((folder / entry.output, row))

    def entry(self, output: Path) -> Entry | None:
        """The row of one result."""
        return self._entries.get(key_in(self._folder, output))

    def has_companions(self) -> bool:
        """Whether anything lies beside any result."""
        return bool(self._companions)

    def companions_at(self, path: Path) -> list[tuple[Path, CompanionRow]]:
        """The rows of a file as a companion, each with its result."""
        return self._companions.get(key_in(self._folder, path), [])

    def key(self, output: Path) -> str:
        """The name of a file in a row."""
        return key_in(self._folder, output)

    def path(self, key: str) -> Path:
        """The file that a name in a row means."""
        return self._folder / key

    def folders(self) -> list[Path]:
        """All folders that files were ever written to."""
        return self._folders

    def finish(self, output: Path, stamp: Stamp, companions: Sequence[tuple[Path, Stamp]] = ()) -> None:
        """Nothing."""

    def restamp(self, output: Path, sources: tuple[Source, ...]) -> None:
        """Nothing."""
