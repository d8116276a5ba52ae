"""Who may read a file: whatever is made of a picture is shown to nobody who could not see the picture itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

ALL, OWNER = 0o777, 0o700
_SEEN_OR_CHANGED = 0o066
"""Bits by which others read or write a file."""


def permissions_of(files: Iterable[Path]) -> int:
    """The permission bits that all of some files have; the owner's alone where one of them is gone.

    Args:
        files: What a new file is made of.

    Returns:
        Nine bits, as ``chmod`` takes them.
    """
    bits = ALL
    for file in files:
        try:
            bits &= file.stat().st_mode
        except OSError:
            return OWNER
    return bits


def keep_permissions(path: Path, bits: int) -> tuple[str, ...]:
    """Give a file the permissions of what it takes the place of, or is a copy of; its owner may always read it.

    On Windows nothing is done: a file there has the rights of its folder, and a read-only one could not be replaced.

    Args:
        path: The finished, still temporary file.
        bits: Nine bits, as ``chmod`` takes them.

    Returns:
        One sentence where the disk refuses and others may see or change more than they should.
    """
    if os.name == "nt":
        return ()
    wanted, now = bits & ALL | stat.S_IRUSR, 0
    try:
        now = path.stat().st_mode & ALL
        if now != wanted:
            path.chmod(wanted)
    except OSError as error:
        if now & ~wanted & _SEEN_OR_CHANGED:
            return (f"its permissions ({wanted:04o}) could not be kept: {error.strerror or error}",)
    return ()
