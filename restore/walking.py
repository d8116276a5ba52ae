"""Walking folders for pictures, with three promises.

Hidden files and folders are left alone; a link never leads round in circles, nor to the same folder twice; what cannot
be looked into is reported instead of being silently left out.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from restore.codecs.formats import READABLE_SUFFIXES

_NOWHERE = "is a link that leads nowhere. Mend or remove it."
_LOCKED = "may not be looked at: permission denied. Check its rights and its folder's."

Kind = Literal["file", "folder", "other", "denied", "nothing"]


@dataclass
class Walk:
    """A walk over folders: real folders first, links to folders afterwards, none of them twice.

    Real folders go first so that a file reachable both ways is found, and named, at its real place.
    """

    leave_out: str | None
    met_left_out: bool = False

    def files(self, root: Path) -> Iterator[tuple[Path, str | None]]:
        """Yield every readable picture below `root` with its problem; sub-folders that cannot be listed too."""
        for folder, problem in self.folders(root):
            if problem is not None:
                yield folder, problem
                continue
            for path in visible(folder):
                if path.suffix.lower() not in READABLE_SUFFIXES:
                    continue
                kind = kind_of(path)
                if kind == "file":
                    yield path, None
                elif kind in ("nothing", "denied"):
                    yield path, _NOWHERE if path.is_symlink() else _LOCKED

    def folders(self, root: Path) -> Iterator[tuple[Path, str | None]]:
        """Yield `root` and every visible folder below it, with the reason where it cannot be listed."""
        pending, links, seen = [root], list[Path](), set[str]()
        while pending or links:
            folder = pending.pop() if pending else links.pop(0)
            real = os.path.realpath(folder)
            if real == self.leave_out:
                self.met_left_out = True
                continue
            if real in seen:
                continue
            seen.add(real)
            try:
                children = visible(folder)
            except OSError as error:
                yield folder, f"this folder cannot be listed: {error.strerror}. Check its rights."
                continue
            yield folder, None
            for path in children:
                if kind_of(path) != "folder":
                    continue
                if not path.is_symlink():
                    pending.append(path)
                elif not Path(real).is_relative_to(os.path.realpath(path)):  # otherwise it leads back up: a loop
                    links.append(path)


def kind_of(path: Path) -> Kind:
    """What a path leads to, links followed; never raises."""
    try:
        mode = path.stat().st_mode
    except PermissionError:
        return "denied"
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return "nothing"
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else "other"


def natural_key(path: Path) -> tuple[tuple[tuple[str | int, ...], str], ...]:
    """A sorting key that puts ``scan9`` before ``scan10`` and pays no heed to case, folder by folder."""
    key = []
    for part in path.parts:
        pieces = re.split(r"(\d+)", part.casefold())  # text at even, digits at odd places, so the types always meet
        key.append((tuple(int(p) if i % 2 else p for i, p in enumerate(pieces)), part))
    return tuple(key)


def visible(folder: Path) -> list[Path]:
    """The names in a folder that do not start with a dot, in natural order."""
    with os.scandir(folder) as entries:
        return sorted((folder / e.name for e in entries if not e.name.startswith(".")), key=natural_key)
