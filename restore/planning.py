"""From inputs and an output to work items: which file becomes which, decided before a model loads.

The output is a file for one input file, otherwise a folder that mirrors the input's tree and keeps the file names.
Whatever could lose a picture is refused here: two inputs with one output, an output that is itself an input. Results
that exist already are left alone unless they are to be replaced.
"""

from __future__ import annotations

import marshal
import os
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import eq
from pathlib import Path
from typing import overload

from restore.codecs.formats import WRITABLE_SUFFIXES
from restore.collisions import collisions, folded, identity, same_but_for_case
from restore.errors import OutputError, UsageError
from restore.finding import Found, find
from restore.naming import SAME_NAMES, Names, Naming
from restore.selection import EVERYTHING, Selection
from restore.walking import kind_of

__all__ = ["EXISTS", "Items", "Plan", "WorkItem", "check_folder", "folded", "identity", "plan", "standing"]

NO_FORMAT = "its name ends in no picture's suffix. Rename it, or restore it alone with -o NAME.png."
EXISTS = "exists already (--overwrite replaces it)"


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
        replace: Whether the output is known to be a result of an earlier run and may be replaced.
        set_aside: Whether somebody has changed that result since: it is then kept, not thrown away.
    """

    sources: tuple[Path, ...]
    output: Path
    skip: str | None = None
    problem: str | None = None
    backup: Path | None = None
    present: bool = False
    replace: bool = False
    set_aside: bool = False


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
        sources, output, skip, problem, backup, *flags = packed
        return WorkItem(
            tuple(map(Path, sources)), Path(output), skip, problem, None if backup is None else Path(backup), *flags
        )


def _packed(item: WorkItem) -> bytes:
    backup = None if item.backup is None else str(item.backup)
    texts = tuple(map(str, item.sources)), str(item.output), item.skip, item.problem, backup
    return marshal.dumps((*texts, item.present, item.replace, item.set_aside))


@dataclass(frozen=True)
class Plan:
    """Everything a run will do, in order.

    Attributes:
        items: One per result; every input file is in exactly one of them.
        notes: What the user should know about the plan, one sentence each.
        folder: The folder of the results; None where the result is a single file with a name of its own.
        collisions: What would lose a picture, one sentence each; their items are problems. Empty for a plan that is
            to be run: making one raises instead.
    """

    items: Sequence[WorkItem]
    notes: tuple[str, ...] = ()
    folder: Path | None = None
    collisions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.items, Items):
            object.__setattr__(self, "items", Items(self.items))

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be tried."""
        return all(item.skip is not None or item.problem is not None for item in self.items)

    @property
    def pending(self) -> tuple[WorkItem, ...]:
        """The items that are to be tried: neither skipped nor known to be impossible."""
        return tuple(item for item in self.items if item.skip is None and item.problem is None)


def plan(
    inputs: Sequence[str],
    output: Path | str,
    *,
    overwrite: bool = False,
    writable: Collection[str] | None = WRITABLE_SUFFIXES,
    selection: Selection = EVERYTHING,
    naming: Naming = SAME_NAMES,
    list_collisions: bool = False,
) -> Plan:
    """Decide which file becomes which.

    Args:
        inputs: Files, folders (recursed) and patterns, see `restore.finding.find`.
        output: A file for one input file, else a folder; a trailing slash always means a folder.
        overwrite: Replace results that exist; otherwise their items are skipped.
        writable: Suffixes (lower case, with dot) an output file may have; None for any.
        selection: Which of the files found are meant.
        naming: What is changed in their names. With a suffix of its own a result may lie beside its input; then
            results of an earlier run that are found among the inputs are left out, which a note says.
        list_collisions: Make what would lose a picture a problem of its items instead of an error.

    Raises:
        InputError: An input does not exist, or there is nothing to restore.
        OutputError: Outputs would collide or overwrite an input, or the output place cannot be used.
        UsageError: A file name as output together with a suffix or a format.
    """
    naming.check(writable)
    target = Path(output)
    findings = find(inputs, target, selection)
    lone = findings.only_files and len(findings.files) == 1
    notes, folder = list(findings.notes), None
    if _names_a_file(output, lone=lone, count=len(findings.files)):
        _check_file_name(target, naming, writable)
        names = Names(findings.files, lambda _: target)
        check_folder(target.parent)
    else:
        folder = target
        names = Names(findings.files, lambda file: target / naming.result(file.name))
        if naming.suffix:
            names, left_out = _without_earlier_results(names)
            notes += left_out
        check_folder(target)
    clashes = collisions(names)
    if clashes and not list_collisions:
        raise clashes[0].error
    problems = {file: str(clash.error) for clash in reversed(clashes) for file in clash.files}
    items = Items(_item(file, result, problems.get(file), overwrite, writable) for file, result in names.items())
    notes += same_but_for_case(names.values())
    return Plan(items, tuple(notes), folder, tuple(str(clash.error) for clash in clashes))


def _names_a_file(output: Path | str, *, lone: bool, count: int) -> bool:
    """Whether the output is meant as a file; refuses a picture's name for several results."""
    target = Path(output)
    if kind_of(target) == "folder" or str(output).endswith(("/", os.sep)):
        return False
    if lone:
        return target.suffix != ""
    if target.suffix.lower() in WRITABLE_SUFFIXES:
        raise OutputError(
            f"is the name of a single picture, but the inputs are a folder or several files ({count} found).",
            path=target,
            hint="Name a folder after -o.",
        )
    return False


def _check_file_name(target: Path, naming: Naming, writable: Collection[str] | None) -> None:
    """Refuse a file name whose format nobody writes, or beside options that name results otherwise."""
    if naming != SAME_NAMES:
        raise UsageError(
            f"-o {target} names the result already, so --suffix and --format make no sense.",
            hint="Leave them out, or name a folder after -o.",
        )
    if writable is not None and target.suffix.lower() not in writable:
        raise OutputError(
            f"cannot be written: {target.suffix} is not a format for results.",
            path=target,
            hint=f"Use one of {' '.join(sorted(writable))}, or end the name with / to make it a folder.",
        )


def check_folder(folder: Path, option: str = "-o") -> None:
    """Refuse an output folder that cannot exist or may not be written, looking only, creating nothing.

    Args:
        folder: Where results are to go.
        option: The flag that named it, for the advice.

    Raises:
        OutputError: A file is in its place, or permission is missing.
    """
    place, advice = standing(folder), f"Choose another {option}."
    if kind_of(place) != "folder":
        raise OutputError("is not a folder, so nothing can be written below it.", path=place, hint=advice)
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputError("may not be written: permission denied.", path=place, hint=advice)


def standing(path: Path) -> Path:
    """The path itself, or the nearest place above it that exists."""
    while kind_of(path) == "nothing" and path != path.parent:
        path = path.parent
    return path


def _without_earlier_results(names: Names) -> tuple[Names, list[str]]:
    """Leave out files that are results of other inputs, and say so: restoring them again would do harm."""
    results = {identity(result): file for file, result in names.items()}
    earlier = [file for file in names if results.get(identity(file.path), file) != file]
    if not earlier:
        return names, []
    count = f"1 file is the result ({earlier[0].path})" if len(earlier) == 1 else f"{len(earlier)} files are results"
    return names.without(set(earlier)), [f"{count} of an earlier run by name, and not taken as input"]


def _item(file: Found, result: Path, clash: str | None, overwrite: bool, writable: Collection[str] | None) -> WorkItem:
    """The work item of one input, with what is known about it before the run."""
    skip, problem = None, file.problem or clash
    kind = kind_of(result)
    present = kind == "file" or result.is_symlink()
    if problem is None and writable is not None and result.suffix.lower() not in writable:
        problem = NO_FORMAT
    elif problem is None and kind in ("folder", "other"):
        problem = f"{result} is in the way and is not a file. Move it or choose another -o."
    elif problem is None and present and not overwrite:
        skip = f"{result} {EXISTS}"
    return WorkItem((file.path,), result, skip, problem, present=present)
