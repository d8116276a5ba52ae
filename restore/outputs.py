"""Puts results on the disk: whole or not at all, never over a picture of the same run, with the source's file times."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from restore.codecs.atomic import atomic_path, keep_times, output_error
from restore.codecs.formats import suffix_format
from restore.errors import OutputError, RestoreError
from restore.image import Image, Pixels
from restore.planning import EXISTS, Plan, WorkItem, folded, identity

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

_FULL = (errno.ENOSPC, errno.EDQUOT)
_ROWS = 256


@dataclass(frozen=True)
class Put:
    """What came of one result.

    Attributes:
        skipped: Why there was nothing to do after all, or None when written.
        lost: What the format could not keep, one sentence each.
    """

    skipped: str | None = None
    lost: tuple[str, ...] = ()


class Outputs:
    """The outputs of one run. `put` is called from several threads at once.

    Args:
        plan: All outputs, to know which names a disk could confuse.
        manager: Writes the pictures.
        overwrite: Replace results that have appeared since the plan was made.
        quality: 1 to 100 for lossy formats, or None to follow the source.
    """

    def __init__(self, plan: Plan, manager: PluginManager, *, overwrite: bool, quality: int | None) -> None:
        self._manager = manager
        self._overwrite = overwrite
        self._quality = quality
        spellings = Counter(folded(item.output) for item in plan.items)
        self._twins = {spelling for spelling, count in spellings.items() if count > 1}
        self._twin_lock = threading.Lock()
        self._written: set[tuple[int, int]] = set()
        self._made: set[Path] = set()
        self.disk_full = False
        """Set once the disk has no room: later results would fail alike."""

    def put(self, item: WorkItem, before: list[Image], after: list[Image]) -> Put:
        """Write one result, or copy the source's bytes where the restorer changed nothing.

        Args:
            item: Whose result it is.
            before: The picture as read, alone in a list that is emptied as soon as the picture is not needed.
            after: The restored picture, in the same way.

        Returns:
            What came of it.

        Raises:
            OutputError: It cannot be written; names the output, never a temporary file.
        """
        lost: tuple[str, ...] = ()
        verbatim = self._is_verbatim(item, before.pop(), after[0])
        try:
            with self._turn(item.output):
                if identity(item.output) in self._written:
                    raise OutputError(
                        "is another result of this run: on this disk the two names are the same.",
                        path=item.output,
                        hint="Restore the two pictures in separate runs with different outputs.",
                    )
                if not self._overwrite and os.path.lexists(item.output):
                    return Put(skipped=f"{item.output} {EXISTS}")
                self._make_folder(item.output.parent)
                if verbatim:
                    _copy(item.sources[0], item.output)
                else:
                    lost = self._write(after.pop(), item.output)
                self._remember(item.output)
        except OSError as error:
            self.disk_full |= error.errno in _FULL
            raise output_error(error, item.output) from error
        except RestoreError as error:
            self.disk_full |= _caused_by_full_disk(error)
            raise
        return Put(lost=lost)

    def remove_empty_folders(self) -> None:
        """Remove folders that were made for results that never came."""
        for folder in sorted(self._made, key=lambda path: len(path.parts), reverse=True):
            try:
                folder.rmdir()
            except OSError:  # not empty: it holds results
                continue

    def _is_verbatim(self, item: WorkItem, before: Image, after: Image) -> bool:
        """Whether the source's own bytes are the result: same picture, same format, nothing else asked for.

        A lossy file that nothing was done to must not be encoded again. A picture that was turned upright is written
        anew, because its result is promised upright.
        """
        return (
            len(item.sources) == 1
            and self._quality is None
            and before.metadata.orientation == 1
            and before.metadata == after.metadata
            and suffix_format(item.output.suffix) == before.metadata.source_format
            and unchanged(before, after)
        )

    def _turn(self, output: Path) -> AbstractContextManager[object]:
        """One at a time for names that some disks confuse; no waiting for all others."""
        return self._twin_lock if folded(output) in self._twins else nullcontext()

    def _make_folder(self, folder: Path) -> None:
        place = folder
        while not place.exists() and place != place.parent:
            self._made.add(place)
            place = place.parent
        folder.mkdir(parents=True, exist_ok=True)

    def _write(self, image: Image, output: Path) -> tuple[str, ...]:
        with atomic_path(output) as temporary:
            lost = self._manager.write_image(image, temporary, self._quality)
            keep_times(temporary, image.metadata)
        return lost

    def _remember(self, output: Path) -> None:
        if (written := identity(output)) is not None:
            self._written.add(written)


def unchanged(before: Image, after: Image) -> bool:
    """Whether two pictures have the same pixels and alpha; compared in strips, up to the first difference."""
    return _same(before.pixels, after.pixels) and _same(before.alpha, after.alpha)


def _same(a: Pixels | None, b: Pixels | None) -> bool:
    """Equality without an array of the picture's size in between."""
    if a is None or b is None or a is b:
        return a is b
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return all(np.array_equal(a[row : row + _ROWS], b[row : row + _ROWS]) for row in range(0, a.shape[0], _ROWS))


def _copy(source: Path, output: Path) -> None:
    """Copy the bytes and the times of a file."""
    with atomic_path(output) as temporary:
        shutil.copyfile(source, temporary)
        status = source.stat()
        os.utime(temporary, ns=(status.st_atime_ns, status.st_mtime_ns))


def _caused_by_full_disk(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False
