"""How much disk a run will take, and whether it is there: asked before a model loads.

Estimates, for photographs. A result in its source's format is taken to be as large as the source; one in another
format, its samples times the mean size of a sample in that format (`BYTES_PER_SAMPLE`). What a replaced file gives back
and what backups take is counted. Quotas are not seen; the run itself stops in good order where one is met.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from restore.codecs.formats import WRITERS, suffix_format
from restore.codecs.header import Header, peek
from restore.errors import OutputError
from restore.planning import Plan, WorkItem, standing
from restore.result_size import Growth

BYTES_PER_SAMPLE = {
    ("JPEG", 8): 0.14,
    ("PNG", 8): 0.48,
    ("PNG", 16): 1.7,
    ("TIFF", 8): 0.48,
    ("TIFF", 16): 1.7,
    ("TIFF", 32): 2.5,
    ("WEBP", 8): 0.08,
    ("AVIF", 8): 0.11,
    ("AVIF", 16): 0.11,
    ("BMP", 8): 1.0,
    ("PPM", 8): 1.0,
    ("PPM", 16): 2.0,
}
"""Mean over 24 photographs of 512 x 512 pixels, drawn at random from CID22 and the like, as `restore.codecs.writing`
writes them by itself: quality 92, deflate. The largest of them took 0.29 as JPEG, 0.75 as 8-bit PNG."""

LOSSLESS_WEBP = 0.4
"""For sources that were stored without loss, which `restore.codecs.webp` keeps so."""

MASK = 0.02
"""Bytes per pixel of a mask in a format that compresses: 0.016 is the mean of 156 drawn overlays of dirt and scratches,
0.054 the largest, as 8-bit PNG."""

UNKNOWN = 3.0
"""Bytes of a result per byte of a source whose header says nothing."""


@dataclass(frozen=True)
class Room:
    """One file system that a run writes to.

    Attributes:
        folder: The first folder on it that results or backups go to.
        written: Bytes of all files to be written there.
        needed: Bytes that must be free: less than `written` where results replace files, and one more picture, because
            the old file stays until the new one is whole.
        free: Bytes that are free now for this user.
    """

    folder: Path
    written: int
    needed: int
    free: int

    @property
    def fits(self) -> bool:
        """Whether the disk can hold it."""
        return self.needed <= self.free


@dataclass
class _Sum:
    """What is to be written to one file system."""

    folder: Path
    written: int = 0
    freed: int = 0
    largest_replacement: int = 0

    def add(self, size: int, replaced: int) -> None:
        self.written += size
        self.freed += replaced
        self.largest_replacement = max(self.largest_replacement, size if replaced else 0)


def rooms(plan: Plan, growth: Growth | None = None) -> tuple[Room, ...]:
    """What the plan's pending items need, per file system.

    Args:
        plan: Whose.
        growth: Pixels of a result per pixel of its picture; None where results are as large as the pictures.
    """
    sums: dict[int, _Sum] = {}
    devices: dict[Path, int] = {}

    def at(folder: Path) -> _Sum:
        if folder not in devices:
            devices[folder] = standing(folder).stat().st_dev
        return sums.setdefault(devices[folder], _Sum(folder))

    if plan.folder is not None and not plan.is_settled:
        at(plan.folder)  # first, so that it is the one that is named
    for item in plan.items:
        if not item.is_pending:
            continue
        beside = plan.beside(item)
        own = mask_bytes(item) if plan.masks else result_bytes(item, growth)
        written = own + sum(companion_bytes(item, path, growth) for path in beside)
        replaced = _size(item.output) if item.present else 0
        at(item.output.parent).add(written, replaced + sum(map(_size, beside)))
        if item.backup is not None and not item.backup.exists():
            at(item.backup.parent).add(_size(item.output), 0)
    return tuple(
        Room(
            each.folder, each.written, max(each.written - each.freed, 0) + each.largest_replacement, _free(each.folder)
        )
        for each in sums.values()
        if each.written
    )


def check_disk(plan: Plan, growth: Growth | None = None) -> None:
    """Refuse a plan whose results the disk cannot hold.

    Args:
        plan: What is to be run.
        growth: Pixels of a result per pixel of its picture; None where results are as large as the pictures.

    Raises:
        OutputError: Names the folder, what is needed and what is free.
    """
    for room in rooms(plan, growth):
        if not room.fits:
            raise OutputError(
                f"about {_words(room.needed)} will be needed, but only {_words(room.free)} are free on this disk.",
                path=room.folder,
                hint="Free some space, choose a folder on another disk, or restore fewer pictures at a time "
                "(--include, --since).",
            )


def result_bytes(item: WorkItem, growth: Growth | None = None) -> int:
    """The estimated size of an item's result, in bytes."""
    source = item.sources[0]
    size, kind = _size(source), WRITERS.get(item.output.suffix.lower())
    kept = kind is None or suffix_format(source.suffix) == kind
    header = None if kept and growth is None else peek(source)
    grown = 1.0 if growth is None else growth(header)
    if kind is None or kept:
        return int(size * grown)
    return int((size * UNKNOWN if header is None else _converted(header, kind)) * grown)


def mask_bytes(item: WorkItem) -> int:
    """The estimated size of a mask that is an item's result, in bytes."""
    header, kind = peek(item.sources[0]), WRITERS.get(item.output.suffix.lower(), "")
    if header is None:
        return int(_size(item.sources[0]) * UNKNOWN * MASK)
    raw = BYTES_PER_SAMPLE.get((kind, 8), 0.0) >= 1
    return int(header.width * header.height * (1 if raw else MASK))


def companion_bytes(item: WorkItem, path: Path, growth: Growth | None = None) -> int:
    """The estimated size of what lies beside an item's result, in bytes.

    Args:
        item: Whose.
        path: Where it is to lie; its suffix names the format. It is taken for a picture like the result, or for a map
            of one float per pixel where the format can hold one and that takes more.
        growth: Pixels of a result per pixel of its picture; None where results are as large as the pictures.
    """
    like = result_bytes(replace(item, output=path), growth)
    header = peek(item.sources[0])
    a_float = BYTES_PER_SAMPLE.get((WRITERS.get(path.suffix.lower(), ""), 32))
    if header is None or a_float is None:
        return like
    return max(like, int(header.width * header.height * a_float * (1.0 if growth is None else growth(header))))


def _converted(header: Header, kind: str) -> float:
    """The size of a picture in another format."""
    samples = header.width * header.height * (header.channels + header.alpha)
    bits = max((bits for name, bits in BYTES_PER_SAMPLE if name == kind and bits <= header.bits), default=8)
    lossy = header.format in ("JPEG", "HEIF", "AVIF", "WEBP")
    return samples * (LOSSLESS_WEBP if kind == "WEBP" and not lossy else BYTES_PER_SAMPLE[kind, bits])


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _free(folder: Path) -> int:
    return shutil.disk_usage(standing(folder)).free


def _words(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 0.1):.1f} MB"
