"""Measure restored pictures against their references: files or folders, picture by picture and in the mean."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np

from restore.errors import InputError, OutputError, RestoreError, UsageError
from restore.image import Image
from restore.journal_reading import companions_in
from restore.metrics import Convention, Mean, mean, measure
from restore.plugin_manager import PluginManager
from restore.walking import Walk, kind_of, natural_key

_log = logging.getLogger("restore")


@dataclass(frozen=True)
class Pair:
    """A restored picture and what it should look like.

    Attributes:
        name: How it is called in tables: its path below the folder of restored pictures.
        restored: The restored file.
        reference: The reference file.
    """

    name: str
    restored: Path
    reference: Path


@dataclass(frozen=True)
class Score:
    """The measures of one picture, by name ("psnr_rgb")."""

    name: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found.

    Attributes:
        conventions: What was measured on.
        scores: One for each pair that could be measured.
        problems: One for each picture without a partner, and each pair that could not be measured.
    """

    conventions: tuple[Convention, ...]
    scores: tuple[Score, ...]
    problems: tuple[RestoreError, ...]

    def means(self) -> dict[str, Mean]:
        """The mean of each measure over the pictures that have it."""
        names = dict.fromkeys(name for score in self.scores for name in score.values)
        return {name: mean(score.values[name] for score in self.scores) for name in names}


def evaluate(
    restored: Path, reference: Path, conventions: Sequence[Convention], manager: PluginManager, max_pixels: int
) -> Evaluation:
    """Measure a file against a file, or a folder against a folder.

    Args:
        restored: File or folder of restored pictures.
        reference: File or folder of references.
        conventions: Colour spaces and borders to measure on.
        manager: Reads the pictures and knows further metrics.
        max_pixels: Larger pictures are refused.

    Raises:
        InputError: A path does not exist, or a folder holds no pictures.
        UsageError: One is a file and the other a folder.
        PluginError: A plugin's metric failed.
    """
    pairs, problems = pair_up(restored, reference)
    scores = []
    for pair in pairs:
        try:
            a, b = read_pair(pair, manager, max_pixels)
            scores.append(Score(pair.name, _measure(pair, a, b, conventions, manager)))
        except InputError as error:
            problems.append(error)
    return Evaluation(tuple(conventions), tuple(scores), tuple(problems))


def pair_up(restored: Path, reference: Path) -> tuple[list[Pair], list[RestoreError]]:
    """Find which file belongs to which.

    Files are paired whatever their names. In folders, equal relative paths belong together; of the rest, paths equal
    but for the suffix (``a/b.png`` and ``a/b.jpg``), where that leaves no choice.

    Returns:
        The pairs in natural order, and an error for each picture without a partner.

    Raises:
        InputError: A path does not exist, or a folder holds no pictures.
        UsageError: One is a file and the other a folder.
    """
    kinds = [_kind(path) for path in (restored, reference)]
    if kinds == ["file", "file"]:
        return [Pair(restored.name, restored, reference)], []
    if kinds != ["folder", "folder"]:
        file = restored if kinds[0] == "file" else reference
        raise UsageError("is a file, the other a folder.", path=file, hint="Give two files or two folders.")
    left, right = pictures_in(restored), pictures_in(reference)
    pairs = [Pair(name, left.pop(name), right.pop(name)) for name in list(left) if name in right]
    problems: list[RestoreError] = []
    for ours, theirs in _by_stem(left, right):
        if len(ours) == 1 and len(theirs) == 1:
            pairs.append(Pair(ours[0], left[ours[0]], right[theirs[0]]))
        elif ours and theirs:
            names = ", ".join(str(path) for path in [*(left[n] for n in ours), *(right[n] for n in theirs)])
            problems.append(InputError(f"which belong together? {names}", hint="Give partners the same name."))
        else:
            problems += [InputError(f"has no partner in {reference}.", path=left[name]) for name in ours]
            problems += [InputError(f"has no partner in {restored}.", path=right[name]) for name in theirs]
    return sorted(pairs, key=lambda pair: natural_key(Path(pair.name))), problems


def pictures_in(folder: Path) -> dict[str, Path]:
    """All pictures below a folder in natural order, by their path relative to it (with ``/``).

    What a run has written beside its results (an uncertainty map) is left out, as far as a journal says so.

    Raises:
        InputError: There are none, or a file or folder inside cannot be looked at.
    """
    found = {}
    beside = _companions_in(folder)
    for path, problem in Walk(leave_out=None).files(folder):
        if path.absolute() in beside:
            continue
        if problem is not None:
            raise InputError(f"{problem}.", path=path, hint="Check the permissions.")
        found[path.relative_to(folder).as_posix()] = path
    if not found:
        raise InputError("the folder holds no pictures.", path=folder)
    return dict(sorted(found.items(), key=lambda item: natural_key(Path(item[0]))))


def _companions_in(folder: Path) -> frozenset[Path]:
    """What a journal calls companions; where it cannot be read they are taken for pictures, which the log says."""
    try:
        return companions_in(folder)
    except OutputError as error:
        _log.warning("%s", error)
        return frozenset()


def read_pair(pair: Pair, manager: PluginManager, max_pixels: int) -> tuple[Image, Image]:
    """Read both pictures and see that they can be compared.

    Raises:
        InputError: One cannot be read or holds NaN, or their sizes or channels differ; names both then.
    """
    images = [manager.read_image(path, max_pixels) for path in (pair.restored, pair.reference)]
    shapes = [f"{image.width}x{image.height}, {'grey' if image.is_grey else 'colour'}" for image in images]
    if shapes[0] != shapes[1]:
        message = f"is {shapes[0]}, but {pair.reference} is {shapes[1]}."
        raise InputError(message, path=pair.restored, hint="Only pictures of one size and kind can be compared.")
    for image, path in zip(images, (pair.restored, pair.reference), strict=True):
        if image.pixels.dtype.kind == "f" and not np.isfinite(image.pixels).all():
            raise InputError("the picture holds NaN or infinite pixels.", path=path)
    return images[0], images[1]


def _measure(
    pair: Pair, restored: Image, reference: Image, conventions: Sequence[Convention], manager: PluginManager
) -> dict[str, float]:
    for convention in conventions:
        if min(restored.height, restored.width) <= 2 * convention.border:
            message = f"a border of {convention.border} pixels leaves nothing of {restored.width}x{restored.height}."
            raise InputError(message, path=pair.restored, hint="Give a smaller --border.")
    return measure(restored.pixels, reference.pixels, conventions, manager.metrics())


def _kind(path: Path) -> str:
    kind = kind_of(path)
    if kind not in ("file", "folder"):
        what = "may not be looked at" if kind == "denied" else "there is no such file or folder"
        raise InputError(f"{what}.", path=path, hint="Check the path.")
    return kind


def _by_stem(left: Mapping[str, Path], right: Mapping[str, Path]) -> list[tuple[list[str], list[str]]]:
    """Names grouped by their path without suffix: those on the left and those on the right."""
    groups: dict[PurePath, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, names in enumerate((left, right)):
        for name in names:
            groups[PurePath(name).with_suffix("")][side].append(name)
    return list(groups.values())
