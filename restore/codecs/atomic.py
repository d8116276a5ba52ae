"""Files that appear whole or not at all, with the times of their source."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from restore.errors import OutputError, RestoreError
from restore.image import Metadata

_TEMPORARY = ".restore-"
_RANDOM = 12


@contextmanager
def atomic_path(
    target: Path, *, token: str = "", before_rename: Callable[[Path], None] | None = None
) -> Iterator[Path]:
    """Give a temporary path beside `target`; rename it into place on success, remove it on any failure.

    The temporary file exists already (empty), is hidden, has the target's suffix and a short name of its own, so that
    names of 255 bytes stay possible. File and folder are flushed to the disk before this returns.

    Args:
        target: The final path; an existing file is replaced in one step.
        token: Eight hexadecimal digits for the temporary file's name, by which `sweep` knows it again.
        before_rename: Called with the finished temporary file, already flushed to the disk.

    Raises:
        restore.errors.OutputError: The folder cannot be written to, or the disk is full; names `target`.
    """
    temporary = target.with_name(f"{_TEMPORARY}{token}{secrets.token_hex(_RANDOM // 2)}{target.suffix}")
    created = False
    try:
        # Not mkstemp: its files are private, this one gets the permissions a new file has.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        created = True
        yield temporary
        flush(temporary)
        if before_rename is not None:
            before_rename(temporary)
        temporary.replace(target)
        created = False
        flush(target.parent)
    except OSError as error:
        raise output_error(error, target) from error
    except RestoreError as error:
        if error.path == temporary:
            error.path = target
        raise
    finally:
        if created:
            with suppress(OSError):
                temporary.unlink()


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
    flags = os.O_RDONLY if path.is_dir() else os.O_RDWR
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
