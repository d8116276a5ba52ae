"""Files that appear whole or not at all, with the times of their source."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from restore.codecs.permissions import ALL, OWNER
from restore.errors import OutputError, RestoreError
from restore.image import Metadata

_TEMPORARY = ".restore-"
_RANDOM = 12


@contextmanager
def atomic_path(
    target: Path,
    *,
    token: str = "",
    permissions: int = ALL,
    before_rename: Callable[[Path], None] | None = None,
) -> Iterator[Path]:
    """Give a temporary path beside `target`; rename it into place on success, remove it on any failure.

    As `atomic_paths`, for one file.

    Args:
        target: The final path; an existing file is replaced in one step.
        token: Eight hexadecimal digits for the temporary file's name, by which `sweep` knows it again.
        permissions: See `atomic_paths`.
        before_rename: Called with the finished temporary file, already flushed to the disk.

    Raises:
        restore.errors.OutputError: The folder cannot be written to, or the disk is full; names `target`.
    """
    told = None if before_rename is None else lambda temporaries: before_rename(temporaries[0])
    with atomic_paths([target], token=token, permissions=permissions, before_rename=told) as (temporary,):
        yield temporary


@contextmanager
def atomic_paths(
    targets: Sequence[Path],
    *,
    token: str = "",
    permissions: int = ALL,
    before_rename: Callable[[Sequence[Path]], None] | None = None,
) -> Iterator[list[Path]]:
    """Give temporary paths beside several files that belong together; on a failure the temporary files are removed.

    On success all are flushed to the disk, then renamed into place one by one. The last one follows when the disk holds
    the others: where it has appeared, all are there, also after a power cut.

    A temporary file exists already (empty), is hidden, has its target's suffix and a short name of its own, so that
    names of 255 bytes stay possible.

    Args:
        targets: The final paths, in the order in which they are to appear; existing files are replaced.
        token: Eight hexadecimal digits for the temporary files' names, by which `sweep` knows them again.
        permissions: Of the permissions that new files have, those that group and others get at most, from the first
            byte on.
        before_rename: Called with the finished temporary files, already flushed to the disk.

    Raises:
        restore.errors.OutputError: A folder cannot be written to, or the disk is full; names the target.
    """
    temporaries = [
        target.with_name(f"{_TEMPORARY}{token}{secrets.token_hex(_RANDOM // 2)}{target.suffix}") for target in targets
    ]
    meant = dict(zip(map(str, temporaries), targets, strict=True))
    waiting: list[Path] = []
    try:
        for temporary in temporaries:
            # Not mkstemp: its files are always private, this one gets the permissions a new file has.
            os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666 & (permissions | OWNER)))
            waiting.append(temporary)
        yield temporaries
        for temporary in temporaries:
            flush(temporary)
        if before_rename is not None:
            before_rename(temporaries)
        _rename(temporaries, targets, waiting)
    except OSError as error:
        raise output_error(error, meant.get(str(error.filename), targets[-1])) from error
    except RestoreError as error:
        error.path = meant.get(str(error.path), error.path)
        raise
    finally:
        for temporary in waiting:
            with suppress(OSError):
                temporary.unlink()


def _rename(temporaries: Sequence[Path], targets: Sequence[Path], waiting: list[Path]) -> None:
    """Bring finished files into place, the last one when the disk holds the others; takes them off `waiting`."""
    for temporary, target in zip(temporaries, targets, strict=True):
        if target is targets[-1]:
            for folder in {other.parent for other in targets[:-1]}:
                flush(folder)
        temporary.replace(target)
        waiting.remove(temporary)
    flush(targets[-1].parent)


def sweep(folders: Iterable[Path], token: str) -> None:
    """Remove the temporary files that a killed process has left behind.

    Args:
        folders: Where to look; those that are gone are passed over.
        token: Whose files; nobody else's are touched.
    """
    ours = re.compile(rf"{re.escape(_TEMPORARY + token)}[0-9a-f]{{{_RANDOM}}}(\..*)?")
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if ours.fullmatch(entry.name):
                    with suppress(OSError):
                        Path(entry.path).unlink()


def output_error(error: OSError, path: Path) -> OutputError:
    """Return the error a user sees when the system refuses to write `path`."""
    hints = {
        errno.ENOSPC: "Free some space or choose another output folder.",
        errno.EDQUOT: "Your quota is used up; free some space or choose another output folder.",
        errno.EACCES: "Choose an output folder you may write to.",
        errno.EPERM: "Choose an output folder you may write to.",
        errno.EROFS: "Choose an output folder on a disk that is not read-only.",
        errno.ENOENT: "Create the output folder first.",
        errno.ENOTDIR: "A part of the output path is a file; choose another output folder.",
        errno.EISDIR: "There is a folder of that name; choose another output.",
        errno.ENAMETOOLONG: "Give the output a shorter name.",
    }
    reason = "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error))
    hint = hints.get(error.errno or 0, "Check the output folder and its disk.")
    return OutputError(f"cannot be written: {reason}.", path=path, hint=hint)


def keep_times(path: Path, metadata: Metadata) -> None:
    """Give a file the access and modification time of its source, where known.

    Args:
        path: The finished (or still temporary) file.
        metadata: Of the picture in it.

    Raises:
        restore.errors.OutputError: The system refuses.
    """
    if metadata.modified_ns is None:
        return
    accessed = metadata.modified_ns if metadata.accessed_ns is None else metadata.accessed_ns
    try:
        os.utime(path, ns=(accessed, metadata.modified_ns))
    except OSError as error:
        raise output_error(error, path) from error


def flush(path: Path) -> None:
    """Flush a file, or where the system knows that the entries of a folder, to the disk."""
    if path.is_dir() and os.name == "nt":
        return
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:  # a file that its owner may only read is flushed all the same
        handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
