"""A restored picture between the restorer and the disk, and what came of it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from restore.image import Image
from restore.journal_rows import Source
from restore.work_items import WorkItem


@dataclass
class Made:
    """A restored picture on its way to the disk; emptied by `Outputs.put` as soon as the pixels are not needed.

    Attributes:
        item: Whose result it is.
        before: The picture as read.
        after: The restored picture.
        sources: The inputs as they were when they were read.
        seconds: Spent so far.
        megapixels: Of the input.
        companions: What is written beside the result: where, and the picture.
        account: What the restorer tells of this picture, see `restore.image.Restoration`.
        untouched: Likewise.
    """

    item: WorkItem
    before: Image | None
    after: Image | None
    sources: tuple[Source, ...] = ()
    seconds: float = 0.0
    megapixels: float = 0.0
    companions: list[tuple[Path, Image]] = field(default_factory=list)
    account: Mapping[str, object] | None = None
    untouched: bool = False

    @property
    def beside(self) -> tuple[Path, ...]:
        """Where companions go that are not written yet."""
        return tuple(path for path, _ in self.companions)


@dataclass(frozen=True)
class Put:
    """What came of one result.

    Attributes:
        skipped: Why there was nothing to do after all, or None when written.
        warnings: What was not kept when the picture was read or written, one sentence each.
    """

    skipped: str | None = None
    warnings: tuple[str, ...] = ()
