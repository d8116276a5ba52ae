"""Which of the files that were found are frames of one series: by when they were taken, by their names, or by number.

Frames of one series lie in one folder.

By EXIF: frames of one camera in one file format, in the order in which they were taken. A new series begins where more
than `PAUSE` seconds pass between the end of an exposure and the next one; where, in a bracket, an exposure comes a
second time (the next bracket has begun); and where, after frames of equal exposure (a focus stack), another one comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from restore.codecs.formats import suffix_format
from restore.errors import InputError
from restore.finding import Found
from restore.series.request import EXIF, Grouping
from restore.series.shooting import Shot, shot_of
from restore.walking import kind_of

PAUSE = 3.0
"""Seconds between two frames after which the second one belongs to another series."""

OTHERWISE = "Give --group-by suffix (scene_1.jpg scene_2.jpg) or the number of files of each series, like --group-by 3."

LONE = "Put the others beside it, leave it out with --exclude, or group in another way (--group-by exif, suffix or 3)."

_PARTS = re.compile(r"(.*[^ _-])[ _-]+[^ _-]+")
_NAMED = 5
"""So many files are named in a message."""


@dataclass(frozen=True)
class FoundSeries:
    """Files that are one series.

    Attributes:
        frames: In the order they are to be fused in; at least one.
        stem: What they are called together.
        problem: Why they cannot be fused, or None.
    """

    frames: tuple[Found, ...]
    stem: str
    problem: str | None = None

    @classmethod
    def of(cls, frames: Sequence[Found], stem: str | None = None, problem: str | None = None) -> FoundSeries:
        """Make one, called like its first frame unless it has a name; one frame is a problem.

        Args:
            frames: In order.
            stem: Its name.
            problem: Why it cannot be fused, or None to look at the frames.
        """
        found = problem or next((f"{each.path}: {each.problem}" for each in frames if each.problem is not None), None)
        if found is None and len(frames) == 1:
            found = f"is the only frame of its series; at least two are fused. {LONE}"
        return cls(tuple(frames), frames[0].path.stem if stem is None or len(frames) == 1 else stem, found)


def grouped(files: Sequence[Found], by: Grouping) -> list[FoundSeries]:
    """Group files.

    Args:
        files: In natural order per folder.
        by: How.

    Returns:
        The series, in the order of their first frames; every file is in exactly one.

    Raises:
        InputError: No file says when it was taken; or files are left over from a number of files each.
    """
    # By number, a file that cannot be tried is one of so many: without it, all series after it would be wrong.
    counted = by.count is not None
    lone = {file for file in files if file.problem and (not counted or kind_of(file.path) == "folder")}
    sound = [file for file in files if file not in lone]
    broken = [FoundSeries.of([file], problem=file.problem) for file in files if file in lone]
    folders: dict[str, list[Found]] = {}
    for file in sound:
        folders.setdefault(file.text[: file.text.rfind(file.path.name)], []).append(file)
    found: Iterable[FoundSeries]
    if by.count is not None:
        found = [series for folder in folders.values() for series in _by_count(folder, by.count)]
    elif by.by == EXIF:
        found = _by_time(list(folders.values()))
    else:
        found = [series for folder in folders.values() for series in _by_suffix(folder)]
    places = {file: place for place, file in enumerate(files)}
    return sorted([*found, *broken], key=lambda series: min(places[frame] for frame in series.frames))


def common_part(stem: str) -> str | None:
    """What of a name stands before its last part: ``scene`` of ``scene_1``; None where it has one part only."""
    match = _PARTS.fullmatch(stem)
    return None if match is None else match[1]


def last_part(stem: str) -> str:
    """What of a name stands after `common_part`: ``1`` of ``scene_1``; all of it where it has one part only."""
    common = common_part(stem)
    return stem if common is None else stem[len(common) :].lstrip(" _-")


def _by_count(files: Sequence[Found], count: int) -> Iterator[FoundSeries]:
    rest = len(files) % count
    if rest:
        over = files[len(files) - rest :]
        raise InputError(
            f"has {len(files)} files, which are not series of {count} each: {_listed(over)} would be left over.",
            path=files[0].path.parent,
            hint="Leave out what is no frame with --exclude, or group in another way (--group-by suffix).",
        )
    return (FoundSeries.of(files[start : start + count]) for start in range(0, len(files), count))


def _by_suffix(files: Sequence[Found]) -> Iterator[FoundSeries]:
    """By what stands before the last part of the names; a file called just so is one of them."""
    stems = {file: file.path.stem for file in files}
    common = {file: part for file, stem in stems.items() if (part := common_part(stem)) is not None}
    known = set(common.values())
    series: dict[str, list[Found]] = {}
    for file, stem in stems.items():
        series.setdefault(stem if stem in known else common.get(file, stem), []).append(file)
    return (FoundSeries.of(frames, stem) for stem, frames in series.items())


def _by_time(folders: Sequence[Sequence[Found]]) -> Iterator[FoundSeries]:
    shots = {file: shot_of(file.path) for folder in folders for file in folder}
    if shots and not any(shots.values()):
        raise InputError(
            f"no file says when it was taken (EXIF), so series cannot be told apart: {_listed(list(shots))}.",
            hint=OTHERWISE,
        )
    for folder in folders:
        cameras: dict[tuple[str, str | None], list[tuple[Shot, Found]]] = {}
        for file in folder:
            shot = shots[file]
            if shot is None:
                words = f"does not say when it was taken (EXIF), so its series is not known. {OTHERWISE}"
                yield FoundSeries.of([file], problem=words)
            else:
                cameras.setdefault((shot.camera, suffix_format(file.path.suffix)), []).append((shot, file))
        for taken in cameras.values():
            taken.sort(key=lambda each: each[0].taken)  # stable: frames of one second keep their natural order
            yield from map(FoundSeries.of, _sequences(taken))


def _sequences(taken: Sequence[tuple[Shot, Found]]) -> Iterator[list[Found]]:
    """Cut the frames of one camera into series."""
    series: list[tuple[Shot, Found]] = []
    for shot, file in taken:
        if series and _begins_another([each for each, _ in series], shot):
            yield [frame for _, frame in series]
            series = []
        series.append((shot, file))
    if series:
        yield [frame for _, frame in series]


def _begins_another(series: Sequence[Shot], shot: Shot) -> bool:
    """Whether a shot is not of the series before it."""
    last = series[-1]
    if shot.taken - last.taken > timedelta(seconds=last.lasted + PAUSE):
        return True
    exposures = [each.exposure for each in series]
    if len(set(exposures)) > 1:
        return shot.exposure in exposures
    return len(series) > 1 and shot.exposure != exposures[0]


def _listed(files: Sequence[Found]) -> str:
    names = ", ".join(file.path.name for file in files[:_NAMED])
    return names if len(files) <= _NAMED else f"{names} and {len(files) - _NAMED} more"
