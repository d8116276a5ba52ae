"""From the files of a series to its observation: read one by one, checked, of one depth, aligned, deghosted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from restore.codecs.depth import to_float32, to_uint16
from restore.codecs.header import Header
from restore.errors import InputError
from restore.image import Image, Observation, SeriesKind
from restore.series.alignment import align, reference_of
from restore.series.deghosting import deghost
from restore.series.kind import kind_of
from restore.series.request import Series

WORKING = 96 << 20
"""Bytes that small copies, features and patches take while a series is read, whatever its size."""

_log = logging.getLogger("restore")


def read_series(paths: Sequence[Path], read: Callable[[Path], Image], series: Series) -> Observation:
    """Read a series. Beside its frames at most one more is held at a time.

    Args:
        paths: Its files.
        read: Reads one of them.
        series: What is to be done with them.

    Returns:
        Frames of one size and depth, the reference first (its metadata says what could not be done), with their kind
        and names. Grey frames stay grey beside coloured ones.

    Raises:
        InputError: One frame only, frames of different sizes, frames that show nothing in common, or NaN or infinite
            values; names the files.
    """
    if len(paths) < 2:
        raise InputError("is one frame only; at least two are fused.", path=paths[0], hint="Name the other frames.")
    frames: list[Image] = []
    for path in paths:
        frame = read(path)
        _check_finite(frame, path)
        if frames:
            _check_size(frames[0], frame, paths[0], path)
        frames.append(frame)
    _make_equally_deep(frames)
    kind = series.kind or kind_of(frames)
    first = reference_of(frames, kind)
    order = [first, *(index for index in range(len(frames)) if index != first)]
    frames[:] = [frames[index] for index in order]
    files = [paths[index] for index in order]
    _log.info("%s: a series of %s, %d frames; the reference is %s", paths[0], kind.value, len(frames), files[0].name)
    warnings = align(frames, files, kind) if series.align else ()
    if series.deghost and kind is SeriesKind.EXPOSURE:
        _deghost(frames, files)
    frames[0] = frames[0].with_warnings(*warnings)
    return Observation(tuple(frames), kind=kind, names=_names(files))


def series_bytes(headers: Sequence[Header], copies: float) -> int:
    """What the frames of a series take in memory while they are in flight, beside what companions and models take.

    All frames in the depth of the deepest; one more, with what its codec holds, while they are read and when
    the result is written; and what it takes to lay them over each other.

    Args:
        headers: Of its files.
        copies: Bytes in flight per byte of a single picture that is restored, see `restore.memory.COPIES`.
    """
    deepest = max(header.bits for header in headers)
    frames = [header.bytes * deepest // header.bits for header in headers]
    return sum(frames) + int(max(frames) * (copies - 1)) + WORKING


def _check_finite(frame: Image, path: Path) -> None:
    """Refuse what no frame could be compared with; the extremes tell without a copy, since NaN is both of them."""
    pixels = frame.pixels
    if pixels.dtype == np.float32 and not (np.isfinite(pixels.min()) and np.isfinite(pixels.max())):
        raise InputError("holds NaN or infinite pixels.", path=path, hint="Replace them first.")


def _check_size(one: Image, other: Image, first: Path, path: Path) -> None:
    if (one.height, one.width) == (other.height, other.width):
        return
    turned = (one.height, one.width) == (other.width, other.height)
    advice = "One of them lies on its side: turn it upright. " if turned else ""
    raise InputError(
        f"has {other.width} x {other.height} pixels, but {first} has {one.width} x {one.height}; frames of one series "
        "have one size.",
        path=path,
        hint=f"{advice}If they are of different series, group them in another way (--group-by), or name the frames of "
        "one series only.",
    )


def _make_equally_deep(frames: list[Image]) -> None:
    """Bring all frames to the depth of the deepest, one by one."""
    deepest = max((frame.pixels.dtype for frame in frames), key=lambda dtype: dtype.itemsize)
    for index, frame in enumerate(frames):
        if frame.pixels.dtype != deepest:
            deeper = to_uint16 if deepest == np.uint16 else to_float32
            alpha = None if frame.alpha is None else deeper(frame.alpha)
            frames[index] = replace(frame, pixels=deeper(frame.pixels), alpha=alpha)


def _deghost(frames: list[Image], files: Sequence[Path]) -> None:
    for index in range(1, len(frames)):
        frames[index], share = deghost(frames[0], frames[index])
        if share:
            _log.info("%s: %.1f %% of it moved, and is taken from %s", files[index], 100 * share, files[0].name)


def _names(files: Sequence[Path]) -> tuple[str, ...]:
    """What frames are called: their files without the ending, unless that is not enough to tell them apart."""
    stems = Counter(file.stem for file in files)
    return tuple(file.stem if stems[file.stem] == 1 else file.name for file in files)
