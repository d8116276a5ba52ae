"""What of a plan is done already: the journal's word, checked against the files.

Only a result that is there, whole, and made from the same inputs in the same way is left as it is. Everything else is
made again; a result that somebody has changed meanwhile is set aside first, never thrown away.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from restore.journal_rows import Entry, Recipe, Source
from restore.planning import Items, Plan, WorkItem
from restore.stamps import Stamp, content_hash, is_unchanged


class Known(Protocol):
    """What an earlier run has left: a `restore.journal.Journal`, or something that only looks like one."""

    def entry(self, output: Path) -> Entry | None:
        """The row of one result."""
        ...

    def finish(self, output: Path, stamp: Stamp) -> None:
        """Book that a result is in place, with this stamp."""
        ...

    def restamp(self, output: Path, sources: tuple[Source, ...]) -> None:
        """Book that the sources of a result are unchanged, with these stamps."""
        ...


DONE = "done already"
"""Why an item is skipped whose result an earlier run has made."""


def settle(plan: Plan, journal: Known, recipe: Recipe, *, overwrite: bool = False) -> Plan:
    """Decide, item by item, what an earlier run has done already.

    Args:
        plan: As made from the files alone.
        journal: Of the plan's folder; is told the new stamps of files that were only moved or touched.
        recipe: How the results are to be made now.
        overwrite: Make everything again.

    Returns:
        The plan with `DONE` as the reason to skip what is done, and with leave to replace what is not.
    """

    def settled(item: WorkItem) -> WorkItem:
        entry = journal.entry(item.output)
        if entry is None or entry.sha256 is None or item.problem is not None:
            return item
        return _settled(item, entry, journal, recipe, overwrite)

    return replace(plan, items=Items(map(settled, plan.items)))


def is_whole(output: Path, entry: Entry) -> bool:
    """Whether a result is there with the content that the journal says; reads it only where its stamp has changed."""
    return entry.stamp is not None and entry.sha256 is not None and is_unchanged(output, entry.stamp, entry.sha256)


def _settled(item: WorkItem, entry: Entry, journal: Known, recipe: Recipe, overwrite: bool) -> WorkItem:
    """One item that an earlier run has made, or was about to make."""
    if not is_whole(item.output, entry):
        return _changed_in_place(item, entry) if item.backup is not None else _to_mend(item, entry)
    stamp = Stamp.of(item.output)
    if stamp is not None and (entry.state == "writing" or stamp != entry.stamp):
        journal.finish(item.output, stamp)
    same_recipe = entry.recipe == recipe.digest and entry.state in ("done", "writing")
    if item.backup is not None:
        # The original is in the backup by now: to do it in another way begins there, never with the restored picture.
        if same_recipe and not overwrite:
            return replace(item, skip=DONE)
        return replace(item, sources=(item.backup,)) if Stamp.of(item.backup) is not None else item
    if same_recipe and not overwrite and _same_sources(item, entry, journal):
        return replace(item, skip=DONE)
    return replace(item, skip=None, replace=True)


def _to_mend(item: WorkItem, entry: Entry) -> WorkItem:
    """A result that is missing, cut off or changed is made again."""
    if not item.present:
        return item
    stamp = Stamp.of(item.output)
    ours = stamp is None or stamp.size == 0 or _holds(item.output, entry.previous)
    return replace(item, skip=None, replace=True, set_aside=not ours)


def _changed_in_place(item: WorkItem, entry: Entry) -> WorkItem:
    """A picture in its own place that is not the restored one: the untouched original, or somebody's new picture."""
    assert item.backup is not None
    original = entry.sources[0].sha256 if entry.sources else None
    if Stamp.of(item.backup) is None or _holds(item.output, original):
        return item
    if _holds(item.output, entry.previous):  # killed before the result of another recipe took its place
        return replace(item, sources=(item.backup,))
    return replace(
        item,
        problem=f"was changed after it was restored, and its original still lies in {item.backup}. "
        "Move one of them away.",
    )


def _same_sources(item: WorkItem, entry: Entry, journal: Known) -> bool:
    """Whether the inputs still have the content they had; new stamps of unchanged content are booked."""
    if len(item.sources) != len(entry.sources):
        return False
    now = []
    for path, was in zip(item.sources, entry.sources, strict=True):
        if not is_unchanged(path, was.stamp, was.sha256):
            return False
        now.append(Source(was.path, Stamp.of(path) or was.stamp, was.sha256))
    if tuple(now) != entry.sources:
        journal.restamp(item.output, tuple(now))
    return True


def _holds(path: Path, sha256: str | None) -> bool:
    """Whether a file has this content."""
    try:
        return sha256 is not None and content_hash(path) == sha256
    except OSError:
        return False
