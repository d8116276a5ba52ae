"""Where originals lie that a run has replaced: the backup of ``--in-place``, found by what the journal knows."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path

from restore.finding import absolute
from restore.journal_rows import Source
from restore.stamps import Stamp, holds


class Originals:
    """Finds the kept original of a result that took its input's place.

    The journal does not say which backup folder was given, but it knows every folder that files were written to, and
    the content that the original had.

    Args:
        folders: All folders that a journal's runs have written to.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        for folder in folders:
            self._by_name[folder.name].append(folder)
        self._all = list(folders)

    def kept(self, source: Source, result: Path, *, surely: bool = False) -> Path | None:
        """The file that holds what an input held.

        Args:
            source: The input, which the result has replaced.
            result: Where both lie.
            surely: Read what is found, to work with it: to look at, a file of equal size and time will do.

        Returns:
            The kept original, or None where there is none of its name and content.
        """
        # A backup mirrors the tree of the inputs: nearly always its folder is called as the result's own.
        likely = self._by_name.get(result.parent.name, [])
        for folder in (*likely, *(each for each in self._all if each.name != result.parent.name)):
            place = folder / result.name
            if place != result and _is_kept(place, source, surely=surely):
                return place.resolve()
        return None


def took_its_place(source: Source, result: str, folders: Collection[str]) -> bool:
    """Whether a result took its original's place, for all that its row in the journal says.

    Args:
        source: What it was made of: where it lies itself, or, made again, the kept original.
        result: Where it lies, absolute.
        folders: Absolute; all that the journal's runs have written to.
    """
    read = source.path if ".." not in source.path else str(absolute(Path(source.path)))
    folder, _, name = read.rpartition(os.sep)
    return read == result or (name == result.rpartition(os.sep)[2] and folder in folders)


def _is_kept(path: Path, source: Source, *, surely: bool) -> bool:
    now = Stamp.of(path)
    if now is None or now.size != source.stamp.size:
        return False
    if not surely and now.modified_ns == source.stamp.modified_ns:
        return True  # copies keep it; a folder of them is not read twice for this
    return holds(path, source.sha256)
