"""What would lose a picture: two results of one name, a result in another's way, a result in an original's place."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from restore.errors import OutputError
from restore.finding import Found
from restore.naming import companion_paths
from restore.spec import Companion

_APART = "Restore them in separate runs with different outputs."


@dataclass(frozen=True)
class Collision:
    """One of them.

    Attributes:
        files: The inputs whose results cannot both be written.
        error: Which names are concerned, and what to do.
    """

    files: tuple[Found, ...]
    error: OutputError


def collisions(
    names: Mapping[Found, Path],
    companions: tuple[Companion, ...] = (),
    *,
    in_place: bool = False,
    originals: Collection[Found] | None = None,
) -> list[Collision]:
    """Everything in a plan that would lose a picture; empty for a sound one.

    Args:
        names: The result of each input.
        companions: What is written beside each result.
        in_place: Results are meant to take the places of inputs.
        originals: All inputs, where a result has several; None: those that have a result.
    """
    written = _Written(names, companions)
    alike = not _are_distinct(path for _, path in written.pairs())
    return [
        *(_of_one_name(written) if alike else ()),
        *(_of_nearly_one_name(written) if alike else ()),
        *_in_the_way(written),
        *(() if in_place else _overwritten_inputs(written, originals or names.keys())),
    ]


@dataclass(frozen=True)
class _Written:
    """What is written for each input: its result and the result's companions."""

    names: Mapping[Found, Path]
    companions: tuple[Companion, ...]

    def of(self, file: Found) -> tuple[Path, ...]:
        result = self.names[file]
        return (result, *companion_paths(result, self.companions)) if self.companions else (result,)

    def pairs(self) -> Iterator[tuple[Found, Path]]:
        return ((file, path) for file in self.names for path in self.of(file))

    def role(self, file: Found, path: Path) -> str:
        return "the result of" if self.names[file] == path else "a companion of the result of"


def _are_distinct(paths: Iterable[Path]) -> bool:
    """Whether no two names are equal, not even but for case; False may be an error, once in very many plans.

    Nearly always they are; so as not to hold all names of a long plan again, their hashes are compared.
    """
    count, hashes = 0, set[int]()
    for path in paths:
        hashes.add(hash(folded(path)))
        count += 1
    return len(hashes) == count


def _of_one_name(written: _Written) -> Iterable[Collision]:
    first: dict[str, Found] = {}
    shared: dict[str, list[Found]] = {}
    for file, path in written.pairs():
        one = first.setdefault(str(path), file)
        if one is not file:
            shared.setdefault(str(path), [one]).append(file)
    for text, files in shared.items():
        path = Path(text)
        roles = [written.role(file, path) for file in files[:2]]
        both = f"{files[0].path} and {f'{roles[1]} ' if roles[0] != roles[1] else ''}{files[1].path}"
        more = f" (and {len(files) - 2} more)" if len(files) > 2 else ""
        if len({file.path.parent for file in files}) > 1:
            hint = "Give their folders (or a quoted pattern) as inputs, which keeps the tree, or use separate runs."
        else:
            hint = _APART if set(roles) == {"the result of"} else f"{_APART} Or leave one of them out with --exclude."
        yield Collision(tuple(files), OutputError(f"would be {roles[0]} {both}{more}.", path=path, hint=hint))


def _of_nearly_one_name(written: _Written) -> Iterable[Collision]:
    """Names equal but for case where a change of format, or a companion's name, made them so (a.HEIC beside a.JPG)."""
    seen: dict[str, Found] = {}
    names = written.names
    for file, path in written.pairs():
        other = seen.setdefault(folded(path), file)
        if other is file:
            continue
        place = next(each for each in written.of(other) if folded(each) == folded(path))
        if place == path:
            continue
        renamed = any(names[each].suffix != each.path.suffix for each in (file, other))
        if renamed or folded(names[file]) != folded(names[other]):
            error = OutputError(
                f"would be {written.role(file, path)} {file.path}, and {place}, equal but for case, "
                f"{written.role(other, place).replace('the result of', 'that of')} {other.path}.",
                path=path,
                hint=_APART,
            )
            yield Collision((other, file), error)


def _in_the_way(written: _Written) -> Iterable[Collision]:
    """A file where another result needs a folder."""
    # As text: ten thousand paths would be made.
    folders = {os.path.dirname(path) for _, path in written.pairs()}  # noqa: PTH120
    above = {str(each) for folder in folders for each in (Path(folder), *Path(folder).parents)}
    first: dict[str, Found] = {}
    for file, path in written.pairs():
        if str(path) in above:
            first.setdefault(str(path), file)
    blocked = {
        folder: place
        for folder in folders
        if (place := next((str(each) for each in (Path(folder), *Path(folder).parents) if str(each) in first), None))
    }
    if not blocked:
        return
    for file, result in written.names.items():
        below = blocked.get(str(result.parent))
        if below is not None:
            error = OutputError(
                f"would be {written.role(first[below], Path(below))} {first[below].path} and also the folder of "
                f"{file.path}.",
                path=Path(below),
                hint=_APART,
            )
            yield Collision((first[below], file), error)


def _overwritten_inputs(written: _Written, inputs: Collection[Found]) -> Iterable[Collision]:
    """A file that is an input, also by another spelling or a link: originals are never changed."""
    originals: dict[tuple[int, int] | None, Found] = {}
    for file, path in written.pairs():
        there = identity(path)
        if there is None:
            continue
        originals = originals or {identity(each.path): each for each in inputs}
        found = originals.get(there)
        if found is not None:
            original = found.path
            error = OutputError(
                f"is an input{'' if original == path else f' ({original})'} and would be overwritten.",
                path=path,
                hint="Originals are never changed: choose another -o, or give results a name of their own with "
                "--suffix _restored.",
            )
            yield Collision((file,), error)


def folded(path: Path) -> str:
    """What a disk that ignores case and the coding of accents makes of a name."""
    name = str(path)
    return (name if name.isascii() else unicodedata.normalize("NFC", name)).casefold()


def identity(path: Path) -> tuple[int, int] | None:
    """What a file is, whatever it is called; None if there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)


def same_but_for_case(results: Collection[Path]) -> list[str]:
    """Warnings about results that one file system keeps apart and another does not."""
    if _are_distinct(results):
        return []
    first: dict[str, str] = {}
    groups: dict[str, dict[str, None]] = {}
    for result in results:
        spelling, text = folded(result), str(result)
        one = first.setdefault(spelling, text)
        if one != text:
            groups.setdefault(spelling, {one: None})[text] = None
    return [
        f"{' and '.join(group)} differ only in case or accents' coding: where the disk cannot tell them apart, the "
        "second is reported as failed and the first is kept"
        for group in groups.values()
    ]
