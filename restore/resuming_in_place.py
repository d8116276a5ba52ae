"""Pictures that are restored in their own places: where to begin when it is to be done in another way.

What lies in the place is a restored picture by then, and its original in a backup. To begin with the former would
restore it twice; to take whatever has the latter's name for it would put one photograph in the place of another. So
an original counts only by its content, and where it is not found the picture is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from restore.finding import absolute
from restore.journal_rows import Entry, Source
from restore.originals import Originals, took_its_place
from restore.stamps import holds
from restore.work_items import WorkItem


class InPlace:
    """What a folder's earlier runs have restored in place, and where its originals are kept.

    Args:
        folders: Gives all folders that these runs have written to, backups too.
    """

    def __init__(self, folders: Callable[[], Sequence[Path]]) -> None:
        self._folders = folders

    def again(self, item: WorkItem, entry: Entry) -> WorkItem:
        """A picture whose restored form is in its place and is to be made in another way: begins at its original."""
        original = entry.sources[0]
        if original.sha256 == entry.sha256:
            return item  # the run before left it as it was
        kept = self._kept(item, original)
        if kept is not None:
            return replace(item, sources=(kept,))
        if not took_its_place(original, str(absolute(item.output)), self._absolute):
            return item  # what lies there was restored from elsewhere: here it is what there is to begin with
        return replace(
            item,
            problem=f"was restored in place before, and its original is in no folder that a run has written to, nor at "
            f"{item.backup}. Put the original there, or name the folder that holds it after --backup.",
        )

    def changed(self, item: WorkItem, entry: Entry) -> WorkItem:
        """A place that does not hold the restored picture: the untouched original, or somebody's new picture."""
        original = entry.sources[0] if entry.sources else None
        if original is None or holds(item.output, original.sha256):
            return item
        if holds(item.output, entry.previous):  # killed before the result of another recipe took its place
            return self.again(item, entry)
        kept = self._kept(item, original)
        if kept is None:
            return item
        return replace(
            item,
            problem=f"was changed after it was restored, and its original still lies in {kept}. Move one of them away.",
        )

    def _kept(self, item: WorkItem, original: Source) -> Path | None:
        """The file that surely holds what an item's picture was at first."""
        assert item.backup is not None
        if holds(item.backup, original.sha256):
            return item.backup
        return self._originals.kept(original, item.output, surely=True)

    @cached_property
    def _originals(self) -> Originals:
        return Originals(self._folders())

    @cached_property
    def _absolute(self) -> frozenset[str]:
        return frozenset(str(absolute(folder)) for folder in self._folders())
