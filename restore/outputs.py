"""Puts results on the disk: whole or not at all, never over a picture of the same run, with the source's file times."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from restore.codecs.atomic import atomic_paths, flush, keep_times, output_error
from restore.codecs.formats import holds_xmp, suffix_format, xmp_limit
from restore.codecs.permissions import keep_permissions, permissions_of
from restore.errors import OutputError, RestoreError
from restore.image import Image, Metadata, unchanged
from restore.journal import Journal
from restore.keeping import back_up, copy, set_aside
from restore.made import Made, Put
from restore.planning import EXISTS, Plan, WorkItem, folded, identity
from restore.provenance import Treatment, with_provenance
from restore.stamps import Stamp, content_hash

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

_FULL = (errno.ENOSPC, errno.EDQUOT)


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
        """Write one result and its companions, or copy the source's bytes where the restorer changed nothing.

        Where the result has appeared its companions are there: they are renamed into place before it.

        Raises:
            OutputError: It cannot be written; names the output, never a temporary file.
            InputError: The source has changed meanwhile.
        """
        try:
            with self._turn((made.item.output, *made.beside)):
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
        metadata = made.after.metadata
        verbatim = self._is_verbatim(made, made.before, made.after)
        warnings = metadata.warnings if verbatim else metadata.warnings + metadata.left_out
        treatment = self._treatment if self._treatment is None else self._treatment.of_picture(made.account)
        made.before = None
        places = (*made.beside, item.output)
        self._refuse_twins(places)
        taken = self._taken(item, made.beside)
        if taken is not None:
            return Put(skipped=f"{taken} {EXISTS}")
        # A picture that is to be restored in its own place and needs nothing is not touched. Where an earlier run has
        # restored it, its original comes back from the backup.
        stays = verbatim and item.backup is not None and item.sources[0] == item.output
        replaces = item.backup is not None and not stays
        permissions = permissions_of([item.output] if replaces and item.output.exists() else item.sources)
        self._prepare_folder(item.output.parent)
        if replaces:
            warnings += back_up(item, made.sources, self._token, self._prepare_folder)
        for path in item.set_aside:
            assert self._journal is not None
            warnings += (set_aside(path, self._journal, promised=path in places),)
        targets = made.beside if stays else places
        if not targets:
            self._intend(made, (), (), warnings)
        else:
            with atomic_paths(
                targets,
                token=self._token,
                permissions=permissions,
                before_rename=lambda paths: self._intend(made, targets, paths, warnings),
            ) as paths:
                if verbatim and not stays:
                    copy(item.sources[0], paths[-1], made.sources)
                elif not stays:
                    warnings += self._write(made, paths[-1], treatment)
                warnings += self._write_companions(made, paths, metadata, treatment)
                warnings += keep_permissions(paths[-1], permissions) if replaces else ()
        for path in places:
            if folded(path) in self._twins and (written := identity(path)) is not None:
                self._written.add(written)
        self._finish(item.output, places[:-1])
        return Put(warnings=warnings)

    def _refuse_twins(self, places: Sequence[Path]) -> None:
        """Never write over another result of this run that has the same name on this disk."""
        for path in places if self._written else ():
            if identity(path) in self._written:
                raise OutputError(
                    "is another result of this run: on this disk the two names are the same.",
                    path=path,
                    hint="Restore the two pictures in separate runs with different outputs.",
                )

    def _taken(self, item: WorkItem, beside: Sequence[Path]) -> Path | None:
        """A place that is not free and whose file may not be replaced."""
        if self._overwrite or item.replace:
            return None
        places = beside if item.backup is not None else (item.output, *beside)
        return next((path for path in places if os.path.lexists(path)), None)

    def _is_verbatim(self, made: Made, before: Image, after: Image) -> bool:
        """Whether the source's own bytes are the result: same picture, same format, nothing else asked for.

        A lossy file that nothing was done to must not be encoded again. A picture that was turned upright is written
        anew, because its result is promised upright; not where the restorer says that it left the file untouched.
        """
        item = made.item
        if len(item.sources) > 1 or self._quality is not None:
            return False
        if made.untouched:
            return item.output.suffix.lower() == item.sources[0].suffix.lower()
        return (
            before.metadata.orientation == 1
            and before.metadata == replace(after.metadata, warnings=before.metadata.warnings)
            and suffix_format(item.output.suffix) == before.metadata.source_format
            and unchanged(before, after)
        )

    def _turn(self, places: Sequence[Path]) -> AbstractContextManager[object]:
        """One at a time for names that some disks confuse; no waiting for all others."""
        return self._twin_lock if any(folded(path) in self._twins for path in places) else nullcontext()

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

    def _write(self, made: Made, path: Path, treatment: Treatment | None) -> tuple[str, ...]:
        """Write the restored picture; returns what could not be kept."""
        image, made.after = made.after, None
        assert image is not None
        return self._write_image(image, path, image.metadata, treatment)

    def _write_image(self, image: Image, path: Path, times: Metadata, treatment: Treatment | None) -> tuple[str, ...]:
        """Write a picture with what was done to it and somebody's file times; returns what could not be kept."""
        already = image.metadata.warnings
        if treatment is not None and holds_xmp(path.suffix):
            image = with_provenance(image, treatment, xmp_limit(path.suffix))
        lost = self._manager.write_image(image, path, self._quality)
        keep_times(path, times)
        return image.metadata.warnings[len(already) :] + lost

    def _write_companions(
        self, made: Made, paths: Sequence[Path], of_result: Metadata, treatment: Treatment | None
    ) -> tuple[str, ...]:
        """Write what lies beside the result, with the metadata it holds itself and the result's file times."""
        warnings: tuple[str, ...] = ()
        for path in paths:
            if not made.companions:
                break
            place, image = made.companions.pop(0)
            times = image.metadata if image.metadata.modified_ns is not None else of_result
            warnings += tuple(
                f"{place.name}: {sentence}" for sentence in self._write_image(image, path, times, treatment)
            )
            del image
        return warnings

    def _intend(self, made: Made, targets: Sequence[Path], paths: Sequence[Path], warnings: tuple[str, ...]) -> None:
        """Tell the journal what is about to be renamed into place."""
        if self._journal is None:
            return
        whole = {target: (Stamp.of(path), content_hash(path)) for target, path in zip(targets, paths, strict=True)}
        output = made.item.output
        stamp, sha256 = whole.pop(output) if output in whole else (Stamp.of(output), content_hash(output))
        if stamp is None:
            return
        self._journal.intend(
            output,
            made.sources,
            stamp,
            sha256,
            seconds=made.seconds,
            megapixels=made.megapixels,
            warnings=warnings,
            companions=[(place, its, digest) for place, (its, digest) in whole.items() if its is not None],
            account=made.account,
        )

    def _finish(self, output: Path, beside: Sequence[Path]) -> None:
        stamp = Stamp.of(output)
        if self._journal is not None and stamp is not None:
            stamps = [(path, its) for path in beside if (its := Stamp.of(path)) is not None]
            self._journal.finish(output, stamp, stamps)


def twins(plan: Plan) -> frozenset[str]:
    """Spellings, as `restore.planning.folded`, that several files of a plan share: some disks tell them not apart."""
    spellings = Counter(folded(path) for item in plan.items for path in (item.output, *plan.beside(item)))
    return frozenset(spelling for spelling, count in spellings.items() if count > 1)


def _caused_by_full_disk(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            return True
        error = error.__cause__
    return False
