"""Whether a file is still the one it was: cheaply by what the file system says, surely by its content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says about a file. Equal stamps: nobody has written to it, replaced or renamed it.

    Attributes:
        size: Bytes.
        modified_ns: Time of the last change of the content, nanoseconds since the epoch; programs can set it.
        changed_ns: Time of the last change of anything, which programs cannot set. Copying a folder or mounting it
            elsewhere changes it too: an unequal stamp means "compare the content", not "changed".
    """

    size: int
    modified_ns: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> Stamp | None:
        """The stamp of a file, links followed; None if there is none or it may not be looked at."""
        try:
            status = path.stat()
        except (OSError, ValueError):  # ValueError: a NUL in the name
            return None
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def content_hash(path: Path) -> str:
    """The sha256 of a file's content, in hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_unchanged(path: Path, stamp: Stamp, sha256: str) -> bool:
    """Whether a file still has the content it had; reads it only where its stamp has changed.

    Args:
        path: The file; may be missing.
        stamp: Its stamp at that time.
        sha256: Its content hash at that time.
    """
    now = Stamp.of(path)
    if now is None or now.size != stamp.size:
        return False
    return now == stamp or holds(path, sha256)


def holds(path: Path, sha256: str | None) -> bool:
    """Whether a file has this content; False where it cannot be read, and for None."""
    try:
        return sha256 is not None and content_hash(path) == sha256
    except OSError:
        return False
