"""Which mask belongs to which picture of a plan: one for all, or the one of the same name in a folder of masks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain
from pathlib import Path

from restore.codecs.formats import suffix_format
from restore.errors import InputError, UsageError
from restore.masks.request import Masking
from restore.walking import Walk, kind_of
from restore.work_items import Items, Plan, WorkItem

JPEG = (
    "JPEG results are encoded anew as a whole, which changes pixels outside the masks a little; --format png or tif "
    "keeps them bit for bit"
)


def with_masks(plan: Plan, masking: Masking) -> Plan:
    """The plan with each picture's mask.

    In a folder of masks, that of ``sub/photo.jpg`` (below the input folder) is ``sub/photo.png``, or any other picture
    of that name; ``sub/photo.jpg.png`` comes before it, where pictures differ in their suffix only.

    Args:
        plan: Of the pictures.
        masking: What is missing; its `place` is looked at.

    Returns:
        The plan, with a note where results cannot be kept bit for bit outside the masks. A picture without a mask in
        the folder is a problem of its item, which names the expected file. So is a result, or what lies beside it, that
        would be written over a mask.

    Raises:
        UsageError: The place does not exist.
        InputError: The folder cannot be looked into, or holds no mask.
    """
    if any(item.is_pending and suffix_format(item.output.suffix) == "JPEG" for item in plan.items):
        plan = replace(plan, notes=(*plan.notes, JPEG))
    if masking.place is None:
        return plan
    place, kind = masking.place, kind_of(masking.place)
    if kind == "file":
        return _with(plan, (replace(item, mask=place) for item in plan.items), [str(place)])
    if kind != "folder":
        what = "may not be looked at: permission denied." if kind == "denied" else "does not exist."
        raise UsageError(what, path=place, hint="--mask names a mask, a folder of masks, or 'alpha'.")
    masks = _masks_in(place, plan.folder)
    folder = None if plan.folder is None else os.path.abspath(plan.folder)  # noqa: PTH100 (very many paths)
    return _with(plan, (_paired(item, folder, place, masks) for item in plan.items), chain(*masks.values()))


def _with(plan: Plan, items: Iterable[WorkItem], masks: Iterable[str]) -> Plan:
    """The plan with these items; what would be written over one of the masks becomes a problem."""
    folders: dict[str, str] = {}

    def real(path: str) -> str:
        """Where a file is: its folder, asked for once, with all links followed."""
        folder, name = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        return os.path.join(folders[folder], name)  # noqa: PTH118 (very many paths)

    taken = set(map(real, masks))

    def checked(item: WorkItem) -> WorkItem:
        for path in (item.output, *plan.beside(item)) if item.problem is None else ():
            if real(str(path)) in taken:
                problem = f"{path} is a mask and would be overwritten. Choose another -o."
                return replace(item, skip=None, problem=problem)
        return item

    return replace(plan, items=Items(map(checked, items)))


def _masks_in(place: Path, results: Path | None) -> dict[str, list[str]]:
    """Every picture below the folder, by its path in it without the suffix.

    Args:
        place: The folder.
        results: The folder of the results: where it lies inside, what it holds are no masks.

    Raises:
        InputError: The folder cannot be listed, or holds no picture.
    """
    masks: dict[str, list[str]] = {}
    start = len(str(place)) + 1 if str(place) != "." else 0
    aside = None if results is None or results.resolve() == place.resolve() else os.path.realpath(results)
    for path, problem in Walk(aside).files(place):
        if path == place:
            raise InputError(problem or "cannot be listed.", path=place)
        if problem is None:
            text = str(path)
            masks.setdefault(text[start : -len(path.suffix)], []).append(text)
    if not masks:
        raise InputError("holds no mask.", path=place, hint="Masks are pictures: white is missing, black is kept.")
    return masks


def _paired(item: WorkItem, folder: str | None, place: Path, masks: dict[str, list[str]]) -> WorkItem:
    """An item with its mask, or with the problem that it has none, or several."""
    source = item.sources[0]
    inner = ""
    if folder is not None:
        inner = os.path.dirname(os.path.abspath(item.output))[len(folder) :].lstrip(os.sep)  # noqa: PTH100, PTH120
    name = os.path.join(inner, source.name)  # noqa: PTH118
    stem = os.path.join(inner, source.stem)  # noqa: PTH118
    found = masks.get(name) or masks.get(stem, [])
    if len(found) > 1:
        found = [mask for mask in found if mask.endswith(source.suffix)] or found
    if len(found) == 1:
        return replace(item, mask=Path(found[0]))
    if item.problem is not None:
        return item
    if not found:
        expected = place / f"{stem}.png"
        problem = f"has no mask: {expected} (or another image format) is missing. Make it, or use --exclude."
    else:
        problem = f"has several masks: {' and '.join(found)}. Keep one of them."
    return replace(item, skip=None, problem=problem)
