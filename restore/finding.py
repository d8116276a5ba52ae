"""From what a user typed (files, folders, patterns) to the picture files it means, in a stable order.

Files named by themselves are taken as they are; folders and patterns give the readable pictures they hold.
"""

from __future__ import annotations

import difflib
import fnmatch
import glob
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from restore.codecs.formats import READABLE_SUFFIXES
from restore.errors import InputError, UsageError
from restore.selection import EVERYTHING, Selection, Tally
from restore.walking import Walk, kind_of, naturally_sorted, visible


@dataclass(frozen=True, eq=False, slots=True)  # compared and hashed as itself: fast in a dictionary of many
class Found:
    """One input file; held as text, since there may be very many.

    Attributes:
        text: Where it is, in the user's own words (relative stays relative).
        start: Where in `text` its name below its own input folder begins.
        above: The folders above that name inside the output folder, or "".
        problem: Why it cannot even be tried (a link that leads nowhere, a folder without permission), or None.
        lone: Whether it was named by itself.
    """

    text: str
    start: int
    above: str = ""
    problem: str | None = None
    lone: bool = False

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.text)

    @property
    def name(self) -> Path:
        """Its name inside the output folder: the tree below the input folder, or just the file's name."""
        return Path(self.above, self.text[self.start :])

    @property
    def inner(self) -> Path:
        """Its name below its own input folder, which patterns are matched against; the file's name without one."""
        return Path(self.text[self.start :])


@dataclass(frozen=True)
class Findings:
    """All input files, in natural order per input, and what the user should know about how they were found."""

    files: tuple[Found, ...]
    notes: tuple[str, ...]
    only_files: bool
    """Whether no input was a folder, so that a single result may be given a file name."""
    folder: Path
    """The deepest folder that holds all inputs: the input folder itself where there is one."""


def find(inputs: Sequence[str], aside: Path, selection: Selection = EVERYTHING) -> Findings:
    """Find the files that `inputs` mean.

    One folder (or pattern) gives names relative to it; several give names relative to the deepest folder that holds
    them all, so ``a`` and ``b`` become ``OUT/a/…`` and ``OUT/b/…``. A file named by itself keeps just its name.

    Args:
        inputs: Files, folders, and patterns with ``*``, ``?``, ``[…]`` or ``**``. Folders and patterns give files
            with a readable suffix only; a file named by itself is taken as it is.
        aside: Where results (or backups) go; where it lies inside an input folder, its own content is left out.
        selection: Which of the files are taken; how many were left out stands in the notes.

    Raises:
        InputError: An input does not exist or may not be read, nothing at all was found, or all was left out.
    """
    groups = [_gather(text, aside) for text in inputs]
    base = _common_folder([group.root for group in groups if group.root is not None])
    found = []
    for group in groups:
        above = "" if group.root is None else str(absolute(group.root).relative_to(base))
        for text, problem in group.members.items():
            inner = Path(text).name if group.root is None else str(Path(text).relative_to(group.root))
            found.append(Found(text, len(text) - len(inner), above, problem, lone=group.root is None))
    once, notes = _each_once(found)
    if any(group.met_aside for group in groups):
        notes.append(f"{aside} lies inside an input folder: the pictures in it are not taken as inputs")
    if not once:
        raise _nothing_found(inputs)
    tally = Tally(selection)
    taken = tuple(file for file in once if tally.takes(file.path, file.inner, folder=_is_locked_folder(file)))
    if not taken:
        raise _nothing_left(inputs, tally)
    only_files = not any(kind_of(Path(text)) == "folder" for text in inputs)
    return Findings(taken, tuple(notes + tally.notes()), only_files, _folder(groups))


@dataclass(frozen=True)
class _Group:
    """What one input means: its files, the folder their names are relative to (None for a file named by itself)."""

    root: Path | None
    members: dict[str, str | None]
    met_aside: bool = False


def _gather(text: str, aside: Path) -> _Group:
    """Everything one input names, in natural order."""
    kind = _checked_kind(text)
    if kind == "file":
        return _Group(None, {str(Path(text)): None})
    root = Path(text) if kind == "folder" else _fixed_part(text)
    walk = Walk(_inside(aside, root))
    members = walk.files(root) if kind == "folder" else _matches(text, root, walk)
    texts = {str(path): problem for path, problem in members}
    return _Group(root, {name: texts[name] for name in naturally_sorted(texts)}, walk.met_left_out)


def _checked_kind(text: str) -> Literal["file", "folder", "pattern"]:
    """Tell a file, a folder and a pattern apart; an existing file wins over a pattern of the same spelling."""
    kind = kind_of(Path(text)) if text else "nothing"
    if kind == "file" or kind == "folder":
        return kind
    if kind == "denied":
        raise InputError("may not be looked at: permission denied.", path=text, hint="Check the rights of its folders.")
    if kind == "other":
        raise InputError("is neither a file nor a folder.", path=text)
    if text and glob.has_magic(text):
        return "pattern"
    if text and Path(text).is_symlink():
        raise InputError("is a link that leads nowhere.", path=text)
    raise InputError("does not exist.", path=text or "''", hint=_similar(Path(text)) if text else "The name is empty.")


def _similar(path: Path) -> str:
    """Advice for a name that does not exist: the closest names beside it, or the folder that is missing."""
    folder = path.parent
    if kind_of(folder) != "folder":
        return f"There is no folder {folder} either."
    try:
        names = difflib.get_close_matches(path.name, [child.name for child in visible(folder)], n=3)
    except OSError:
        names = []
    return f"Did you mean {', '.join(str(folder / name) for name in names)}?" if names else "Check the spelling."


def _fixed_part(pattern: str) -> Path:
    """The folders of a pattern before the first part with a wildcard: what its tree is relative to."""
    fixed = Path()
    for part in Path(pattern).parts[:-1]:
        if glob.has_magic(part):
            break
        fixed /= part
    return fixed


def _matches(pattern: str, root: Path, walk: Walk) -> Iterator[tuple[Path, str | None]]:
    """Expand a pattern part by part as a shell does (``**``: any folders), then walk the folders it names.

    `glob.glob` is not used: its ``**`` follows links in circles until the system refuses.
    """
    paths = [root]
    parts = Path(pattern).parts[len(root.parts) :]
    for index, part in enumerate(parts):
        here = [path for path in paths if kind_of(path) == "folder"]
        if part == "**" and index + 1 < len(parts):  # a last ``**`` adds nothing: the folder itself is walked below
            paths = [folder for path in here for folder, problem in walk.folders(path) if problem is None]
        elif part != "**" and glob.has_magic(part):
            paths = [p for path in here for p in _listed(path) if fnmatch.fnmatch(p.name, part)]
        elif part != "**":
            paths = [path / part for path in here if kind_of(path / part) in ("file", "folder")]
    for path in dict.fromkeys(paths):
        if kind_of(path) == "folder":
            yield from walk.files(path)
        elif kind_of(path) == "file" and path.suffix.lower() in READABLE_SUFFIXES:
            yield path, None


def _listed(folder: Path) -> list[Path]:
    """The visible names in a folder; none where it cannot be listed, as a shell's wildcard does."""
    try:
        return visible(folder)
    except OSError:
        return []


def _inside(aside: Path, root: Path) -> str | None:
    """The real place of `aside` if it lies strictly inside `root`, so that the walk can leave it out."""
    real, top = os.path.realpath(aside), os.path.realpath(root)
    return real if real != top and Path(real).is_relative_to(top) else None


def left_out(files: Collection[Found], what: str) -> list[str]:
    """What is said of files that were found and are no inputs; nothing where there are none.

    Args:
        files: They.
        what: What each of them is, like "result of an earlier run".
    """
    if not files:
        return []
    noun, _, rest = what.partition(" ")
    one = next(iter(files))
    are = f"1 file is the {noun} ({one.path})" if len(files) == 1 else f"{len(files)} files are {noun}s"
    return [f"{are} {rest}, and not taken as input"]


def absolute(path: Path) -> Path:
    """The absolute path without ``..`` and without resolving links: names stay as the user sees them."""
    return Path(os.path.normpath(path.absolute()))


def _common_folder(roots: list[Path]) -> Path:
    """The deepest folder that holds all input folders: the only one itself, if there is one."""
    try:
        return Path(os.path.commonpath([absolute(root) for root in roots])) if roots else Path()
    except ValueError:
        raise UsageError(
            f"the inputs {', '.join(map(str, roots))} lie on different drives.", hint="Restore them in separate runs."
        ) from None


def _is_locked_folder(file: Found) -> bool:
    return file.problem is not None and kind_of(file.path) == "folder"


def _folder(groups: list[_Group]) -> Path:
    """The folder of all inputs, in the user's own words where there is one only."""
    roots = dict.fromkeys(
        Path(next(iter(group.members))).parent if group.root is None else group.root for group in groups
    )
    return next(iter(roots)) if len(roots) == 1 else _common_folder(list(roots))


def _each_once(found: list[Found]) -> tuple[list[Found], list[str]]:
    """Drop files that are found a second time; of a file and a link to it the file itself stays."""
    kept: dict[str, Found] = {}
    folders: dict[str, str] = {}
    for file in found:
        folder, name = os.path.split(file.text)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        # Dead links to one place are each to be named. As text: paths would double the time of a long plan.
        linked = file.problem is None and os.path.islink(file.text)  # noqa: PTH114
        real = os.path.realpath(file.text) if linked else os.path.join(folders[folder], name)  # noqa: PTH118
        if real not in kept or (kept[real].path.is_symlink() and not linked):
            kept[real] = file
    repeated = len(found) - len(kept)
    names = "name leads" if repeated == 1 else "names lead"
    notes = [f"{repeated} {names} to a file that is in the list already: each is restored once"] if repeated else []
    return list(kept.values()), notes


def _nothing_found(inputs: Sequence[str]) -> InputError:
    """Say what was looked for, and where."""
    suffixes = " ".join(sorted(READABLE_SUFFIXES))
    return InputError(
        "holds no picture to restore." if len(inputs) == 1 else "hold no picture to restore.",
        path=_shortened(inputs),
        hint=f"Looked for {suffixes}; hidden files and folders are left alone.",
    )


def _nothing_left(inputs: Sequence[str], tally: Tally) -> InputError:
    """Say which options left everything out."""
    return InputError(
        f"nothing is left to restore: {', '.join(tally.notes())}.",
        path=_shortened(inputs),
        hint="Widen these options; `restore TASK --help` says what a pattern means.",
    )


def _shortened(inputs: Sequence[str]) -> str:
    """At most three inputs by name."""
    return ", ".join(inputs) if len(inputs) < 4 else f"{', '.join(inputs[:3])} and {len(inputs) - 3} more"
