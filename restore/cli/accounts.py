"""What is printed after a run: for people, or one JSON document for scripts.

The document of a run: ``task``, ``model``, ``inputs``, ``done``, ``skipped``, ``failed``, ``left`` (only after an
interruption or an early stop more than 0), ``interrupted``, ``stopped`` (why it stopped early, or null),
``nothing_missing`` (in how many there was nothing to fill, or no damage was found), ``megapixels``, ``seconds``,
``exit_code``, ``notes``, and ``results``: per input (or series) ``source``, ``frames`` (all files of a series, or
null), ``output``, ``companions`` (what is written beside the output), ``state`` ("done", "skipped", "failed"),
``reason``, ``seconds``, ``megapixels``, ``warnings``, and ``account`` (what a pipeline or `auto` found and did, see
docs/pipelines.md; else null).
"""

from __future__ import annotations

import json as json_format
from collections.abc import Sequence
from pathlib import Path

import click

from restore.cli.wording import counted, duration, number, printable
from restore.errors import ExitCode
from restore.job import Job
from restore.masks.request import NOTHING
from restore.naming import companion_paths
from restore.reporting import FileResult, Report
from restore.resuming import DONE
from restore.spec import Companion, Makes


def show_report(job: Job, report: Report, *, json: bool, verbose: bool) -> None:
    """Print the final account of a run: failures with their reasons, then the sum."""
    if json:
        click.echo(json_format.dumps(report_document(job, report), indent=2))
        return
    failed = [result for result in report.results if result.state == "failed"] if report.failed else []
    for result in failed:
        label = "error" if report.inputs == 1 else "failed"
        click.echo(printable(f"{label}: {result.source}: {result.reason}"), err=True)
        if verbose and result.details:
            click.echo(printable(result.details), err=True)
    if report.stopped is not None:
        click.echo(printable(f"stopped early: {report.stopped}; the same command goes on with what is left"), err=True)
    if report.interrupted:
        click.echo("interrupted: run the same command again for what is left; finished results are kept", err=True)
    untouched = report.warned_of(NOTHING)
    if untouched:
        click.echo(f"note: {_untouched(untouched, job)}{'' if verbose else ' (-v names them)'}", err=True)
    click.echo(summary(report))


def _untouched(count: int, job: Job) -> str:
    """In how many pictures nothing is missing, and what became of them."""
    pictures = counted(count, "picture")
    if job.spec.makes is Makes.MASK:
        return f"no damage was found in {pictures}: {'its mask is' if count == 1 else 'their masks are'} black"
    return f"nothing is missing in {pictures}, left as {'it is' if count == 1 else 'they are'}"


def summary(report: Report) -> str:
    """``12 inputs = 3 done + 8 skipped + 1 failed (7 done already; 35.2 MP in 21 s, 1.7 MP/s)``."""
    before = report.with_reason(DONE)
    already = f"{before} done already; " if before else ""
    left = f" + {report.left} left" if report.left else ""
    speed = f", {number(report.megapixels / report.seconds)} MP/s" if report.done and report.seconds > 0 else ""
    return (
        f"{counted(report.inputs, 'input')} = {report.done} done + {report.skipped} skipped + {report.failed} failed"
        f"{left} ({already}{number(report.megapixels)} MP in {duration(report.seconds)}{speed})"
    )


def report_document(job: Job, report: Report) -> dict[str, object]:
    """What ``--json`` prints; see the top of this file."""
    series = {item.output: item.sources for item in job.plan.items if len(item.sources) > 1}
    return {
        "task": job.spec.task,
        "model": job.spec.name,
        "inputs": report.inputs,
        "done": report.done,
        "skipped": report.skipped,
        "failed": report.failed,
        "left": report.left,
        "interrupted": report.interrupted,
        "stopped": report.stopped,
        "nothing_missing": report.warned_of(NOTHING),
        "megapixels": round(report.megapixels, 6),
        "seconds": round(report.seconds, 3),
        "exit_code": int(ExitCode(report.exit_code)),
        "notes": list(job.plan.notes),
        "results": [
            _result_document(result, series.get(result.output), job.plan.companions) for result in report.results
        ],
    }


def _result_document(
    result: FileResult, frames: Sequence[Path] | None, companions: tuple[Companion, ...]
) -> dict[str, object]:
    return {
        "source": str(result.source),
        "frames": None if frames is None else [str(path) for path in frames],
        "output": str(result.output),
        "companions": [str(path) for path in companion_paths(result.output, companions)],
        "state": result.state,
        "reason": result.reason,
        "seconds": round(result.seconds, 3),
        "megapixels": round(result.megapixels, 6),
        "warnings": list(result.warnings),
        "account": None if result.account is None else json_format.loads(result.account),
    }
