"""How a run looks while it goes on: a bar on a terminal, plain lines elsewhere, nothing for scripts that read JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from restore.cli.wording import number, printable
from restore.masks.request import NOTHING
from restore.planning import Plan, WorkItem
from restore.reporting import FileResult, Observer, Silence
from restore.resuming import DONE
from restore.steps import file_size
from restore.stray_output import kept_off_stdout

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Lines(Silence):
    """One plain line per file on standard output, warnings on standard error.

    Args:
        verbose: Name the pictures in which nothing is missing, too; otherwise they are only counted, at the end.
        out: Standard output; None for what Python takes for it.
    """

    def __init__(self, *, verbose: bool = False, out: TextIO | None = None) -> None:
        self._verbose, self._out = verbose, out

    def finished(self, result: FileResult) -> None:
        """Print what became of the file; what an earlier run has done is only counted, at the end."""
        if result.reason == DONE:
            return
        click.echo(printable(line(result)), file=self._out)
        for sentence in _sentences(result, verbose=self._verbose):
            click.echo(printable(sentence), err=True)


class Bar:
    """A bar with files, MP/s and the time left, on standard error; failures and warnings scroll by above it.

    Progress is counted in bytes of the inputs, which foretells the time left better than the number of files where
    sizes differ.

    Args:
        verbose: As for `Lines`.
    """

    def __init__(self, *, verbose: bool = False) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.progress: Progress = Progress(
            TextColumn("{task.fields[files]}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[speed]}", markup=False),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self._verbose = verbose
        self._task: TaskID | None = None
        self._sizes: dict[str, int] = {}
        self._count = 0
        self._megapixels = 0.0
        self._began = time.perf_counter()

    def started(self, plan: Plan) -> None:
        """Set the bar's length."""
        self._sizes = {str(item.sources[0]): max(file_size(item), 1) for item in plan.items}
        self._total = len(plan.items)
        self._task = self.progress.add_task(
            "loading the model", total=sum(self._sizes.values()), files=f"0/{self._total}", speed=""
        )

    def progressed(self, item: WorkItem) -> None:
        """Show which file is being restored."""
        self._update(0, printable(item.sources[0].name))

    def finished(self, result: FileResult) -> None:
        """Move on; keep what the user must know on the screen."""
        self._count += 1
        if result.state == "done":
            self._megapixels += result.megapixels
        if result.state == "failed":
            self._say(line(result))
        for sentence in _sentences(result, verbose=self._verbose):
            self._say(sentence)
        self._update(self._sizes.get(str(result.source), 0), None)

    def _update(self, advance: int, description: str | None) -> None:
        if self._task is None:
            return
        speed = self._megapixels / max(time.perf_counter() - self._began, 1e-3)
        self.progress.update(
            self._task,
            advance=advance,
            description=description,
            files=f"{self._count}/{self._total}",
            speed=f"{number(speed)} MP/s" if self._megapixels else "",
        )

    def _say(self, text: str) -> None:
        self.progress.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)


def line(result: FileResult) -> str:
    """What became of one file, in one line."""
    if result.state == "done":
        return f"{result.source} -> {result.output} ({number(result.megapixels)} MP, {result.seconds:.1f} s)"
    return f"{result.state} {result.source}: {result.reason}"


def _sentences(result: FileResult, *, verbose: bool) -> Iterator[str]:
    """What is to be said of one file beside what became of it."""
    if verbose and result.account is not None and (summary := json.loads(result.account).get("summary")):
        yield f"note: {result.source}: {summary}"
    for sentence in result.warnings:
        if not sentence.startswith(NOTHING):
            yield f"warning: {result.source}: {sentence}"
        elif verbose:
            yield f"note: {result.source}: {sentence}"


def on_terminal() -> bool:
    """Whether a person is watching: a bar would be noise in a file or a pipe."""
    return sys.stdout.isatty() and sys.stderr.isatty()


@contextmanager
def watching(*, json: bool, verbose: bool = False) -> Iterator[Observer]:
    """The observer for this run: silent for JSON, a bar on a terminal, else plain lines.

    What models print meanwhile goes to standard error.
    """
    watched = on_terminal()
    with kept_off_stdout() as out:
        if json:
            yield Silence()
        elif watched:
            bar = Bar(verbose=verbose)
            with bar.progress:
                yield bar
        else:
            yield Lines(verbose=verbose, out=out)
