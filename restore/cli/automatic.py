"""``restore auto``: looks at each photo, does only what helps, and says why; ``--dry-run`` shows the plan per photo."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from restore.auto.request import AutoOptions, AutoRun
from restore.auto.restoring import NAME, Automatic, auto_run, auto_spec, workers
from restore.auto.writing import check_place, write_plans
from restore.cli import plan_view
from restore.cli.restoring import MODEL, TaskCommand, logging_as_asked
from restore.cli.wording import counted, printable
from restore.errors import ExitCode, RestoreError
from restore.forecast import foresee
from restore.journal_reading import read_journal
from restore.options import build_options
from restore.pipeline.chain import Models
from restore.plugin_manager import PluginManager
from restore.rehearsal import rehearsed
from restore.stray_output import kept_off_stdout

if TYPE_CHECKING:
    import threading

    from restore.job import Job
    from restore.reporting import Report
    from restore.spec import Options, RestorerSpec

_OPTIONS = "restore.auto.options"
_NOT_HERE = frozenset({"model", "weights"})
"""Flags of a task's command that mean nothing here."""

Accounts = dict[Path, Mapping[str, Any]]
"""By a result's path: what was found in its photo, and what is done to it."""


def commands(manager: PluginManager) -> list[click.Command]:
    """The command, whatever the plugins."""
    return [AutoCommand(manager)]


class AutoCommand(TaskCommand):
    """A task's command whose model chooses among the models of other tasks, photo by photo.

    Args:
        manager: Provides the restorers.
    """

    def __init__(self, manager: PluginManager) -> None:
        super().__init__(NAME, manager)
        self.short_help = "Look at each photo, and do only what helps."
        self.help = (
            "Look at each photo, choose the steps that help (JPEG, damage, noise, casts, fading, weak contrast) "
            "and do them as a pipeline. A photo that needs nothing is copied byte for byte. INPUT is files, folders "
            "(with all in them) or quoted patterns. OUT is a file for one input, else a folder that mirrors them. "
            "Originals are never changed, unless --in-place says so. With --dry-run every photo is looked at, and what "
            "would be done to it is shown."
        )
        self.params = [param for param in self.params if param.name not in _NOT_HERE]
        self.params.append(
            click.Option(
                ["--write-pipeline"],
                type=click.Path(),
                metavar="FILE|FOLDER",
                help="Write each photo's steps for `restore run`, to be edited: a TOML file for one photo, else a "
                "folder with one per photo that needs any, in the inputs' tree. Those that exist stay, unless "
                "--overwrite.",
            )
        )

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the flags; there is no model to be chosen."""
        ctx.meta[MODEL] = auto_spec(self.manager)
        return click.Command.parse_args(self, ctx, args)

    def own_flags(self, spec: RestorerSpec, common: Sequence[click.Parameter]) -> list[click.Option]:
        """The flags of what can be asked for."""
        return [flag for flag in super().own_flags(spec, common) if flag.name in AutoOptions.model_fields]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the flags."""
        click.Command.format_options(self, ctx, formatter)

    def invoke(self, ctx: click.Context) -> int:
        """Run, or show what each photo needs; the return value is the exit code."""
        ctx.params |= {"model": NAME, "weights": None}
        if ctx.params["watch"] or not ctx.params["dry_run"]:
            return super().invoke(ctx)
        with logging_as_asked(ctx.params["verbose"]):
            return self._foretell(ctx, rehearsed(self._job(ctx, self._plan(ctx))))

    def _options(self, ctx: click.Context) -> Options:
        if _OPTIONS not in ctx.meta:
            asked = build_options(AutoOptions, {name: ctx.params[name] for name in AutoOptions.model_fields})
            assert isinstance(asked, AutoOptions)
            ctx.meta[_OPTIONS] = auto_run(asked, self.manager)
        found: Options = ctx.meta[_OPTIONS]
        return found

    def _workers(self, ctx: click.Context) -> Callable[[], PluginManager]:
        return workers

    def _run(self, ctx: click.Context, job: Job, stop: threading.Event, *, held: bool = False) -> Report:
        place = ctx.params["write_pipeline"]
        if place is not None:
            check_place(place, job.plan)
        report = super()._run(ctx, job, stop, held=held)
        if place is not None:
            self._write(ctx, job, _accounts_of(job, report))
        return report

    def _foretell(self, ctx: click.Context, job: Job) -> int:
        """Look at every photo, and show what would be done to it and what that takes."""
        place = ctx.params["write_pipeline"]
        if place is not None:
            check_place(place, job.plan)
        with kept_off_stdout():
            accounts, problems = self._looked(job)
            forecast = foresee(job, self.manager)
        code = plan_view.show_plan(
            job,
            forecast,
            json=ctx.params["json"],
            verbose=ctx.params["verbose"] > 0,
            accounts=accounts,
        )
        for problem in problems:
            click.echo(printable(f"fail {problem}"), err=True)
        if place is not None:
            self._write(ctx, job, accounts)
        return code or (ExitCode.SOME_FAILED if problems else ExitCode.OK)

    def _looked(self, job: Job) -> tuple[Accounts, list[str]]:
        """What each photo that is to be done needs; and which cannot be read."""
        looker, options = Automatic(self.manager, Models(self.manager, job.runtime)), job.options
        assert isinstance(options, AutoRun)
        accounts: Accounts = {}
        problems = []
        for item in job.plan.pending:
            try:
                image = self.manager.read_image(item.sources[0], job.max_pixels)
                accounts[item.output] = looker.planned(image, options)
            except RestoreError as error:
                problems.append(f"{item.sources[0]}: {error.message}" if error.path is None else str(error))
        return accounts, problems

    def _write(self, ctx: click.Context, job: Job, accounts: Accounts) -> None:
        """Write the steps, and say where."""
        written, kept = write_plans(ctx.params["write_pipeline"], job.plan, accounts, overwrite=ctx.params["overwrite"])
        if not ctx.params["json"]:
            nothing = sum(not account["steps"] for account in accounts.values())
            click.echo(
                f"note: {counted(len(written), 'pipeline')} written to {ctx.params['write_pipeline']}"
                + (f"; {counted(nothing, 'photo')} need{'s' * (nothing == 1)} none" if nothing else "")
                + (f"; {counted(len(kept), 'file')} that existed kept (--overwrite replaces)" if kept else ""),
                err=True,
            )


def _accounts_of(job: Job, report: Report) -> Accounts:
    """What was found and done, of this run and of those before it."""
    told = {result.output: json.loads(result.account) for result in report.results if result.account is not None}
    if job.plan.folder is None or len(told) == len(report.results):
        return told
    return dict(_recorded(job)) | told


def _recorded(job: Job) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    folder = job.plan.folder
    assert folder is not None
    wanted = {item.output for item in job.plan.items}
    for entry in read_journal(folder).entries:
        if entry.account is not None and folder / entry.output in wanted:
            yield folder / entry.output, entry.account
