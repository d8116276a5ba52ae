"""What of a plan is done already: the journal's word, checked against the files.

Only a result that is there, whole, with all that belongs beside it, and made from the same inputs in the same way is
left as it is. Everything else is made again; what somebody has changed meanwhile is set aside first, never thrown away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import cache, cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Protocol

from restore.journal_rows import CompanionRow, Entry, Recipe, Source
from restore.planning import EXISTS, Items, Plan, WorkItem, identity
from restore.resuming_in_place import InPlace
from restore.stamps import Stamp, holds, is_unchanged


class Known(Protocol):
    """What an earlier run has left: a `restore.journal.Journal`, or something that only looks like one."""

    def entry(self, output: Path) -> Entry | None:
        """The row of one result."""
        ...

    def has_companions(self) -> bool:
        """Whether anything lies beside any result."""
        ...

    def companions_at(self, path: Path) -> list[tuple[Path, CompanionRow]]:
        """The rows of a file as a companion, each with its result."""
        ...

    def key(self, output: Path) -> str:
        """The name of a file in a row."""
        ...

    def path(self, key: str) -> Path:
        """The file that a name in a row means."""
        ...

    def folders(self) -> list[Path]:
        """All folders that files were ever written to."""
        ...

    def finish(self, output: Path, stamp: Stamp, companions: Sequence[tuple[Path, Stamp]] = ()) -> None:
        """Book that a result is in place, with this stamp, and what lies beside it."""
        ...

    def restamp(self, output: Path, sources: tuple[Source, ...]) -> None:
        """Book that the sources of a result are unchanged, with these stamps."""
        ...


DONE = "done already"
"""Why an item is skipped whose result an earlier run has made."""

EDITED = "was changed since it was made (--overwrite makes it again)"
"""Why a mask is left alone: to edit it is what it was made for."""


def settle(plan: Plan, journal: Known, recipe: Recipe, *, overwrite: bool = False) -> Plan:
    """Decide, item by item, what an earlier run has done already.

    Args:
        plan: As made from the files alone.
        journal: Of the plan's folder; is told the new stamps of files that were only moved or touched.
        recipe: How the results are to be made now.
        overwrite: Make everything again.

    Returns:
        The plan with `DONE` as the reason to skip what is done, and with leave to replace what is not. What an earlier
        run has written beside results is skipped where it is found among the inputs.
    """
    accompanied = journal.has_companions()
    in_place = InPlace(journal.folders)

    @cache
    def beside_inputs() -> frozenset[str]:
        return frozenset(str(source.parent) for item in plan.items for source in item.sources)

    def settled(item: WorkItem) -> WorkItem:
        if item.problem is not None:
            return item
        inputs = item.sources if accompanied else ()  # names in a journal take their time
        owner = next((found for source in inputs if (found := _owner(source, journal)) is not None), None)
        if owner is not None:
            return replace(item, skip=f"lies beside {owner} as a part of that result")
        entry = journal.entry(item.output)
        if entry is None or entry.sha256 is None:
            return _unknown(item, beside_inputs)
        beside = Beside(plan.beside(item), entry, journal)
        now = _settled(item, entry, beside, journal, in_place, recipe, overwrite=overwrite)
        edited = plan.masks and not overwrite and item.output in now.set_aside
        return replace(item, skip=f"{item.output} {EDITED}") if edited else now

    for index, item in enumerate(plan.items):
        now = settled(item)
        if now is not item:
            rest = (settled(plan.items[each]) for each in range(index + 1, len(plan.items)))
            return replace(plan, items=Items(chain(islice(plan.items, index), [now], rest)))
    return plan  # and no second one like it: both would take memory


def _unknown(item: WorkItem, beside_inputs: Callable[[], Collection[str]]) -> WorkItem:
    """An item whose result no earlier run has made.

    A file in its place that lies among inputs may be an original of another name: it is kept also where it may be
    replaced.
    """
    if not item.present or item.skip is not None or item.backup is not None:
        return item
    if str(item.output.parent) not in beside_inputs():
        return item
    kept = (item.output,) if Stamp.of(item.output) is not None else ()
    return item if kept == item.set_aside else replace(item, set_aside=kept)


def is_whole(output: Path, entry: Entry) -> bool:
    """Whether a result is there with the content that the journal says; reads it only where its stamp has changed.

    What lies beside it is for `Beside` to tell.
    """
    return entry.stamp is not None and entry.sha256 is not None and is_unchanged(output, entry.stamp, entry.sha256)


class Beside:
    """The companions of one result: what is promised now, what the journal knows, and what is there.

    Args:
        promised: Where companions are to lie.
        entry: The result's row.
        journal: Which names are which files.
    """

    def __init__(self, promised: Sequence[Path], entry: Entry, journal: Known) -> None:
        self.promised = {journal.key(path): path for path in promised}
        self._places = self.promised | {row.path: journal.path(row.path) for row in entry.companions}
        self._rows = entry.companions
        self._present = {row.path: row for row in entry.companions if not row.former}

    @cached_property
    def unchanged(self) -> dict[str, tuple[Path, Stamp]]:
        """What is there with the content that the journal says: place and stamp by its name in the journal."""
        return {
            name: (place, stamp)
            for name, row in self._present.items()
            if is_unchanged(place := self._places[name], row.stamp, row.sha256)
            and (stamp := Stamp.of(place)) is not None
        }

    def is_whole(self) -> bool:
        """Whether exactly what is promised was made, and all of it is there unchanged."""
        return self._present.keys() == self.promised.keys() == self.unchanged.keys()

    def was_touched(self) -> bool:
        """Whether something unchanged has another stamp than the journal says."""
        return any(stamp != self._present[name].stamp for name, (_, stamp) in self.unchanged.items())

    def stranger(self) -> Path | None:
        """A file in a promised place that no earlier run has put there."""
        known = {row.path for row in self._rows}
        return next((path for name, path in self.promised.items() if name not in known and os.path.lexists(path)), None)

    def to_keep(self) -> tuple[Path, ...]:
        """What somebody has changed since, and what belongs to an earlier result only: neither is thrown away."""
        names = dict.fromkeys(row.path for row in self._rows)
        there = [name for name in names if os.path.lexists(self._places[name])]
        return tuple(self._places[name] for name in there if name not in self.promised or not self._is_ours(name))

    def _is_ours(self, name: str) -> bool:
        """Whether a file is as an earlier run has made it, or was cut off."""
        place = self._places[name]
        stamp = Stamp.of(place)
        if stamp is None or stamp.size == 0 or name in self.unchanged:
            return True
        return any(is_unchanged(place, row.stamp, row.sha256) for row in self._rows if row.path == name and row.former)


def _owner(source: Path, journal: Known) -> Path | None:
    """The result beside which an input was written by an earlier run and lies unchanged."""
    rows = journal.companions_at(source)
    return next((owner for owner, row in rows if is_unchanged(source, row.stamp, row.sha256)), None)


def _settled(
    item: WorkItem,
    entry: Entry,
    beside: Beside,
    journal: Known,
    in_place: InPlace,
    recipe: Recipe,
    *,
    overwrite: bool,
) -> WorkItem:
    """One item that an earlier run has made, or was about to make."""
    if not is_whole(item.output, entry):
        mended = in_place.changed(item, entry) if item.backup is not None else _to_mend(item, entry)
        return _with_companions(mended, beside, overwrite)
    stamp = Stamp.of(item.output)
    if stamp is not None and (entry.state == "writing" or stamp != entry.stamp or beside.was_touched()):
        journal.finish(item.output, stamp, list(beside.unchanged.values()))
    same = entry.recipe == recipe.digest and entry.state in ("done", "writing") and not overwrite and beside.is_whole()
    if item.backup is not None:
        if same and _same_mask(item, entry):
            return replace(item, skip=DONE)
        return _with_companions(in_place.again(item, entry), beside, overwrite)
    if same and _same_sources(item, entry, journal):
        return replace(item, skip=DONE)
    other = None if overwrite else _other_source(item, entry)
    if other is not None:
        return replace(item, skip=f"{item.output} exists already, and was made of {other} (--overwrite replaces it)")
    return _with_companions(replace(item, skip=None, replace=True), beside, overwrite)


def _other_source(item: WorkItem, entry: Entry) -> str | None:
    """The other picture of the same name that a result was made of, if that is still there; None where it is not.

    An input that has changed, or was moved with its folder, may replace its result. Another one may not.
    """
    recorded = {source.path for source in entry.sources}
    if not entry.sources or any(str(source.absolute()) in recorded for source in item.sources):
        return None
    first = entry.sources[0]
    there = is_unchanged(Path(first.path), first.stamp, first.sha256)
    same = any(identity(source) == identity(Path(first.path)) for source in item.sources)
    return first.path if there and not same else None


def _with_companions(item: WorkItem, beside: Beside, overwrite: bool) -> WorkItem:
    """The item to be made again, with leave to replace what an earlier run has written beside its result."""
    if item.problem is not None:
        return item
    stranger = None if overwrite else beside.stranger()
    if stranger is not None:
        return replace(item, skip=f"{stranger} {EXISTS}")
    kept = (*item.set_aside, *beside.to_keep())
    if not beside.promised:
        return replace(item, set_aside=kept)
    return replace(item, skip=None, replace=True, set_aside=kept)


def _to_mend(item: WorkItem, entry: Entry) -> WorkItem:
    """A result that is missing, cut off or changed is made again."""
    if not item.present:
        return item
    stamp = Stamp.of(item.output)
    ours = stamp is None or stamp.size == 0 or holds(item.output, entry.previous)
    return replace(item, skip=None, replace=True, set_aside=() if ours else (item.output,))


def _same_sources(item: WorkItem, entry: Entry, journal: Known) -> bool:
    """Whether the inputs still have the content they had; new stamps of unchanged content are booked."""
    if len(item.inputs) != len(entry.sources):
        return False
    now = []
    for path, was in zip(item.inputs, entry.sources, strict=True):
        if not is_unchanged(path, was.stamp, was.sha256):
            return False
        now.append(Source(was.path, Stamp.of(path) or was.stamp, was.sha256))
    if tuple(now) != entry.sources:
        journal.restamp(item.output, tuple(now))
    return True


def _same_mask(item: WorkItem, entry: Entry) -> bool:
    """Whether the mask, if there is one, still has the content it had."""
    if item.mask is None:
        return len(entry.sources) == len(item.sources)
    was = entry.sources[-1]
    return len(entry.sources) == len(item.inputs) and is_unchanged(item.mask, was.stamp, was.sha256)
