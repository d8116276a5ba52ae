"""What a run would find done already, told without touching its journal: for dry runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from restore.batch import described
from restore.job import Job
from restore.journal import FOLDER, NAME
from restore.journal_reading import read_journal
from restore.journal_rows import Entry, Source, key_in
from restore.resuming import settle
from restore.stamps import Stamp
from restore.walking import kind_of


def rehearsed(job: Job) -> Job:
    """The job as a run would begin it: items that an earlier run has done are skipped, changed ones are replaced.

    Raises:
        OutputError: There is a journal that cannot be read.
        WeightsError: The weights file cannot be read.
    """
    folder = job.plan.folder
    if folder is None or kind_of(folder / FOLDER / NAME) == "nothing":
        return job
    recipe, _ = described(job)
    return replace(job, plan=settle(job.plan, _Recorded(folder), recipe, overwrite=job.overwrite))


class _Recorded:
    """A journal as it is now, which books nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._entries = {entry.output: entry for entry in read_journal(folder).entries}

    def entry(self, output: Path) -> Entry | None:
        """The row of one result."""
        return self._entries.get(key_in(self._folder, output))

    def finish(self, output: Path, stamp: Stamp) -> None:
        """Nothing."""

    def restamp(self, output: Path, sources: tuple[Source, ...]) -> None:
        """Nothing."""
