"""What would lose a picture: two results of one name, a result in another's way, a result in an original's place."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from restore.errors import OutputError
from restore.finding import Found

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


def collisions(names: Mapping[Found, Path]) -> list[Collision]:
    """Everything in a plan that would lose a picture; empty for a sound one.

    Args:
        names: The result of each input.
    """
    first: dict[str, Found] = {}
    shared: dict[str, list[Found]] = {}
    for file, result in names.items():
        one = first.setdefault(str(result), file)
        if one is not file:
            shared.setdefault(str(result), [one]).append(file)
    return [*_of_one_name(shared), *_of_nearly_one_name(names), *_in_the_way(first, names), *_overwritten_inputs(names)]


def _of_one_name(shared: Mapping[str, list[Found]]) -> Iterable[Collision]:
    for result, files in shared.items():
        if len(files) > 1:
            both = " and ".join(str(file.path) for file in files[:2])
            more = f" (and {len(files) - 2} more)" if len(files) > 2 else ""
            if len({file.path.parent for file in files}) > 1:
                hint = "Give their folders (or a quoted pattern) as inputs, which keeps the tree, or use separate runs."
            else:
                hint = _APART
            yield Collision(tuple(files), OutputError(f"would be the result of {both}{more}.", path=result, hint=hint))


def _of_nearly_one_name(names: Mapping[Found, Path]) -> Iterable[Collision]:
    """Names equal but for case where a change of format made one of them (a.HEIC beside a.JPG)."""
    seen: dict[str, Found] = {}
    for file, result in names.items():
        other = seen.setdefault(folded(result), file)
        if other is file or names[other] == result:
            continue
        if any(names[each].suffix != each.path.suffix for each in (file, other)):
            error = OutputError(
                f"would be the result of {file.path}, and {names[other]}, equal but for case, that of {other.path}.",
                path=result,
                hint=_APART,
            )
            yield Collision((other, file), error)


def _in_the_way(first: Mapping[str, Found], names: Mapping[Found, Path]) -> Iterable[Collision]:
    """A result where another result needs a folder."""
    blocked = {
        folder: place
        for folder in {os.path.dirname(text) for text in first}  # noqa: PTH120 (ten thousand paths would be made)
        if (place := next((str(each) for each in (Path(folder), *Path(folder).parents) if str(each) in first), None))
    }
    if not blocked:
        return
    for file, result in names.items():
        below = blocked.get(str(result.parent))
        if below is not None:
            error = OutputError(
                f"would be the result of {first[below].path} and also the folder of {file.path}.",
                path=Path(below),
                hint=_APART,
            )
            yield Collision((first[below], file), error)


def _overwritten_inputs(names: Mapping[Found, Path]) -> Iterable[Collision]:
    """A result that is an input, also by another spelling or a link: originals are never changed."""
    originals = {identity(file.path): file for file in names}
    for file, result in names.items():
        found = originals.get(identity(result) or (0, 0))
        if found is not None:
            original = found.path
            error = OutputError(
                f"is an input{'' if original == result else f' ({original})'} and would be overwritten.",
                path=result,
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


def same_but_for_case(results: Iterable[Path]) -> list[str]:
    """Warnings about results that one file system keeps apart and another does not."""
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
