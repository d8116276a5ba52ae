"""The loop of ``--watch``: a run over what is there, then one over whatever has arrived, until it is to stop.

The output folder is held all the time, not only while a batch runs: a second run with other options would otherwise do
everything again in between, and each of the two would undo the other's work at every new picture.

With ``--json`` each batch is one document on a line of its own, as after a run, and so is the account of all batches at
the end; they differ in ``final``.
"""

from __future__ import annotations

import json as json_format
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from restore.batch import described, hold
from restore.cli import accounts
from restore.cli.mask_flags import mask_place
from restore.cli.watch_flags import SETTLE
from restore.cli.wording import counted, printable
from restore.disk_space import check_disk
from restore.errors import ExitCode, InputError, RestoreError
from restore.job import Job
from restore.planning import Plan
from restore.reporting import FileResult, Report
from restore.resuming import DONE
from restore.spec import Companion
from restore.steps import untried
from restore.walking import kind_of
from restore.watching import Arrivals, Key, Watch, watched

STOPPING = "stopping, after what is in hand; once more to stop at once"
_TICK = 0.2
"""Seconds between looks at the clock and at the user's wish to stop."""
_SHARE = 5
"""After a look at all inputs, at least so many times as long passes before the next one."""


@dataclass
class StandBy:
    """A watched run.

    Attributes:
        values: The command's parameters by name.
        stop: Set when the user wants it to end.
        plan: Makes the plan anew: the first one (True) is refused as a whole when pictures could be lost; of later ones
            (False) only these pictures are.
        job: Everything the flags say, for a plan.
        run: Runs a job in the folder that is held.
    """

    values: Mapping[str, Any]
    stop: threading.Event
    plan: Callable[[bool], Plan]
    job: Callable[[Plan], Job]
    run: Callable[[Job], Report]
    results: dict[Key, FileResult] = field(default_factory=dict)
    left: set[Key] = field(default_factory=set)
    seconds: float = 0.0
    stopped: str | None = None
    folder: Path | None = None
    companions: tuple[Companion, ...] = ()

    def go(self) -> ExitCode:
        """Run until it is to stop.

        Returns:
            0 if nothing failed, 8 if something did, 130 if the user stopped it while pictures were left.

        Raises:
            RestoreError: What makes it impossible to go on; the account so far is printed first.
        """
        settle: float = self.values["settle"] or SETTLE
        folders = [Path(text) for text in self.values["inputs"]]
        aside = self.values["backup"] or self.values["output"]
        arrivals = Arrivals(settle)
        poll = max(settle, 1.0) if self.values["poll"] else None
        with ExitStack() as held:
            place = mask_place(self.values.get("mask"))
            masks = [place] if place is not None and kind_of(place) == "folder" else []
            watch = held.enter_context(watched([*folders, *masks], Path(aside) if aside else None, poll=poll))
            plan = self._planned(first=True)
            self.companions = plan.companions
            described(self.job(plan))  # refuses weights that cannot be read before anything is made
            self._say(plan.notes)
            if self.values["output"] is not None:
                self._hold(Path(self.values["output"]), held)
            try:
                self._batch(arrivals, plan, held)
                if not self.stop.is_set():
                    self._say([f"watching {', '.join(map(str, folders))} for new pictures; Ctrl-C ends it"])
                self._follow(watch, arrivals, held, settle)
            except RestoreError:
                if self.results:
                    self._account(arrivals)
                raise
        return self._account(arrivals)

    def _follow(self, watch: Watch, arrivals: Arrivals, held: ExitStack, settle: float) -> None:
        """Wait for arrivals, and run what is complete."""
        next_look = 0.0
        due = False
        while not self.stop.wait(_TICK):
            due |= watch.stirred()
            began = time.monotonic()
            if due and began >= next_look:
                due = False
                arrivals.look(self._planned(first=False))
                next_look = time.monotonic() + max(settle / 2, _SHARE * (time.monotonic() - began))
            if arrivals.complete():
                self._batch(arrivals, self._planned(first=False), held)

    def _planned(self, *, first: bool) -> Plan:
        """The plan for all inputs as they are now; an empty one while there are none."""
        try:
            return self.plan(first)
        except InputError:
            if all(kind_of(Path(text)) == "folder" for text in self.values["inputs"]):
                return Plan(())
            raise

    def _batch(self, arrivals: Arrivals, plan: Plan, held: ExitStack) -> None:
        """Run what of a plan is new and complete."""
        part = arrivals.take(plan)
        clashing = [item for item in part.items if item.problem is not None and item.problem in plan.collisions]
        if clashing:  # not for the journal: the name is that of another picture's result
            results = tuple(untried(item) for item in clashing)
            self.results.update((item.sources, result) for item, result in zip(clashing, results, strict=True))
            self._show(self.job(replace(plan, items=tuple(clashing))), Report(len(clashing), results, 0.0))
        keys = {item.output: item.sources for item in part.items if item not in clashing}
        if not keys or plan.folder is None:
            return
        self._hold(plan.folder, held)
        job = self.job(replace(part, items=tuple(item for item in part.items if item not in clashing)))
        check_disk(job.plan, job.growth)
        report = self.run(job)
        arrivals.replaced([item for item in job.plan.items if item.backup is not None])
        for result in report.results:
            self._count(keys.pop(result.output), result)
        self.left.update(keys.values())
        self.seconds += report.seconds
        self.stopped = report.stopped
        if any(result.reason != DONE for result in report.results) or report.left:
            self._show(job, report)

    def _count(self, key: Key, result: FileResult) -> None:
        """Note what became of an item; that it is done still is no news."""
        before = self.results.get(key)
        if before is None or before.state != "done" or result.reason != DONE:
            self.results[key] = result

    def _hold(self, folder: Path, held: ExitStack) -> None:
        """Keep other runs out of the output folder from now on."""
        if self.folder is None:
            held.enter_context(hold(folder))
            self.folder = folder

    def _show(self, job: Job, report: Report) -> None:
        """Print what became of a batch."""
        if self.values["json"]:
            click.echo(json_format.dumps({**accounts.report_document(job, report), "final": False}))
        else:
            accounts.show_report(job, report, json=False, verbose=self.values["verbose"] > 0)

    def _account(self, arrivals: Arrivals) -> ExitCode:
        """Print the sum over everything; returns the exit code."""
        left = self.left | set(arrivals.waiting)
        results = tuple(result for key, result in self.results.items() if key not in left)
        interrupted = bool(left) and self.stopped is None
        report = Report(len(results) + len(left), results, self.seconds, interrupted, self.stopped)
        code = ExitCode.SOME_FAILED if report.failed else ExitCode.OK
        code = ExitCode.INTERRUPTED if interrupted else code
        if self.values["json"]:
            plan = Plan((), folder=self.folder, companions=self.companions)
            document = accounts.report_document(self.job(plan), report)
            click.echo(json_format.dumps({**document, "exit_code": int(code), "final": True}))
        else:
            if left:
                self._say([f"{counted(len(left), 'picture')} left: run the same command again"])
            click.echo(f"in all: {accounts.summary(report)}")
        return code

    def _say(self, lines: Sequence[str]) -> None:
        """Tell the user something beside the results."""
        if not self.values["json"]:
            for line in lines:
                click.echo(printable(f"note: {line}"), err=True)
