"""Measured figures as a table for people, as CSV for spreadsheets, as JSON for scripts.

Undefined values (SSIM of a tiny picture) are "-" in tables, empty in CSV, null in JSON; the PSNR of identical pictures
is "inf" everywhere (in JSON a string, because JSON has no such number).
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from restore.cli.wording import printable
from restore.codecs.atomic import atomic_path, output_error
from restore.codecs.formats import READABLE_SUFFIXES
from restore.errors import OutputError, UsageError
from restore.walking import kind_of

Cell = str | float | int | None
Row = Mapping[str, Cell]

WIDE = 1000
"""Columns that no table needs; how wide one would like to be is asked with it."""


def show_table(title: str, rows: Sequence[Row], decimals: Mapping[str, int]) -> None:
    """Print rows as a table.

    Args:
        title: Above the table.
        rows: All with the same keys, the headings.
        decimals: Digits after the point by heading; 3 where not given.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    headings = list(rows[0]) if rows else []
    for heading in headings:
        textual = any(isinstance(row[heading], str) for row in rows)
        table.add_column(Text(heading), justify="left" if textual else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(printable(_shown(row[name], decimals.get(name, 3)))) for name in headings))
    console = Console(file=sys.stdout)
    # Figures are never folded: a narrow terminal wraps the lines itself, and a file has them whole.
    console.width = max(console.width, console.measure(table, options=console.options.update(width=WIDE)).maximum)
    console.print(table)


def check_csv(path: Path, pictures: Iterable[Path] = ()) -> None:
    """Refuse, before anything is measured, a place where a table would cost somebody a picture or another file.

    Args:
        path: Where the table is to go.
        pictures: What is measured.

    Raises:
        UsageError: The name is a picture's.
        OutputError: It is one of the pictures, what stands there is no table, or there is no such folder.
    """
    another = "Name another file for the table."
    if path.resolve() in {picture.resolve() for picture in pictures}:
        raise OutputError("is one of the pictures compared.", path=path, hint=another)
    if path.suffix.lower() in READABLE_SUFFIXES:
        raise UsageError("is no name for a table.", path=path, hint="Give a name that ends in .csv.")
    kind = kind_of(path)
    if kind in ("folder", "other"):
        raise OutputError("is no file." if kind == "other" else "is a folder.", path=path, hint=another)
    if kind == "file" and not _is_csv(path):
        raise OutputError("exists, and is no table.", path=path, hint=another)
    if not path.parent.is_dir():
        raise OutputError("there is no such folder.", path=path.parent, hint="Create it first.")


def _is_csv(path: Path) -> bool:
    """Whether a file is empty, or text whose first line has several columns, in whatever way a program parts them."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise output_error(error, path) from error
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return "\0" not in text and (not text.strip() or any(mark in text.splitlines()[0] for mark in ",;\t"))


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as CSV (UTF-8, full precision), whole or not at all.

    Raises:
        OutputError: The file cannot be written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: "" if _is_nan(value) else value for name, value in row.items()})
    with atomic_path(path) as temporary:
        temporary.write_text(printable(text.getvalue()), "utf-8")


def decimals(names: Iterable[str]) -> dict[str, int]:
    """Digits of measures in tables: two for PSNR and per cents of error, four for SSIM and the rest, as is custom."""
    return {name: 2 if name.startswith(("psnr", "l1")) else 4 for name in names}


def show_json(document: Mapping[str, object]) -> None:
    """Print one JSON document; infinite numbers become "inf", undefined ones null."""
    click.echo(json.dumps(_as_json(document), indent=2, ensure_ascii=False, allow_nan=False))


def _shown(value: Cell, decimals: int) -> str:
    if value is None or _is_nan(value):
        return "-"
    return f"{value:.{decimals}f}" if isinstance(value, float) else str(value)


def _is_nan(value: Cell) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _as_json(value: object) -> object:
    """The same structure with only what JSON has."""
    if isinstance(value, Mapping):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return printable(str(value)) if isinstance(value, str | Path) else value
