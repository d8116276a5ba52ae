"""The command `verify`: every result of a folder against its journal. Changes nothing, also while a run is going on.

The document of ``--json``: ``folder``, ``running`` (who works in it, or null), the number of each finding, ``unknown``
(pictures that no run knows), ``exit_code`` and ``results`` (``output``, ``finding``, ``reason``) of all that is not
whole.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.cli import tables
from restore.cli.following import AGAIN
from restore.cli.progress import on_terminal
from restore.cli.wording import counted, printable
from restore.errors import ExitCode
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from restore.accounting import Check
    from restore.journal_reading import Record


def commands(manager: PluginManager) -> list[click.Command]:
    """The command `verify`."""
    return [verify_command()]


def verify_command() -> click.Command:
    """``restore verify``."""

    @click.command("verify", short_help="Check every result of a run against its journal.")
    @click.argument("folder", metavar="OUT", type=click.Path(path_type=Path))
    @click.option("--json", is_flag=True, help="Print one JSON document and nothing else.")
    @click.option("-v", "--verbose", count=True, help="Also name pictures in OUT that no run knows.")
    def verify(folder: Path, json: bool, verbose: int) -> int:
        """Read every result in the output folder OUT and compare its content with the journal. Changes nothing.

        What was written beside a result belongs to it.

        Returns 0 if all that was asked for is there and whole, else 8: results are missing or changed, failed, or are
        left to do. Pictures that were skipped because something else stood in their place are not checked.
        """
        from restore.accounting import check_all, unknown_pictures
        from restore.journal_reading import read_journal

        record = read_journal(folder)
        threads = min(8, (os.cpu_count() or 1) * 2)
        with _progress(record, shown=not json) as tell:
            checks = check_all(record, threads, tell)
        unknown = list(unknown_pictures(record))
        code = ExitCode.SOME_FAILED if any(each.finding.is_trouble for each in checks) else ExitCode.OK
        if json:
            tables.show_json(_verify_document(record, checks, unknown, code))
        else:
            _show_checks(record, checks, unknown, verbose=verbose > 0)
        return code

    return verify


@contextmanager
def _progress(record: Record, *, shown: bool) -> Iterator[Callable[[Check], None]]:
    """A bar that counts bytes, on a terminal."""
    if not shown or not on_terminal():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    sizes = {
        entry.output: 1 + (entry.stamp.size if entry.stamp else 0) + sum(row.stamp.size for row in entry.companions)
        for entry in record.entries
    }
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("verifying", total=sum(sizes.values()))
        yield lambda check: progress.update(task, advance=sizes[check.entry.output])


def _show_checks(record: Record, checks: Sequence[Check], unknown: Sequence[Path], *, verbose: bool) -> None:
    """What is not whole, line by line; then the sum."""
    from restore.accounting import Finding, at_work

    running = at_work(record.folder)
    if running is not None:
        click.echo(printable(f"note: a run is going on ({running}): what it works on counts as left"), err=True)
    for each in checks:
        if each.finding.is_trouble:
            why = f": {each.reason}" if each.reason else ""
            click.echo(printable(f"{each.finding} {record.folder / each.entry.output}{why}"))
    if verbose:
        for path in unknown:
            click.echo(printable(f"unknown {path}"))
    counts = Counter(each.finding for each in checks)
    parts = [f"{counts[each]} {each}" for each in Finding if counts[each] or each is Finding.WHOLE]
    click.echo(f"{counted(len(checks), 'result')} = {' + '.join(parts)}")
    if unknown:
        more = "" if verbose else " (-v names them)"
        click.echo(f"{counted(len(unknown), 'picture')} in the folder that no run knows{more}")
    if any(counts[each] for each in (Finding.MISSING, Finding.CHANGED, Finding.FAILED, Finding.LEFT)):
        click.echo(f"{AGAIN} to make what is missing, changed, failed or left", err=True)


def _verify_document(
    record: Record, checks: Sequence[Check], unknown: Sequence[Path], code: ExitCode
) -> dict[str, object]:
    from restore.accounting import Finding, at_work

    running = at_work(record.folder)
    counts = Counter(each.finding for each in checks)
    return {
        "folder": record.folder,
        "running": None if running is None else asdict(running),
        **{str(finding): counts[finding] for finding in Finding},
        "unknown": list(unknown),
        "exit_code": int(code),
        "results": [
            {"output": record.folder / each.entry.output, "finding": str(each.finding), "reason": each.reason}
            for each in checks
            if each.finding is not Finding.WHOLE
        ],
    }
