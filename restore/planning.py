"""From inputs and an output to work items: which file becomes which, decided before a model loads.

The output is a file for one input file, otherwise a folder that mirrors the input's tree and keeps the file names.
Whatever could lose a picture is refused here: two inputs with one output, an output that is itself an input. Results
that exist already are left alone unless they are to be replaced.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from restore.codecs.formats import WRITABLE_SUFFIXES, output_suffix
from restore.errors import OutputError
from restore.finding import Found, find
from restore.walking import kind_of

EXISTS = "exists already (--overwrite replaces it)"


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Plan:
    """Everything a run will do, in order.

    Attributes:
        items: One per result; every input file is in exactly one of them.
        notes: What the user should know about the plan, one sentence each.
        folder: The folder of the results; None where the result is a single file with a name of its own.
    """

    items: tuple[WorkItem, ...]
    notes: tuple[str, ...] = ()
    folder: Path | None = None

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
) -> Plan:
    """Decide which file becomes which.

    Args:
        inputs: Files, folders (recursed) and patterns, see `restore.finding.find`.
        output: A file for one input file, else a folder; a trailing slash always means a folder.
        overwrite: Replace results that exist; otherwise their items are skipped.
        writable: Suffixes (lower case, with dot) an output file may have; None for any.

    Raises:
        InputError: An input does not exist, or there is nothing to restore.
        OutputError: Outputs would collide or overwrite an input, or the output place cannot be used.
    """
    target = Path(output)
    findings = find(inputs, target)
    lone = findings.only_files and len(findings.files) == 1
    if _names_a_file(output, lone=lone, count=len(findings.files)):
        folder = None
        _check_suffix(target, writable)
        names = {findings.files[0]: target}
        _check_folder(target.parent)
    else:
        folder = target
        names = {file: target / _result_name(file) for file in findings.files}
        _check_folder(target)
    _refuse_collisions(names)
    _refuse_overwritten_inputs(names)
    items = tuple(_item(file, result, overwrite, writable) for file, result in names.items())
    return Plan(items, findings.notes + tuple(_same_but_for_case(names.values())), folder)


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


def _check_suffix(target: Path, writable: Collection[str] | None) -> None:
    """Refuse a file name whose format nobody writes."""
    if writable is not None and target.suffix.lower() not in writable:
        raise OutputError(
            f"cannot be written: {target.suffix} is not a format for results.",
            path=target,
            hint=f"Use one of {' '.join(sorted(writable))}, or end the name with / to make it a folder.",
        )


def _check_folder(folder: Path) -> None:
    """Refuse an output folder that cannot exist or may not be written, looking only, creating nothing."""
    place = folder
    while kind_of(place) == "nothing" and place != place.parent:
        place = place.parent
    if kind_of(place) != "folder":
        raise OutputError("is not a folder, so nothing can be written below it.", path=place, hint="Choose another -o.")
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputError("may not be written: permission denied.", path=place, hint="Choose another -o.")


def _result_name(file: Found) -> Path:
    """The name of a result in the output folder: the input's, with another suffix if its format is only read."""
    suffix = output_suffix(file.path.suffix)
    return file.name if suffix.lower() == file.path.suffix.lower() else file.name.with_suffix(suffix)


def _refuse_collisions(names: dict[Found, Path]) -> None:
    """Refuse two results of one name, and a result where another result needs a folder."""
    sources: dict[Path, list[Found]] = defaultdict(list)
    for file, result in names.items():
        sources[result].append(file)
    for result, files in sources.items():
        if len(files) > 1:
            both = " and ".join(str(file.path) for file in files[:2])
            more = f" (and {len(files) - 2} more)" if len(files) > 2 else ""
            if len({file.path.parent for file in files}) > 1:
                hint = "Give their folders (or a quoted pattern) as inputs, which keeps the tree, or use separate runs."
            else:
                hint = "Restore them in separate runs with different outputs."
            raise OutputError(f"would be the result of {both}{more}.", path=result, hint=hint)
    _refuse_near_collisions(names)
    for result, files in sources.items():
        below = next((parent for parent in result.parents if parent in sources), None)
        if below is not None:
            raise OutputError(
                f"would be the result of {sources[below][0].path} and also the folder of {files[0].path}.",
                path=below,
                hint="Restore them in separate runs with different outputs.",
            )


def _refuse_near_collisions(names: dict[Found, Path]) -> None:
    """Refuse names equal but for case where a change of format made one of them (a.HEIC beside a.JPG)."""
    seen: dict[str, Found] = {}
    for file, result in names.items():
        other = seen.setdefault(folded(result), file)
        converted = any(names[each].suffix != each.path.suffix for each in (file, other))
        if other is not file and converted:
            raise OutputError(
                f"would be the result of {file.path}, and {names[other]}, equal but for case, that of {other.path}.",
                path=result,
                hint="Restore them in separate runs with different outputs.",
            )


def folded(path: Path) -> str:
    """What a disk that ignores case and the coding of accents makes of a name."""
    return unicodedata.normalize("NFC", str(path)).casefold()


def _refuse_overwritten_inputs(names: dict[Found, Path]) -> None:
    """Refuse a result that is an input, also by another spelling or a link: originals are never changed."""
    originals = {identity(file.path): file.path for file in names}
    for result in names.values():
        original = originals.get(identity(result) or (0, 0))
        if original is not None:
            raise OutputError(
                f"is an input{'' if original == result else f' ({original})'} and would be overwritten.",
                path=result,
                hint="Originals are never changed: choose another -o.",
            )


def identity(path: Path) -> tuple[int, int] | None:
    """What a file is, whatever it is called; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def _same_but_for_case(results: Iterable[Path]) -> list[str]:
    """Warnings about results that one file system keeps apart and another does not."""
    spellings: dict[str, list[Path]] = defaultdict(list)
    for result in results:
        spellings[folded(result)].append(result)
    return [
        f"{' and '.join(map(str, group))} differ only in case or accents' coding: where the disk cannot tell them "
        "apart, the second is reported as failed and the first is kept"
        for group in spellings.values()
        if len(group) > 1
    ]


def _item(file: Found, result: Path, overwrite: bool, writable: Collection[str] | None) -> WorkItem:
    """The work item of one input, with what is known about it before the run."""
    skip, problem = None, file.problem
    kind = kind_of(result)
    present = kind == "file" or result.is_symlink()
    if problem is None and writable is not None and result.suffix.lower() not in writable:
        problem = "its name ends in no picture's suffix. Rename it, or restore it alone with -o NAME.png."
    elif problem is None and kind in ("folder", "other"):
        problem = f"{result} is in the way and is not a file. Move it or choose another -o."
    elif problem is None and present and not overwrite:
        skip = f"{result} {EXISTS}"
    return WorkItem((file.path,), result, skip, problem, present=present)
