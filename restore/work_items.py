"""The items of a plan: which file becomes which, and what is known about it before the run; held small."""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import eq
from pathlib import Path
from typing import overload

from restore.naming import companion_paths
from restore.spec import Companion


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One result to be made.

    Attributes:
        sources: The files it is made from; one for most tasks, several frames for fusion.
        output: The file to write.
        skip: Why there is nothing to do, or None.
        problem: Why it cannot be done, known before trying, or None.
        backup: Where the original is kept before the result takes its place, or None where it is not replaced.
        present: Whether the output exists already; `skip` then says so, unless results are to be replaced.
        replace: Whether the output, and what lies in its companions' places, is known to be of an earlier run and may
            be replaced.
        set_aside: What is to be kept in the journal's folder first, not thrown away: a result or a companion that
            somebody has changed since, a companion that the result has no longer.
        mask: The file that says what is missing in the (one) source, or None; see `restore.masks`.
    """

    sources: tuple[Path, ...]
    output: Path
    skip: str | None = None
    problem: str | None = None
    backup: Path | None = None
    present: bool = False
    replace: bool = False
    set_aside: tuple[Path, ...] = ()
    mask: Path | None = None

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Every file that shapes the result: the sources, then the mask."""
        return self.sources if self.mask is None else (*self.sources, self.mask)

    @property
    def is_pending(self) -> bool:
        """Whether it is to be tried: neither skipped nor known to be impossible."""
        return self.skip is None and self.problem is None


class Items(Sequence[WorkItem]):
    """The work items of a plan, packed: as objects they would take ten times the memory, for every file of a run.

    Each access makes its `WorkItem` anew; equal to any sequence of equal items.

    Args:
        items: In order; taken one by one.
    """

    __slots__ = ("_data", "_ends")

    def __init__(self, items: Iterable[WorkItem]) -> None:
        # One block instead of many small objects, between which the interpreter could give no memory back.
        data, self._ends = bytearray(), array("Q", [0])
        for item in items:
            data += _packed(item)
            self._ends.append(len(data))
        self._data = bytes(data)

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> WorkItem: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[WorkItem, ...]: ...

    def __getitem__(self, index: int | slice) -> WorkItem | tuple[WorkItem, ...]:
        places = range(len(self))[index]
        return self._at(places) if isinstance(places, int) else tuple(map(self._at, places))

    def __iter__(self) -> Iterator[WorkItem]:
        return map(self._at, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Items({list(self)!r})"

    def _at(self, index: int) -> WorkItem:
        packed = marshal.loads(self._data[self._ends[index] : self._ends[index + 1]])
        sources, output, skip, problem, backup, present, may_replace, set_aside, mask = packed
        return WorkItem(
            tuple(map(Path, sources)),
            Path(output),
            skip,
            problem,
            None if backup is None else Path(backup),
            present,
            may_replace,
            tuple(map(Path, set_aside)),
            None if mask is None else Path(mask),
        )


def _packed(item: WorkItem) -> bytes:
    backup, mask = (None if path is None else str(path) for path in (item.backup, item.mask))
    texts = tuple(map(str, item.sources)), str(item.output), item.skip, item.problem, backup
    return marshal.dumps((*texts, item.present, item.replace, tuple(map(str, item.set_aside)), mask))


@dataclass(frozen=True)
class Plan:
    """Everything a run will do, in order.

    Attributes:
        items: One per result; every input file is in exactly one of them.
        notes: What the user should know about the plan, one sentence each.
        folder: The folder of the results; None where the result is a single file with a name of its own.
        collisions: What would lose a picture, one sentence each; their items are problems. Empty for a plan that is
            to be run: making one raises instead.
        companions: What is written beside each result.
        masks: Whether the results are masks of what is damaged, and no pictures.
    """

    items: Sequence[WorkItem]
    notes: tuple[str, ...] = ()
    folder: Path | None = None
    collisions: tuple[str, ...] = ()
    companions: tuple[Companion, ...] = ()
    masks: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.items, Items):
            object.__setattr__(self, "items", Items(self.items))

    def beside(self, item: WorkItem) -> tuple[Path, ...]:
        """The files that are written beside an item's result."""
        return companion_paths(item.output, self.companions) if self.companions else ()

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be tried."""
        return not any(item.is_pending for item in self.items)

    @property
    def pending(self) -> tuple[WorkItem, ...]:
        """The items that are to be tried, all at once: of a long plan they take much memory."""
        return tuple(item for item in self.items if item.is_pending)
