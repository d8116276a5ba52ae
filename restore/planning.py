"""From inputs and an output to work items: which file becomes which, decided before a model loads.

The output is a file for one input file, otherwise a folder that mirrors the input's tree and keeps the file names.
Whatever could lose a picture is refused here: two inputs with one output, an output that is itself an input. Results
that exist already are left alone unless they are to be replaced. All this holds for what is written beside results too.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from restore.codecs.formats import WRITABLE_SUFFIXES
from restore.collisions import collisions, folded, identity, same_but_for_case
from restore.earlier_results import Journals, without_results
from restore.errors import OutputError, UsageError
from restore.finding import Found, find, left_out
from restore.masks.naming import among_pictures, mask_names
from restore.naming import SAME_NAMES, Names, Naming, companion_paths
from restore.selection import EVERYTHING, Selection
from restore.spec import Companion
from restore.walking import kind_of
from restore.work_items import Items, Plan, WorkItem

__all__ = ["EXISTS", "Items", "Plan", "WorkItem", "check_folder", "folded", "identity", "plan", "standing"]

NO_FORMAT = "its name ends in no picture's suffix. Rename it, or restore it alone with -o NAME.png."
EXISTS = "exists already (--overwrite replaces it)"


def plan(
    inputs: Sequence[str],
    output: Path | str,
    *,
    overwrite: bool = False,
    writable: Collection[str] | None = WRITABLE_SUFFIXES,
    selection: Selection = EVERYTHING,
    naming: Naming = SAME_NAMES,
    list_collisions: bool = False,
    companions: tuple[Companion, ...] = (),
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
        companions: What is written beside each result, see `restore.contracts.promised_companions`. Where one exists
            already its result counts as existing.

    Raises:
        InputError: An input does not exist, or there is nothing to restore.
        OutputError: Outputs would collide or overwrite an input, or the output place cannot be used.
        UsageError: A file name as output together with a suffix or a format.
    """
    naming.check(writable)
    target = Path(output)
    findings = find(inputs, target, selection)
    lone = findings.only_files and len(findings.files) == 1
    files, made = without_results(findings.files, Journals(findings.files, strict=False))
    notes, folder = [*findings.notes, *made], None
    if names_a_file(output, lone=lone, found=f"{len(findings.files)}"):
        check_file_name(target, naming, writable)
        names = Names(files, lambda _: target)
        check_folder(target.parent)
    else:
        folder = target
        names = _names(files, target, naming)
        if naming.suffix:
            names, by_name = without_earlier_results(names, companions)
            notes += by_name
        check_folder(target)
    named = folder is None or naming.suffix != ""  # masks with names of their own may lie beside their pictures
    clashes = [*(among_pictures(names) if naming.masks and not named else ()), *collisions(names, companions)]
    if clashes and not list_collisions:
        raise clashes[0].error
    problems = {file: str(clash.error) for clash in reversed(clashes) for file in clash.files}
    items = Items(
        item_of(file, (result, *companion_paths(result, companions)), problems.get(file), overwrite, writable)
        for file, result in names.items()
    )
    notes += same_but_for_case(names.values())
    said = tuple(str(clash.error) for clash in clashes)
    return Plan(items, tuple(notes), folder, said, companions, masks=naming.masks)


def _names(files: tuple[Found, ...], folder: Path, naming: Naming) -> Names:
    """The results of files in a folder."""
    if naming.masks:
        return mask_names(files, folder, naming)
    return Names(files, lambda file: folder / naming.result(file.name))


def names_a_file(output: Path | str, *, lone: bool, found: str) -> bool:
    """Whether the output is meant as a file; refuses a picture's name for several results.

    Args:
        output: As the user wrote it.
        lone: There is a single result, whose inputs were named one by one.
        found: How many inputs there are, in words.

    Raises:
        OutputError: It is a picture's name, and the result is not alone.
    """
    target = Path(output)
    if kind_of(target) == "folder" or str(output).endswith(("/", os.sep)):
        return False
    if lone:
        return target.suffix != ""
    if target.suffix.lower() in WRITABLE_SUFFIXES:
        raise OutputError(
            f"is the name of a single picture, but the inputs are a folder or several files ({found} found).",
            path=target,
            hint="Name a folder after -o.",
        )
    return False


def check_file_name(target: Path, naming: Naming, writable: Collection[str] | None) -> None:
    """Refuse a file name whose format nobody writes, or beside options that name results otherwise.

    Raises:
        OutputError: Nobody writes it.
        UsageError: There are such options.
    """
    if naming.renames:
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


def without_earlier_results(names: Names, companions: tuple[Companion, ...]) -> tuple[Names, list[str]]:
    """Leave out files that are results of other inputs, or their companions, and say so.

    Restoring them again would do harm.
    """
    inputs = {file: identity(file.path) for file in names}
    results = {
        found
        for file, result in names.items()
        for path in (result, *companion_paths(result, companions))
        if (found := identity(path)) != inputs[file]
    }
    earlier = [file for file, found in inputs.items() if found is not None and found in results]
    if not earlier:
        return names, []
    return names.without(set(earlier)), left_out(earlier, "result of an earlier run by name")


def obstacle(written: Iterable[Path], *, overwrite: bool) -> tuple[str | None, str | None]:
    """Why files cannot be written, or need not be: the reason to skip their item, and its problem.

    Args:
        written: Where they are to go.
        overwrite: Replace files that exist.
    """
    for path in written:
        kind = kind_of(path)
        if kind in ("folder", "other"):
            return None, f"{path} is in the way and is not a file. Move it or choose another -o."
        if not overwrite and (kind == "file" or path.is_symlink()):
            return f"{path} {EXISTS}", None
    return None, None


def item_of(
    file: Found, written: Sequence[Path], clash: str | None, overwrite: bool, writable: Collection[str] | None
) -> WorkItem:
    """The work item of one input, with what is known about it before the run.

    Args:
        file: The input.
        written: Its result, then what lies beside it.
        clash: What of them would lose a picture, or None.
        overwrite: Replace files that exist.
        writable: Suffixes (lower case, with dot) a result may have; None for any.
    """
    result, skip, problem = written[0], None, file.problem or clash
    present = kind_of(result) == "file" or result.is_symlink()
    if problem is None and writable is not None and result.suffix.lower() not in writable:
        problem = NO_FORMAT
    elif problem is None:
        skip, problem = obstacle(written, overwrite=overwrite)
    return WorkItem((file.path,), result, skip, problem, present=present)
