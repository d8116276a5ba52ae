"""Puts results on the disk: whole or not at all, never over a picture of the same run, with the source's file times."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from collections import Counter
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from restore.codecs.atomic import atomic_path, flush, keep_times, output_error
from restore.codecs.formats import holds_xmp, suffix_format, xmp_limit
from restore.errors import InputError, OutputError, RestoreError
from restore.image import Image, unchanged
from restore.journal import FOLDER, Journal
from restore.journal_rows import Source
from restore.planning import EXISTS, Plan, WorkItem, folded, identity
from restore.provenance import Treatment, with_provenance
from restore.stamps import Stamp, content_hash

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

REPLACED = "replaced"
"""In the journal's folder: where files are kept that stood in the place of a result but were not ours."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass
class Made:
    """A restored picture on its way to the disk; emptied by `Outputs.put` as soon as the pixels are not needed.

    Attributes:
        item: Whose result it is.
        before: The picture as read.
        after: The restored picture.
        sources: The inputs as they were when they were read.
        seconds: Spent so far.
        megapixels: Of the input.
    """

    item: WorkItem
    before: Image | None
    after: Image | None
    sources: tuple[Source, ...] = ()
    seconds: float = 0.0
    megapixels: float = 0.0


@dataclass(frozen=True)
class Put:
    """What came of one result.

    Attributes:
        skipped: Why there was nothing to do after all, or None when written.
        warnings: What was not kept when the picture was read or written, one sentence each.
    """

    skipped: str | None = None
    warnings: tuple[str, ...] = ()


class Outputs:
    """The outputs of one run. `put` is called from several threads at once.

    Args:
        twins: Names of the run that some disks confuse, see `twins`.
        manager: Writes the pictures.
        overwrite: Replace results that have appeared since the plan was made.
        quality: 1 to 100 for lossy formats, or None to follow the source.
        treatment: What is done to the pictures, for their XMP; None to say nothing there.
        journal: Told of every result before it appears; None for a run that keeps no journal.
    """

    def __init__(
        self,
        twins: Collection[str],
        manager: PluginManager,
        *,
        overwrite: bool,
        quality: int | None,
        treatment: Treatment | None = None,
        journal: Journal | None = None,
    ) -> None:
        self._manager = manager
        self._overwrite = overwrite
        self._quality = quality
        self._treatment = treatment
        self._journal = journal
        self._token = "" if journal is None else journal.token
        self._twins = twins
        self._twin_lock = threading.Lock()
        self._written: set[tuple[int, int]] = set()
        self._made: set[Path] = set()
        self._known: set[Path] = set()
        self.disk_full = False
        """Set once the disk has no room: later results would fail alike."""

    def put(self, made: Made) -> Put:
        """Write one result, or copy the source's bytes where the restorer changed nothing.

        Raises:
            OutputError: It cannot be written; names the output, never a temporary file.
            InputError: The source has changed meanwhile.
        """
        try:
            with self._turn(made.item.output):
                return self._put(made)
        except OSError as error:
            self.disk_full |= error.errno in _FULL
            raise output_error(error, made.item.output) from error
        except RestoreError as error:
            self.disk_full |= _caused_by_full_disk(error)
            raise

    def remove_empty_folders(self) -> None:
        """Remove folders that were made for results that never came."""
        for folder in sorted(self._made, key=lambda path: len(path.parts), reverse=True):
            try:
                folder.rmdir()
            except OSError:  # not empty: it holds results
                continue
            self._known.discard(folder)

    def _put(self, made: Made) -> Put:
        item = made.item
        assert made.before is not None and made.after is not None
        warnings = made.after.metadata.warnings
        verbatim = self._is_verbatim(item, made.before, made.after)
        made.before = None
        if self._written and identity(item.output) in self._written:
            raise OutputError(
                "is another result of this run: on this disk the two names are the same.",
                path=item.output,
                hint="Restore the two pictures in separate runs with different outputs.",
            )
        if not self._may_write(item):
            return Put(skipped=f"{item.output} {EXISTS}")
        if verbatim and item.backup is not None:
            self._leave_in_place(made, warnings)
            return Put(warnings=warnings)
        self._prepare_folder(item.output.parent)
        if item.backup is not None:
            self._back_up(item, made.sources)
        if item.set_aside:
            warnings += self._set_aside(item.output)
        with atomic_path(
            item.output, token=self._token, before_rename=lambda path: self._intend(made, path, warnings)
        ) as path:
            if verbatim:
                _copy(item.sources[0], path, made.sources)
            else:
                warnings += self._write(made, path)
        if folded(item.output) in self._twins and (written := identity(item.output)) is not None:
            self._written.add(written)
        self._finish(item.output)
        return Put(warnings=warnings)

    def _may_write(self, item: WorkItem) -> bool:
        """Whether the place is free, or what is there may be replaced."""
        return self._overwrite or item.replace or item.backup is not None or not os.path.lexists(item.output)

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

    def _prepare_folder(self, folder: Path) -> None:
        """Make a folder, and note it before a temporary file is made in it."""
        if folder in self._known:
            return
        place, made = folder, []
        while not place.exists() and place != place.parent:
            made.append(place)
            place = place.parent
        folder.mkdir(parents=True, exist_ok=True)
        self._made.update(made)
        for each in made:
            flush(each.parent)
        if self._journal is not None:
            self._journal.uses(folder)
        self._known.add(folder)

    def _write(self, made: Made, path: Path) -> tuple[str, ...]:
        """Write the restored picture; returns what could not be kept."""
        image, made.after = made.after, None
        assert image is not None
        already = image.metadata.warnings
        if self._treatment is not None and holds_xmp(path.suffix):
            image = with_provenance(image, self._treatment, xmp_limit(path.suffix))
        lost = self._manager.write_image(image, path, self._quality)
        keep_times(path, image.metadata)
        return image.metadata.warnings[len(already) :] + lost

    def _intend(self, made: Made, path: Path, warnings: tuple[str, ...]) -> None:
        """Tell the journal what is about to be renamed into place."""
        stamp = Stamp.of(path)
        if self._journal is not None and stamp is not None:
            self._journal.intend(
                made.item.output,
                made.sources,
                stamp,
                content_hash(path),
                seconds=made.seconds,
                megapixels=made.megapixels,
                warnings=warnings,
            )

    def _finish(self, output: Path) -> None:
        stamp = Stamp.of(output)
        if self._journal is not None and stamp is not None:
            self._journal.finish(output, stamp)

    def _leave_in_place(self, made: Made, warnings: tuple[str, ...]) -> None:
        """A picture that is to be restored in its own place and needs nothing is not touched."""
        self._intend(made, made.item.output, warnings)
        self._finish(made.item.output)

    def _back_up(self, item: WorkItem, sources: tuple[Source, ...]) -> None:
        """Keep the original before it is replaced; the copy is on the disk when this returns."""
        assert item.backup is not None
        if item.sources[0] == item.backup:
            return
        if os.path.lexists(item.backup):
            if content_hash(item.backup) != content_hash(item.sources[0]):
                raise OutputError(
                    "is another file of that name already.", path=item.backup, hint="Choose another --backup folder."
                )
            return
        self._prepare_folder(item.backup.parent)
        with atomic_path(item.backup, token=self._token) as path:
            _copy(item.sources[0], path, sources)

    def _set_aside(self, output: Path) -> tuple[str, ...]:
        """Keep a file that somebody has put in the place of a result, or has made of it."""
        assert self._journal is not None
        shelf = self._journal.folder / FOLDER / REPLACED
        shelf.mkdir(parents=True, exist_ok=True)
        name, number = shelf / self._journal.key(output).replace("/", "-"), 1
        while os.path.lexists(place := name.with_stem(f"{name.stem}-{number}")):
            number += 1
        output.rename(place)
        flush(shelf)
        return (f"what was there had been changed after it was made, and was kept as {place}.",)


def twins(plan: Plan) -> frozenset[str]:
    """Spellings, as `restore.planning.folded`, that several results of a plan share: some disks tell them not apart."""
    spellings = Counter(folded(item.output) for item in plan.items)
    return frozenset(spelling for spelling, count in spellings.items() if count > 1)


def _copy(source: Path, path: Path, sources: tuple[Source, ...]) -> None:
    """Copy the bytes and the times of a file; where a journal knows what it held, it must still hold that."""
    shutil.copyfile(source, path)
    if sources and content_hash(path) != sources[0].sha256:
        raise InputError("was changed while it was restored.", path=source, hint="Run again when nothing writes to it.")
    status = source.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _caused_by_full_disk(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__
    return False
