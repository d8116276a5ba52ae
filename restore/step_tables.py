"""Reads files that say what is done one after the other: TOML tables ``[[step]]``, each with the lines it stands on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restore.errors import UsageError

_HEADER = re.compile(r"\s*\[\[\s*step\s*\]\]")


@dataclass(frozen=True)
class StepTable:
    """One step as it was written.

    Attributes:
        path: The file.
        values: What it says.
        lines: Of the whole file.
        start: Number of the line, from 0, where this step begins.
    """

    path: Path
    values: Mapping[str, Any]
    lines: Sequence[str]
    start: int

    def line(self, key: str) -> int:
        """The line (from 1) where a key of this step stands; else where the step begins."""
        return line_of(self.lines, self.start, key)

    def refusal(self, key: str | None, said: str, hint: str | None = None) -> UsageError:
        """What is wrong with a key, or with the whole step where that is None, with the line."""
        number = self.start + 1 if key is None else self.line(key)
        return UsageError(f"line {number}: {said}", path=self.path, hint=hint)


def read_tables(path: Path | str, what: str, first: str) -> tuple[StepTable, ...]:
    """Read the steps of a file.

    Args:
        path: The file.
        what: What such a file is called in messages: "chain", "pipeline".
        first: The key that every step must have, for advice.

    Raises:
        UsageError: It cannot be read, is no TOML, holds no steps, or anything else beside them.
    """
    try:
        text = Path(path).read_text("utf-8-sig")  # editors on Windows begin with a mark
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise UsageError(f"cannot be read as a {what}: {why}.", path=path, hint="Name a TOML file.") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(
            f"is no TOML: {error}.", path=path, hint=f'A step is [[step]], then {first} = "...".'
        ) from error
    lines, hint = text.splitlines(), f'Each step is a table [[step]] with {first} = "...".'
    for key in table:
        if key != "step":
            said = f"line {line_of(lines, 0, key)}: there is no '{key}' in a {what}."
            raise UsageError(said, path=path, hint=hint)
    steps = table.get("step")
    if not isinstance(steps, list) or not steps or not all(isinstance(step, dict) for step in steps):
        raise UsageError("holds no steps.", path=path, hint=hint)
    starts = [number for number, line in enumerate(lines) if _HEADER.match(line)] or [0]
    return tuple(
        StepTable(Path(path), step, lines, starts[min(index, len(starts) - 1)]) for index, step in enumerate(steps)
    )


def line_of(lines: Sequence[str], start: int, key: str) -> int:
    """The line (from 1) where a key stands within the step that begins at `start`; else where that step begins."""
    pattern = re.compile(rf"""\s*(\[\[?\s*)?["']?{re.escape(key)}["']?\s*[\].=]""")
    for number in range(start, len(lines)):
        if number > start and _HEADER.match(lines[number]):
            break
        if pattern.match(lines[number]) and not _HEADER.match(lines[number]):
            return number + 1
    return start + 1
