"""Walking folders for pictures, with three promises.

Hidden files and folders are left alone; a link never leads round in circles, nor to the same folder twice; what cannot
be looked into is reported instead of being silently left out.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from restore.codecs.formats import READABLE_SUFFIXES

_DIGITS = re.compile(r"(\d+)")
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
        for folder, problem, entries in self._listings(root):
            if problem is not None:
                yield folder, problem
            for entry in entries:
                if Path(entry.name).suffix.lower() not in READABLE_SUFFIXES:
                    continue
                kind = _kind(entry)
                if kind == "file":
                    yield folder / entry.name, None
                elif kind in ("nothing", "denied"):
                    yield folder / entry.name, _NOWHERE if entry.is_symlink() else _LOCKED

    def folders(self, root: Path) -> Iterator[tuple[Path, str | None]]:
        """Yield `root` and every visible folder below it, with the reason where it cannot be listed."""
        for folder, problem, _ in self._listings(root):
            yield folder, problem

    def _listings(self, root: Path) -> Iterator[tuple[Path, str | None, list[os.DirEntry[str]]]]:
        """Yield each folder with what is visible in it; listed once, since a walk may meet 50,000 files."""
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
                entries = _entries(folder)
            except OSError as error:
                yield folder, f"this folder cannot be listed: {error.strerror}. Check its rights.", []
                continue
            yield folder, None, entries
            for entry in entries:
                if _kind(entry) != "folder":
                    continue
                path = folder / entry.name
                if not entry.is_symlink():
                    pending.append(path)
                elif not Path(real).is_relative_to(os.path.realpath(path)):  # otherwise it leads back up: a loop
                    links.append(path)


def _kind(entry: os.DirEntry[str]) -> Kind:
    """As `kind_of`, and for files and folders themselves without asking the system again."""
    if entry.is_file(follow_symlinks=False):
        return "file"
    return "folder" if entry.is_dir(follow_symlinks=False) else kind_of(Path(entry.path))


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


def natural_key(path: Path | str) -> str:
    """A sorting key that puts ``scan9`` before ``scan10`` and pays no heed to case, folder by folder."""
    # Text, since tuples of tuples take four times the memory, in very many pieces. Not by `Path.parts`: they are
    # interned, and the table of interned strings never shrinks again.
    return "\0".join(map(_name_key, str(path).split(os.sep)))  # noqa: PTH206


def naturally_sorted(paths: Iterable[str]) -> list[str]:
    """Sort very many paths by `natural_key`, making the keys of their folders once."""
    folders: dict[str, str] = {}  # and not a cache that outlives the call: what it held would keep memory from others

    def key(path: str) -> str:
        folder, separator, name = path.rpartition(os.sep)
        if not separator:
            return _name_key(name)
        if folder not in folders:
            folders[folder] = natural_key(folder)
        return f"{folders[folder]}\0{_name_key(name)}"

    return sorted(paths, key=key)


def _name_key(name: str) -> str:
    """The key of one name; NUL, which no name holds, ends what a longer text goes on with, and so comes before it."""
    pieces = _DIGITS.split(name.casefold())  # text at even, digits at odd places, so the kinds always meet
    for place in range(1, len(pieces), 2):
        number = str(int(pieces[place]))
        pieces[place] = f"\0{chr(len(number))}{number}"  # of two numbers the longer one is the larger one
    return f"{''.join(pieces)}\0\0{name}"


def visible(folder: Path) -> list[Path]:
    """The names in a folder that do not start with a dot, in natural order."""
    return [folder / entry.name for entry in _entries(folder)]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return sorted((e for e in entries if not e.name.startswith(".")), key=lambda entry: _name_key(entry.name))
