"""Plans that make one picture of several: series of frames → work items."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from restore.codecs.formats import WRITABLE_SUFFIXES
from restore.collisions import collisions, same_but_for_case
from restore.errors import InputError
from restore.finding import Findings, Found, find
from restore.grouping import FoundSeries, common_part, grouped
from restore.naming import SAME_NAMES, Names, Naming, companion_paths
from restore.planning import check_file_name, check_folder, item_of, names_a_file
from restore.selection import EVERYTHING, Selection
from restore.series.request import Grouping, Series
from restore.spec import Companion
from restore.work_items import Items, Plan, WorkItem

SUFFIX = ".fused"
"""What stands behind the name of a result in a folder, unless the user wants something else: it is no frame's name."""


def plan_series(
    inputs: Sequence[str],
    output: Path | str,
    series: Series,
    *,
    overwrite: bool = False,
    writable: Collection[str] | None = WRITABLE_SUFFIXES,
    selection: Selection = EVERYTHING,
    naming: Naming = SAME_NAMES,
    list_collisions: bool = False,
    companions: tuple[Companion, ...] = (),
) -> Plan:
    """Decide which files become which picture.

    Files that are named are one series, unless `series.group_by` says otherwise; those of folders are grouped. In a
    folder, the result is called like its first frame, or like what all of a series are called before their last part,
    with `SUFFIX`: ``a.fused.jpg``. What is called so in an input folder is the result of an earlier run, and no frame.

    Args:
        inputs: Files, folders (recursed) and patterns, see `restore.finding.find`.
        output: A file for one series of named files, else a folder that mirrors the inputs' tree.
        series: How files are grouped.
        overwrite: As of `restore.planning.plan`, and so all that follows.
        writable: Suffixes (lower case, with dot) an output file may have; None for any.
        selection: Which of the files found are meant.
        naming: What is changed in names.
        list_collisions: Make what would lose a picture a problem of its items instead of an error.
        companions: What is written beside each result.

    Returns:
        A plan with one item per series. A series of one frame is a problem of its item.

    Raises:
        InputError: As of `restore.planning.plan`; one frame only; or files cannot be grouped.
        OutputError: Outputs would collide or overwrite a frame, or the output place cannot be used.
        UsageError: A file name as output together with a suffix or a format.
    """
    naming.check(writable)
    target = Path(output)
    ending = naming.suffix or SUFFIX
    findings = find(inputs, target, selection)
    files, notes = _without_earlier(findings, ending)
    found = _series(files, findings, series.group_by)
    lone = findings.only_files and len(found) == 1
    if names_a_file(output, lone=lone, found=f"{len(found)} series"):
        check_file_name(target, naming, writable)
        folder, names = None, Names([each.frames[0] for each in found], lambda _: target)
        check_folder(target.parent)
    else:
        folder, names = target, _names(found, target, replace(naming, suffix=ending))
        check_folder(target)
    frames = [frame for each in found for frame in each.frames]
    clashes = collisions(names, companions, originals=frames)
    if clashes and not list_collisions:
        raise clashes[0].error
    problems = {file: str(clash.error) for clash in reversed(clashes) for file in clash.files}

    def item(each: FoundSeries) -> WorkItem:
        result, first = names[each.frames[0]], each.frames[0]
        written = (result, *companion_paths(result, companions))
        one = item_of(first, written, each.problem or problems.get(first), overwrite, writable)
        return replace(one, sources=tuple(frame.path for frame in each.frames))

    notes += same_but_for_case(names.values())
    said = tuple(str(clash.error) for clash in clashes)
    return Plan(Items(map(item, found)), (*findings.notes, *notes), folder, said, companions)


def _series(files: Sequence[Found], findings: Findings, by: Grouping | None) -> list[FoundSeries]:
    if by is not None or not findings.only_files:
        return grouped(files, by or Grouping())
    if len(files) == 1:
        raise InputError(
            "is one frame only; at least two are fused.", path=files[0].path, hint="Name the other frames, or a folder."
        )
    return [FoundSeries.of(files)]


def _names(found: Sequence[FoundSeries], folder: Path, naming: Naming) -> Names:
    """The results of series in a folder, each known by its first frame."""
    stems = {each.frames[0]: each.stem for each in found}
    return Names(stems, lambda file: folder / naming.result(file.name.with_name(f"{stems[file]}{file.name.suffix}")))


def _without_earlier(findings: Findings, ending: str) -> tuple[Sequence[Found], list[str]]:
    """Leave out results of earlier runs in input folders, and what lies beside them, by name; and say so.

    Args:
        findings: What was found; files that were named are taken as they are.
        ending: Behind the name of results. One that the user has chosen may be that of other files too, and counts only
            where something is called so without it.
    """
    if findings.only_files:
        return findings.files, []
    pattern = re.compile(rf"(.+?){re.escape(ending)}(\.[a-z0-9-]+)?")
    stems = [(file.path.parent, file.path.stem) for file in findings.files]
    known = Counter([*stems, *((folder, part) for folder, stem in stems if (part := common_part(stem)) is not None)])

    def is_result(file: Found) -> bool:
        match = pattern.fullmatch(file.path.stem)
        if match is None or ending == SUFFIX:
            return match is not None
        own = common_part(file.path.stem) == match[1]
        return known[file.path.parent, match[1]] > own

    left = tuple(file for file in findings.files if not is_result(file))
    count = len(findings.files) - len(left)
    if not count:
        return left, []
    if not left:
        raise InputError(
            f"holds nothing but results of fusion (…{ending}).",
            path=findings.files[0].path.parent,
            hint="Name files by themselves to fuse them again.",
        )
    what = "1 file is the result" if count == 1 else f"{count} files are results"
    return left, [f"{what} of an earlier run by name (…{ending}), and not taken as input"]
