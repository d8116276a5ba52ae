"""One result, its input, and the journal between them, as runs that end or are killed leave them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from restore.journal import Journal
from restore.journal_rows import Entry, Recipe, Source
from restore.planning import Plan, WorkItem
from restore.resuming import settle
from restore.stamps import Stamp, content_hash

RECIPE = Recipe("tiny", None, "{}", "{}", "1.0")
OTHER = Recipe("tiny", None, '{"strength": 2}', "{}", "1.0")


class Folder:
    """An input, its result, and the journal between them.

    Attributes:
        source, output: Where they are.
        backup: Where originals go when `in_place`.
    """

    def __init__(self, place: Path) -> None:
        self.source, self.output, self.backup = place / "in" / "a.png", place / "out" / "a.png", place / "old" / "a.png"
        for path in (self.source, self.output, self.backup):
            path.parent.mkdir()
        self.source.write_bytes(b"the original")
        self.journal = Journal.open(self.output.parent)
        self.in_place = False

    def item(self) -> WorkItem:
        """As it would be planned now."""
        if self.in_place:
            return WorkItem((self.output,), self.output, backup=self.backup, present=True)
        present = os.path.lexists(self.output)
        skip = "exists already" if present else None
        return WorkItem((self.source,), self.output, skip, present=present)

    @property
    def entry(self) -> Entry:
        """Its row in the journal."""
        entry = self.journal.entry(self.output)
        assert entry is not None
        return entry

    def planned(self, recipe: Recipe = RECIPE) -> None:
        """Book it as planned."""
        self.journal.begin(recipe, [self.output], 1)

    def intended(self, result: bytes, recipe: Recipe = RECIPE) -> None:
        """Book that a result is about to appear."""
        self.planned(recipe)
        original = self.backup if self.in_place and self.backup.exists() else self.item().sources[0]
        stamp = Stamp.of(original)
        assert stamp is not None
        sources = (Source(str(original), stamp, content_hash(original)),)
        temporary = self.output.with_name("temporary")
        temporary.write_bytes(result)
        made = Stamp.of(temporary)
        assert made is not None
        self.journal.intend(
            self.output, sources, made, content_hash(temporary), seconds=0, megapixels=0, warnings=()
        )  # fmt: skip

    def renamed(self) -> None:
        """Bring it into place."""
        self.output.with_name("temporary").replace(self.output)

    def finished(self) -> None:
        """Book that it is."""
        stamp = Stamp.of(self.output)
        assert stamp is not None
        self.journal.finish(self.output, stamp)

    def done(self, result: bytes = b"the result", recipe: Recipe = RECIPE) -> None:
        """All of it."""
        self.intended(result, recipe)
        self.renamed()
        self.finished()
        self.journal.flush()

    def settled(self, recipe: Recipe = RECIPE, *, overwrite: bool = False) -> WorkItem:
        """What the next run would do."""
        (item,) = settle(Plan((self.item(),)), self.journal, recipe, overwrite=overwrite).items
        return item


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path)
    yield folder
    folder.journal.close()
