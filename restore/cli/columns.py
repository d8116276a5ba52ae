"""Tables of texts for people, and the same as JSON for scripts: what `restore plugins` and `restore models` print."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence

import click

NARROWEST = 72
"""Terminals with fewer columns get plain lines, which they wrap themselves."""


def print_json(document: object) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], red_rows: Sequence[bool] = ()) -> None:
    """Wrapped to fit a terminal; elsewhere, or where too narrow, columns as wide as their texts: nothing is cut off."""
    if sys.stdout.isatty() and shutil.get_terminal_size().columns >= NARROWEST:
        _print_rich_table(heads, rows, red_rows)
        return
    widths = [max(len(line[column]) for line in [heads, *rows]) for column in range(len(heads))]
    for line in [heads, *rows]:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _print_rich_table(heads: Sequence[str], rows: Sequence[Sequence[str]], red_rows: Sequence[bool]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for index, head in enumerate(heads):
        # Names and other short texts stay whole; long ones share the rest of the width and wrap.
        longest = max((len(row[index]) for row in rows), default=0)
        table.add_column(head, overflow="fold", no_wrap=index == 0 or longest <= 16)
    for index, row in enumerate(rows):
        style = "red" if index < len(red_rows) and red_rows[index] else ""
        table.add_row(*(Text(text) for text in row), style=style)  # Text: brackets in a plugin's words are no markup
    Console().print(table)
