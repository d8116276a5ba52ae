"""How results are called: the input's name, with ``--suffix`` before its ending and ``--format`` as its ending."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from restore.codecs.formats import output_suffix, suffix_format
from restore.errors import UsageError
from restore.finding import Found
from restore.spec import Companion, Makes, RestorerSpec

LOSSY = frozenset({"JPEG", "WEBP", "AVIF"})
"""Formats that lose something each time a picture is written."""

KEPT_EXACTLY = frozenset({"degrade"})
"""Tasks whose results must not be compressed once more: that would be another degradation, which nobody asked for."""

_TRICKS = frozenset("/\\:\0")


@dataclass(frozen=True)
class Naming:
    """What is changed in names.

    Attributes:
        suffix: Put behind the stem: ``_restored`` makes ``a_restored.jpg`` of ``a.jpg``.
        format: The ending of all results, without its dot: ``png``. Files that have that format already keep theirs
            (``a.JPEG`` stays so under ``jpg``). None keeps every format.
        masks: The results are masks of the pictures, called as `restore.masks.naming` says: PNG unless `format` says
            otherwise.
        masks_of: How the pictures are called that the masks belong to, where these are what another run makes of the
            inputs; None for masks of the inputs.
        lossless: Unless `format` says otherwise, results of JPEG, WebP and AVIF become PNG, since they must not be
            compressed once more.

    Raises:
        UsageError: A suffix that would lead to another folder or cannot be read in a list of files.
    """

    suffix: str = ""
    format: str | None = None
    masks: bool = False
    masks_of: Naming | None = None
    lossless: bool = False

    def __post_init__(self) -> None:
        if _TRICKS.intersection(self.suffix) or ".." in self.suffix or not self.suffix.isprintable():
            raise UsageError(
                f"--suffix {self.suffix!r} is no part of a file's name.",
                hint="Use letters, digits, - and _, like _restored; the folder is chosen with -o.",
            )

    @classmethod
    def of(
        cls, spec: RestorerSpec, suffix: str = "", format: str | None = None, masks_of: Naming | None = None
    ) -> Naming:
        """How the results of a restorer are called.

        Args:
            spec: The restorer.
            suffix: As of the class.
            format: Likewise.
            masks_of: Likewise.
        """
        return cls(suffix, format, spec.makes is Makes.MASK, masks_of, lossless=spec.task in KEPT_EXACTLY)

    def check(self, writable: Collection[str] | None) -> None:
        """Refuse a format nobody writes.

        Args:
            writable: Suffixes (lower case, with dot) a result may have; None for any.

        Raises:
            UsageError: It is not among them.
        """
        if self.format is None:
            return
        unknown = writable is not None and self._ending not in writable
        if unknown or not re.fullmatch(r"[A-Za-z0-9]+", self.format):
            known = " ".join(sorted(each.removeprefix(".") for each in writable or ()))
            raise UsageError(
                f"--format {self.format!r} is not a format for results.",
                hint=f"Use one of: {known}." if known else "Write it like png.",
            )

    @property
    def renames(self) -> bool:
        """Whether the user asks for other names than those that results have by themselves."""
        return bool(self.suffix) or self.format is not None

    @property
    def _ending(self) -> str:
        return f".{(self.format or '').lower()}"

    def result(self, name: Path) -> Path:
        """The name of the result of an input.

        Args:
            name: The input's, with its folders. A format that is only read becomes one that is written.
        """
        own = name.suffix
        ending = output_suffix(own)
        if self.lossless and self.format is None and suffix_format(ending) in LOSSY:
            ending = ".png"
        if self.format is not None:
            wanted = suffix_format(self._ending)
            ending = ending if wanted is not None and wanted == suffix_format(ending) else self._ending
        if not self.suffix and ending == own:
            return name
        return name.with_name(f"{name.stem}{self.suffix}{ending}")


SAME_NAMES = Naming()


def companion_paths(output: Path, companions: Iterable[Companion]) -> tuple[Path, ...]:
    """Where the companions of a result go: beside it, ``photo.uncertainty.png`` beside ``photo.jpg``.

    Args:
        output: The result.
        companions: In whose order the paths come.
    """
    return tuple(output.with_name(f"{output.stem}.{each.name}{each.extension or output.suffix}") for each in companions)


class Names(Mapping[Found, Path]):
    """The result of each input; held as text, since path objects of a long run would take much memory.

    Args:
        files: The inputs.
        name: Gives the result of one.
    """

    def __init__(self, files: Iterable[Found], name: Callable[[Found], Path]) -> None:
        self._texts = {file: str(name(file)) for file in files}

    def __getitem__(self, file: Found) -> Path:
        return Path(self._texts[file])

    def __iter__(self) -> Iterator[Found]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def without(self, files: Collection[Found]) -> Names:
        """The same without some inputs."""
        return Names((file for file in self._texts if file not in files), self.__getitem__)
