"""What earlier runs have made or kept among the files that are found, as the journals that lie there say.

Restoring a result again, or the original that a run has kept, would do harm. Results are made of something in the
folders that are looked through now; those of other folders are pictures like any.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from restore.errors import InputError, OutputError
from restore.finding import Found, absolute, left_out
from restore.journal import FOLDER, NAME
from restore.journal_reading import Record, read_journal
from restore.journal_rows import Entry
from restore.originals import took_its_place
from restore.stamps import Stamp, content_hash, is_unchanged
from restore.walking import kind_of


def without_results(files: Sequence[Found], journals: Journals) -> tuple[tuple[Found, ...], list[str]]:
    """Leave out what journals know as results of pictures in the same input folders, lying there unchanged.

    Files that were named by themselves are taken as they are.

    Args:
        files: The files that were found.
        journals: Of their folders.

    Returns:
        The other files, and what is to be said.

    Raises:
        InputError: None are left.
        restore.errors.OutputError: A journal cannot be read, and the journals are strict.
    """
    roots = {absolute(Path(text)) for text in {file.text[: file.start] for file in files if not file.lone}}
    made = [file for file in files if not file.lone and _is_result(file, journals, roots)]
    unread = [f"{error} Results in it are taken as inputs." for error in journals.unread]
    if made and len(made) == len(files):
        raise InputError(
            "holds nothing but results of earlier runs.",
            path=made[0].path.parent,
            hint="Name them by themselves to restore them again.",
        )
    return _others(files, made), unread + left_out(made, "result of an earlier run")


def without_originals(files: Sequence[Found], journals: Journals) -> tuple[tuple[Found, ...], list[str]]:
    """Leave out what runs have kept before they restored pictures in their places; as `without_results`."""
    kept = [
        file
        for file in files
        if any(journal.keeps(journals.place(file)) for journal in journals.above(file, beyond=True))
    ]
    return _others(files, kept), left_out(kept, "original that an earlier run has kept")


def _others(files: Sequence[Found], some: Collection[Found]) -> tuple[Found, ...]:
    unwanted = set(some)
    return tuple(file for file in files if file not in unwanted)


def _is_result(file: Found, journals: Journals, roots: Iterable[Path]) -> bool:
    for journal in journals.above(file):
        entry = journal.result(journals.place(file))
        if entry is not None and not journal.is_in_place(entry):
            source = absolute(Path(entry.sources[0].path))
            return any(source.is_relative_to(root) for root in roots)
    return False


def done_elsewhere(file: Found, folder: Path, journals: Journals) -> str | None:
    """Why a picture must not be restored in its place by a run over a folder: an earlier one has done so.

    Args:
        file: The picture.
        folder: Whose journal the run will keep, and look its own pictures up in; absolute.
        journals: Of the folders above all pictures.

    Returns:
        The reason to leave it alone, or None.
    """
    for journal in journals.above(file, beyond=True):
        place = journals.place(file)
        entry = journal.result(place)
        if entry is not None:
            if journal.folder == folder or not journal.is_in_place(entry):
                return None
            return f"was restored in place by a run over {journal.folder}. Name that folder to do it in another way"
        moved = journal.moved(place)
        if moved is not None:
            return f"is what an earlier run has made of {journal.folder / moved.output}"
    return None


class Journals:
    """The journals of the folders that files lie in, read when they are needed.

    Args:
        files: Of any folders.
        strict: Raise where one cannot be read; otherwise it tells nothing, and its error is among `unread`.
    """

    def __init__(self, files: Iterable[Found], *, strict: bool = True) -> None:
        self.unread: list[OutputError] = []
        self._strict = strict
        folders = {_folder(file.text): file.text[: file.start] for file in files}
        self._absolute = {text: str(absolute(Path(text))) for text in folders}
        self._of = {text: tuple(_places(Path(self._absolute[text]))) for text in folders}
        roots = {text: absolute(Path(root)) for text, root in folders.items() if self._of[text]}
        self._within = {
            text: tuple(each for each in self._of[text] if each.is_relative_to(root)) for text, root in roots.items()
        }
        self._read: dict[Path, _Told] = {}

    def place(self, file: Found) -> str:
        """Where a file lies, absolute, as text: there may be very many."""
        return f"{self._absolute[_folder(file.text)]}{os.sep}{file.text.rpartition(os.sep)[2]}"

    def above(self, file: Found, *, beyond: bool = False) -> Iterator[_Told]:
        """Those of a file's folder and the ones above it, the nearest first.

        Args:
            file: One of the files.
            beyond: Go on above the folder that was looked through for it.

        Raises:
            restore.errors.OutputError: One cannot be read.
        """
        for place in (self._of if beyond else self._within).get(_folder(file.text), ()):
            if place not in self._read:
                self._read[place] = _Told(self._record(place))
            yield self._read[place]

    def _record(self, place: Path) -> Record:
        try:
            return read_journal(place)
        except OutputError as error:
            if self._strict:
                raise
            self.unread.append(error)
            return Record(place, (), ())


class _Told:
    """What one journal says of files.

    Args:
        record: The journal.
    """

    def __init__(self, record: Record) -> None:
        self.folder = record.folder
        self._prefix = f"{record.folder}{os.sep}"
        self._folders = frozenset(str(absolute(folder)) for folder in record.folders)
        self._entries = {entry.output: entry for entry in record.entries if entry.sha256 is not None and entry.sources}

    def result(self, path: str) -> Entry | None:
        """The row of a file that is a result, and as it was made."""
        entry = self._entries.get(self._key(path))
        if entry is None or entry.stamp is None or entry.sha256 is None:
            return None
        return entry if is_unchanged(Path(path), entry.stamp, entry.sha256) else None

    def is_in_place(self, entry: Entry) -> bool:
        """Whether a result took its original's place."""
        return took_its_place(entry.sources[0], self._prefix + entry.output.replace("/", os.sep), self._folders)

    def moved(self, path: str) -> Entry | None:
        """The row of a result in its original's place that lies here now, under another name."""
        if self._key(path) in self._entries:
            return None
        return next((each for each in _equals(path, self._by_size) if self.is_in_place(each)), None)

    def keeps(self, path: str) -> bool:
        """Whether a file is the kept original of a result in its place."""
        folder, _, name = path.rpartition(os.sep)
        if self._key(path) in self._entries or folder not in self._folders:
            return False
        return any(True for _ in _equals(path, self._originals.get(name, {})))

    def _key(self, path: str) -> str:
        return path.removeprefix(self._prefix).replace(os.sep, "/")

    @cached_property
    def _by_size(self) -> dict[int, list[tuple[str, Entry]]]:
        found: dict[int, list[tuple[str, Entry]]] = defaultdict(list)
        for entry in self._entries.values():
            if entry.stamp is not None and entry.sha256 is not None and entry.sha256 != entry.sources[0].sha256:
                found[entry.stamp.size].append((entry.sha256, entry))
        return found

    @cached_property
    def _originals(self) -> dict[str, dict[int, list[tuple[str, Entry]]]]:
        found: dict[str, dict[int, list[tuple[str, Entry]]]] = defaultdict(lambda: defaultdict(list))
        for entry in self._entries.values():
            if self.is_in_place(entry):
                source = entry.sources[0]
                found[Path(entry.output).name][source.stamp.size].append((source.sha256, entry))
        return found


def _equals(path: str, by_size: dict[int, list[tuple[str, Entry]]]) -> Iterator[Entry]:
    """The rows whose content a file has; it is read only where one has its size."""
    stamp = Stamp.of(Path(path))
    rows = by_size.get(stamp.size, []) if stamp is not None else []
    if not rows:
        return
    try:
        digest = content_hash(Path(path))
    except OSError:
        return
    yield from (entry for sha256, entry in rows if sha256 == digest)


def _places(folder: Path) -> Iterator[Path]:
    """The folder and those above it that hold journals."""
    return (place for place in (folder, *folder.parents) if kind_of(place / FOLDER / NAME) == "file")


def _folder(text: str) -> str:
    """The folder of a file."""
    return text.rpartition(os.sep)[0] or ("/" if text.startswith("/") else "")
