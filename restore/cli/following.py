"""The command `status`: what became of a run, or how far it is. Changes nothing, also while a run is going on.

The document of ``--json``: ``folder``, ``running`` (who works in it, or null), ``last_run`` (what it did, when, and how
it ended, null while it has not), ``totals`` (``results``, ``done``, ``skipped``, ``failed``, ``left``, ``megapixels``,
``seconds``), ``skipped`` (``reason``, ``count``), ``set_aside``, and with ``--failed`` ``failed`` (``source``,
``output``, ``reason``).
"""

from __future__ import annotations

import json as json_format
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.cli import tables
from restore.cli.progress import on_terminal
from restore.cli.wording import counted, duration, number, printable
from restore.errors import ExitCode
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from restore.accounting import Tally
    from restore.folder_lock import Holder
    from restore.journal_reading import Record
    from restore.journal_rows import Entry, RunRow

AGAIN = "run the same command again"


def commands(manager: PluginManager) -> list[click.Command]:
    """The command `status`."""
    return [status_command()]


def status_command() -> click.Command:
    """``restore status``."""

    @click.command("status", short_help="Show what became of a run, or how far it is.")
    @click.argument("folder", metavar="OUT", type=click.Path(path_type=Path))
    @click.option("--failed", is_flag=True, help="List the files that failed, each with its reason.")
    @click.option("--json", is_flag=True, help="Print one JSON document and nothing else.")
    def status(folder: Path, failed: bool, json: bool) -> int:
        """What the journal of the output folder OUT says: the last run, and the sum over all results.

        With --failed, one line per file when it is not a terminal that reads it: the input, a tab, the reason.
        """
        from restore.journal_reading import read_journal

        record = read_journal(folder)
        failures = [entry for entry in record.entries if entry.state == "failed"]
        if json:
            tables.show_json(_status_document(record, failures if failed else None))
        elif failed:
            _show_failures(record, failures)
        else:
            for label, text in _status_lines(record):
                click.echo(printable(f"{label:<10} {text}"))
        return ExitCode.OK

    return status


def _status_lines(record: Record) -> Iterator[tuple[str, str]]:
    """What `status` shows: labels and texts."""
    from restore.accounting import at_work, reasons, set_aside, tally

    running = at_work(record.folder)
    if running is not None:
        yield "running", f"{running}{'' if running.alive else ' (if it has not been stopped there meanwhile)'}"
    if record.runs:
        yield from _run_lines(record, record.runs[-1], running)
    all_of_them = tally(record.entries)
    made = [entry for entry in record.entries if entry.state == "done"]
    work = f"{number(sum(e.megapixels for e in made))} MP in {duration(sum(e.seconds for e in made))} of work"
    yield f"{len(record.runs)} runs" if len(record.runs) != 1 else "1 run", f"{_sum(all_of_them, 'result')} ({work})"
    for reason, count in reasons(record.entries):
        yield "skipped", f"{count}: {reason}"
    if all_of_them.failed:
        yield "failed", f"{all_of_them.failed}: `restore status {record.folder} --failed` lists them"
    if all_of_them.left and running is None:
        yield "left", f"{all_of_them.left}: {AGAIN}"
    kept = set_aside(record.folder)
    if kept:
        yield "set aside", f"{counted(len(kept), 'file')} that stood in the place of a result, in {kept[0].parent}"


def _run_lines(record: Record, run: RunRow, running: Holder | None) -> Iterator[tuple[str, str]]:
    """The last run."""
    from restore.accounting import tally_of_run

    if run.recipe is not None:
        weights = f", weights {run.recipe.weights[:12]}" if run.recipe.weights else ""
        yield "last run", f"{run.recipe.model} {run.recipe.options}{weights}, restore {run.recipe.version}"
    if run.ended is not None:
        took = (datetime.fromisoformat(run.ended) - datetime.fromisoformat(run.began)).total_seconds()
        yield "", f"began {run.began}, ended after {duration(took)}: {run.ending}"
    else:
        yield "", f"began {run.began}, {_unended(run, running)}"
    yield "", _sum(tally_of_run(run, record.entries), "input")


def _unended(run: RunRow, running: Holder | None) -> str:
    """What became of a run that has not said how it ended."""
    if running is not None and (running.process, running.host) == (run.process, run.host):
        return "still going on" if running.alive else f"not ended as far as can be told here; it ran on {run.host}"
    return f"was killed (process {run.process} on {run.host}): {AGAIN}"


def _sum(tally: Tally, noun: str) -> str:
    left = f" + {tally.left} left" if tally.left else ""
    return f"{counted(tally.results, noun)} = {tally.done} done + {tally.skipped} skipped + {tally.failed} failed{left}"


def _source(record: Record, entry: Entry) -> str:
    """The input of a result; its output where that was never noted."""
    return entry.sources[0].path if entry.sources else str(record.folder / entry.output)


def _show_failures(record: Record, failures: Sequence[Entry]) -> None:
    if not on_terminal():
        for entry in failures:
            source, reason = (" ".join(text.split("\n")) for text in (_source(record, entry), entry.reason or ""))
            click.echo(printable(f"{source}\t{reason}"))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"{len(failures)} failed", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("file", overflow="fold")
    table.add_column("reason", overflow="fold")
    for entry in failures:
        table.add_row(*(Text(printable(text)) for text in (_source(record, entry), entry.reason or "")))
    Console().print(table)


def _status_document(record: Record, failures: Sequence[Entry] | None) -> dict[str, object]:
    from restore.accounting import at_work, reasons, set_aside, tally

    made = [entry for entry in record.entries if entry.state == "done"]
    running = at_work(record.folder)
    work = {"megapixels": round(sum(e.megapixels for e in made), 6), "seconds": round(sum(e.seconds for e in made), 3)}
    document: dict[str, object] = {
        "folder": record.folder,
        "running": None if running is None else asdict(running),
        "last_run": _run_document(record, record.runs[-1]) if record.runs else None,
        "totals": {**_tally_document(tally(record.entries), "results"), **work},
        "skipped": [{"reason": reason, "count": count} for reason, count in reasons(record.entries)],
        "set_aside": set_aside(record.folder),
    }
    if failures is not None:
        document["failed"] = [
            {"source": _source(record, each), "output": record.folder / each.output, "reason": each.reason}
            for each in failures
        ]
    return document


def _run_document(record: Record, run: RunRow) -> dict[str, object]:
    from restore.accounting import tally_of_run

    recipe = run.recipe
    return {
        "model": None if recipe is None else recipe.model,
        "weights": None if recipe is None else recipe.weights,
        "options": None if recipe is None else json_format.loads(recipe.options),
        "settings": None if recipe is None else json_format.loads(recipe.settings),
        "version": None if recipe is None else recipe.version,
        "began": run.began,
        "ended": run.ended,
        "ending": run.ending,
        "process": run.process,
        "host": run.host,
        **_tally_document(tally_of_run(run, record.entries), "inputs"),
    }


def _tally_document(tally: Tally, noun: str) -> dict[str, object]:
    sums = {"done": tally.done, "skipped": tally.skipped, "failed": tally.failed, "left": tally.left}
    return {noun: tally.results, **sums}
