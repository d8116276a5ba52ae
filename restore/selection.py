"""Which of the pictures found are meant: by name (``--include``, ``--exclude``) and by age (``--since``); no masks.

A pattern means what a line of a ``.gitignore`` file means, with two differences: upper and lower case are the same,
because cameras write ``.JPG`` and phones ``.jpg``, and ``!`` takes back files also inside a folder that matched. It is
matched against the path below the input folder (for a pattern typed as an input, below its first part without a
wildcard; for a file named by itself, its name):

- ``*.jpg``: every such file in any folder. ``*`` and ``?`` never match a ``/``.
- ``scans/``: the folder of that name wherever it is, with all in it.
- ``/2024/*.tif``, ``2024/*.tif``: with a ``/`` at the beginning or in the middle, from the input folder on.
- ``**/``: any folders between. ``!keep*.jpg``: takes back what an earlier pattern of the same option matched.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*(min|h|d|w)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Selection:
    """What is taken: files that match `include` (if there is any), do not match `exclude` and are not older.

    Attributes:
        include: Patterns, of which a file must match one; none means every file.
        exclude: Patterns, of which a file may match none.
        since: Files last changed before this moment are left out.
        masks: A mask or a folder of masks, which are no pictures where they lie among the inputs.

    Raises:
        UsageError: A pattern that can match nothing, such as an empty one.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    since: datetime | None = None
    masks: Path | None = None

    def __post_init__(self) -> None:
        for option, patterns in (("--include", self.include), ("--exclude", self.exclude)):
            for pattern in patterns:
                _check(option, pattern)

    def reason(self, path: Path, inner: Path, *, folder: bool = False) -> str | None:
        """The option that leaves a file out, or None if it is taken.

        Args:
            path: The file; asked for its time only where an age is given. One that cannot be asked is taken, so that
                the run reports it.
            inner: Its path below its input folder.
            folder: It is a folder that could not be looked into: what it holds may be meant, unless excluded.
        """
        if self.masks is not None and self._is_mask(path):
            return "--mask"
        name = inner.as_posix().casefold() + "/" * folder
        if self.include and not folder and not self._included.match_file(name):
            return "--include"
        if self.exclude and self._excluded.match_file(name):
            return "--exclude"
        return (
            "--since"
            if self.since is not None and not folder and _changed_before(path, self.since.timestamp())
            else None
        )

    def _is_mask(self, path: Path) -> bool:
        """Whether a file is a mask, or lies in the folder of masks, by their real places."""
        folder, name = os.path.split(path)
        if folder not in self._real:
            self._real[folder] = os.path.realpath(folder)
        place = os.path.join(self._real[folder], name)  # noqa: PTH118 (very many paths)
        return place == self._masks or place.startswith(self._masks + os.sep)

    @cached_property
    def _masks(self) -> str:
        return os.path.realpath(self.masks or "")

    @cached_property
    def _real(self) -> dict[str, str]:
        return {}

    @cached_property
    def _included(self) -> GitIgnoreSpec:
        return _spec(self.include)

    @cached_property
    def _excluded(self) -> GitIgnoreSpec:
        return _spec(self.exclude)


EVERYTHING = Selection()


@dataclass
class Tally:
    """How many files each option left out."""

    selection: Selection
    left_out: Counter[str] = field(default_factory=Counter)

    def takes(self, path: Path, inner: Path, *, folder: bool = False) -> bool:
        """Whether a file is taken; counts it if not. See `Selection.reason`."""
        reason = self.selection.reason(path, inner, folder=folder)
        if reason is not None:
            self.left_out[reason] += 1
        return reason is None

    def notes(self) -> list[str]:
        """``12 files left out by --exclude``, for each option that left some out."""
        since = self.selection.since
        when = "" if since is None else f" (last changed before {since:%Y-%m-%d %H:%M})"
        return [
            f"{count} {'file' if count == 1 else 'files'} left out by {option}{when if option == '--since' else ''}"
            for option, count in sorted(self.left_out.items())
        ]


def moment(text: str, now: datetime) -> datetime:
    """What ``--since`` means: a date, a date and time, or an age.

    Args:
        text: ``2026-11-01`` (from midnight), ``2026-11-01T18:30`` (or with a space), or ``90min``, ``12h``, ``7d``,
            ``2w`` before now. Without a time zone the local one is meant.
        now: The present moment, with a time zone.

    Raises:
        UsageError: It is none of these, or lies in the future.
    """
    age = _AGE.fullmatch(text.strip().lower())
    try:
        if age:
            then = now - timedelta(**{_UNITS[age[2]]: float(age[1])})
        else:
            then = datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError):
        hint = "Write a date (2026-11-01), a date and time (2026-11-01T18:30) or an age (90min, 12h, 7d, 2w)."
        raise UsageError(f"--since {text!r} is not a date or an age.", hint=hint) from None
    if then > now:
        raise UsageError(f"--since {text!r} lies in the future, so every file would be left out.")
    return then


def _changed_before(path: Path, moment: float) -> bool:
    try:
        return path.stat().st_mtime < moment
    except OSError:
        return False


def _check(option: str, pattern: str) -> None:
    """Refuse what git would silently take for nothing: empty lines, comments, broken brackets."""
    from pathspec.patterns.gitignore import GitIgnorePatternError

    try:
        meaning = [each.include for each in _spec([pattern]).patterns]
    except GitIgnorePatternError:
        meaning = []
    if not any(each is not None for each in meaning):
        raise UsageError(
            f"{option} {pattern!r} is not a pattern that can match a file.",
            hint="Write, for example, '*.jpg', 'scans/' or '2024/**/*.tif'; a name that begins with # as '\\#…'.",
        )


def _spec(patterns: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([pattern.casefold() for pattern in patterns])
