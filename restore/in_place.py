"""Plans that replace originals, each of which is kept in a backup folder first (``--in-place --backup DIR``)."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from restore.codecs.formats import WRITABLE_SUFFIXES, output_suffix, suffix_format
from restore.collisions import collisions, identity
from restore.earlier_results import Journals, done_elsewhere, without_originals, without_results
from restore.errors import OutputError, UsageError
from restore.finding import Found, absolute, find
from restore.naming import Names, companion_paths
from restore.planning import NO_FORMAT, check_folder, obstacle, without_earlier_results
from restore.selection import EVERYTHING, Selection
from restore.spec import Companion
from restore.work_items import Plan, WorkItem


def plan_in_place(
    inputs: Sequence[str],
    backup: Path | str,
    *,
    writable: Collection[str] | None = WRITABLE_SUFFIXES,
    selection: Selection = EVERYTHING,
    overwrite: bool = False,
    list_collisions: bool = False,
    companions: tuple[Companion, ...] = (),
) -> Plan:
    """Plan to replace each input by its result, with its original kept below `backup` in the inputs' tree.

    Args:
        inputs: Files, folders (recursed) and patterns, see `restore.finding.find`.
        backup: The folder for the originals; where it lies inside an input folder, what it holds is no input.
        writable: Suffixes (lower case, with dot) a result may have; None for any.
        selection: Which of the files found are meant.
        overwrite: Replace companions that exist; otherwise their items are skipped.
        list_collisions: Make what would lose a picture a problem of its items instead of an error.
        companions: What is written beside each result. Files that are companions of others by their name are no inputs:
            a second run over the same folder finds them there.

    Returns:
        A plan whose folder is the deepest one that holds all inputs. What cannot be done in place (a format that is
        only read, a file reached through a link) is a problem of its item.

    Raises:
        InputError: An input does not exist, or there is nothing to restore.
        OutputError: The backup folder cannot be used, or a backup would take an original's place.
        UsageError: The backup folder is the input folder.
    """
    findings = find(inputs, Path(backup), selection)
    if os.path.realpath(backup) == os.path.realpath(findings.folder):
        raise UsageError(f"--backup {backup} is the folder of the inputs themselves.", hint="Name another folder.")
    check_folder(Path(backup), "--backup")
    journals = Journals(findings.files)
    files, made = without_results(findings.files, journals)
    files, kept_before = without_originals(files, journals)
    names, by_name = without_earlier_results(Names(files, lambda file: file.path), companions)
    clashes = collisions(names, companions, in_place=True) if companions else []
    if clashes and not list_collisions:
        raise clashes[0].error
    problems = {file: str(clash.error) for clash in reversed(clashes) for file in clash.files}
    originals = {identity(file.path) for file in names} - {None}
    items = [
        _item(file, findings.folder, Path(backup), writable, problems.get(file), companions, overwrite, journals)
        for file in names
    ]
    for item in items:
        if item.backup is not None and identity(item.backup) in originals:
            raise OutputError(
                f"is an input, and the backup of {item.output} would take its place.",
                path=item.backup,
                hint="Name another folder after --backup.",
            )
    kept = f"each original is kept in {backup} before its result takes its place"
    said = tuple(str(clash.error) for clash in clashes)
    notes = (*findings.notes, *made, *kept_before, *by_name, kept)
    return Plan(tuple(items), notes, findings.folder, said, companions)


def _item(
    file: Found,
    folder: Path,
    backup: Path,
    writable: Collection[str] | None,
    clash: str | None,
    companions: tuple[Companion, ...],
    overwrite: bool,
    journals: Journals,
) -> WorkItem:
    """The work item that replaces one file."""
    whole = absolute(folder)
    inner = absolute(file.path).relative_to(whole)
    skip, problem = obstacle(companion_paths(file.path, companions), overwrite=overwrite)
    problem = file.problem or clash or _problem(file.path, Path(os.path.realpath(folder), inner), writable) or problem
    return WorkItem(
        (file.path,),
        file.path,
        None if problem is not None else skip or done_elsewhere(file, whole, journals),
        problem,
        backup=backup / inner,
        present=True,
    )


def _problem(path: Path, place: Path, writable: Collection[str] | None) -> str | None:
    """Why a file cannot be replaced, or None."""
    if output_suffix(path.suffix) != path.suffix:
        return f"{suffix_format(path.suffix)} is only read, so it cannot be replaced in place. Name a folder with -o."
    if writable is not None and path.suffix.lower() not in writable:
        return NO_FORMAT
    if os.path.realpath(path) != str(place):
        return "it is reached through a link, and is not replaced. Name the file's own place as an input."
    return None
