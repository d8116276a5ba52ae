"""What stands in a result's place is kept: an original in the backup, what somebody has changed on a shelf."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from restore.codecs.atomic import atomic_path, flush
from restore.codecs.permissions import keep_permissions, permissions_of
from restore.errors import InputError, OutputError
from restore.journal import FOLDER, Journal
from restore.journal_rows import Source
from restore.stamps import content_hash
from restore.work_items import WorkItem

REPLACED = "replaced"
"""In the journal's folder: where files are kept that stood in the place of a result or a companion but were not ours,
and companions whose result has them no longer."""


def back_up(
    item: WorkItem, sources: tuple[Source, ...], token: str, prepare: Callable[[Path], None]
) -> tuple[str, ...]:
    """Keep the original before it is replaced; the copy is on the disk when this returns.

    Args:
        item: Whose; it has a backup.
        sources: The inputs as they were when they were read.
        token: See `restore.codecs.atomic.atomic_path`.
        prepare: Makes a folder.

    Returns:
        What could not be kept of it, in sentences.

    Raises:
        OutputError: Another file stands in the backup's place.
        InputError: The original has changed meanwhile.
    """
    assert item.backup is not None
    if item.sources[0] == item.backup:
        return ()
    if os.path.lexists(item.backup):
        if content_hash(item.backup) != content_hash(item.sources[0]):
            raise OutputError(
                "is another file of that name already.", path=item.backup, hint="Choose another --backup folder."
            )
        return ()
    prepare(item.backup.parent)
    permissions = permissions_of(item.sources)
    with atomic_path(item.backup, token=token, permissions=permissions) as path:
        copy(item.sources[0], path, sources)
        lost = keep_permissions(path, permissions)
    return tuple(f"{item.backup}: {sentence}" for sentence in lost)


def set_aside(path: Path, journal: Journal, *, promised: bool) -> str:
    """Move a file to the shelf in the journal's folder.

    Args:
        path: What somebody has put in the place of a result or of a companion, has made of it, or what a result had
            beside it until now.
        journal: Of the folder.
        promised: Whether something else takes its place.

    Returns:
        One sentence for the user.
    """
    shelf = journal.folder / FOLDER / REPLACED
    shelf.mkdir(parents=True, exist_ok=True)
    name, number = shelf / journal.key(path).replace("/", "-"), 1
    while os.path.lexists(place := name.with_stem(f"{name.stem}-{number}")):
        number += 1
    path.rename(place)
    flush(shelf)
    if promised:
        return f"what was there was not made by restore, or was changed since, and was kept as {place}."
    return f"{path.name} belonged to the result before this one, and was kept as {place}."


def copy(source: Path, path: Path, sources: tuple[Source, ...]) -> None:
    """Copy the bytes and the times of a file; where a journal knows what it held, it must still hold that.

    Raises:
        InputError: It holds something else.
    """
    shutil.copyfile(source, path)
    if sources and content_hash(path) != sources[0].sha256:
        raise InputError("was changed while it was restored.", path=source, hint="Run again when nothing writes to it.")
    status = source.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
