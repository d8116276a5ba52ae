"""One command per task (``restore denoise`` …), made from what the plugins say about their restorers."""

from __future__ import annotations

import difflib
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from restore.batch import run_batch
from restore.cli import accounts, plan_view
from restore.cli.flags import common_flags
from restore.cli.mask_flags import NAMES as MASK_FLAGS
from restore.cli.mask_flags import masking_of, takes_masks
from restore.cli.plan_flags import planned
from restore.cli.progress import watching
from restore.cli.report_flags import check_reports, last_run, write_reports
from restore.cli.series_flags import NAMES as SERIES_FLAGS
from restore.cli.series_flags import series_of, takes_series
from restore.cli.stopping import stopped_by_signals
from restore.cli.task_help import kept, places
from restore.cli.titles import TITLES
from restore.cli.watch_flags import check_watch
from restore.cli.wording import printable
from restore.codecs.formats import WRITABLE_SUFFIXES
from restore.contracts import promised_companions
from restore.disk_space import check_disk
from restore.errors import PluginError, UsageError
from restore.forecast import foresee
from restore.job import Job
from restore.masks.request import Masking
from restore.naming import KEPT_EXACTLY
from restore.option_types import settable
from restore.options import build_options, click_options
from restore.planning import Plan
from restore.plugin_manager import PluginManager
from restore.rehearsal import rehearsed
from restore.reporting import Report
from restore.spec import Options, RestorerSpec, Runtime
from restore.stray_output import kept_off_stdout

MODEL, _MASKING, _OPTIONS = "restore.model", "restore.masking", "restore.options"
MASKS_OF = "restore.masks_of"
"""How pictures are called whose masks a run makes, where these are not its inputs: `restore.naming.Naming.masks_of`."""
EXTENDED = frozenset({"degrade"})
"""Tasks whose command stands in a file of its own: `restore.cli.degrading`."""


def commands(manager: PluginManager) -> list[click.Command]:
    """The commands of all tasks that some restorer serves, but for those that have more flags of their own."""
    return [TaskCommand(task, manager) for task in manager.tasks() if task not in EXTENDED]


class TaskCommand(click.Command):
    """A command whose flags depend on its ``-m``: the model is chosen before the other flags are read.

    Args:
        task: The task, and the command's name.
        manager: Provides the restorers of this task.
    """

    def __init__(self, task: str, manager: PluginManager) -> None:
        specs = manager.restorers(task)
        title = TITLES.get(task, f"Run the task '{task}' on pictures.")
        super().__init__(
            task,
            params=common_flags([spec.name for spec in specs], masks=takes_masks(specs), series=takes_series(specs)),
            help=f"{title} INPUT is files, folders (with all in them) or quoted patterns ('scans/**/*.tif'). "
            f"{places(specs)} {kept(specs, lossless=task in KEPT_EXACTLY)}",
            short_help=title,
        )
        self.task = task
        self.manager = manager

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Choose the model by ``-m``, then parse with its flags."""
        ctx.meta[MODEL] = self._choose(_model_in(args))
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The common parameters and the chosen model's."""
        common = super().get_params(ctx)
        spec: RestorerSpec | None = ctx.meta.get(MODEL)
        if spec is None:
            return common
        return [*common, *self.own_flags(spec, common)]

    def own_flags(self, spec: RestorerSpec, common: Sequence[click.Parameter]) -> list[click.Option]:
        """A model's flags; refuses one that every command has already."""
        return _own_flags(spec, common)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the model's flags first, then those all models share, then the models there are."""
        spec: RestorerSpec = ctx.meta[MODEL]
        common = super().get_params(ctx)
        own = self.own_flags(spec, common)
        sections = (
            (f"Options of the model {spec.name}", own),
            ("The mask", [param for param in common if param.name in MASK_FLAGS]),
            ("The series", [param for param in common if param.name in SERIES_FLAGS]),
            ("Options of every model", [param for param in common if param.name not in MASK_FLAGS | SERIES_FLAGS]),
        )
        for title, params in sections:
            flags = [param for param in params if isinstance(param, click.Option)]
            records = [record for flag in flags if (record := flag.get_help_record(ctx)) is not None]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        with formatter.section(f"Models (-m, `restore {self.task} -m MODEL --help` shows their options)"):
            formatter.write_dl([(each.name, each.summary) for each in self.manager.restorers(self.task)])

    def invoke(self, ctx: click.Context) -> int:
        """Plan, run and report; the return value is the exit code."""
        with logging_as_asked(ctx.params["verbose"]):
            check_watch(ctx.params)
            check_reports(ctx.params)
            if ctx.params["watch"]:
                return self._watch(ctx)
            job = self._job(ctx, self._plan(ctx))
            if ctx.params["dry_run"]:
                job = rehearsed(job)
                with kept_off_stdout():
                    forecast = foresee(job, self.manager)
                return plan_view.show_plan(job, forecast, json=ctx.params["json"], verbose=ctx.params["verbose"] > 0)
            check_disk(job.plan, job.growth)
            if not ctx.params["json"]:
                for note in job.plan.notes:
                    click.echo(printable(f"note: {note}"), err=True)
            before = last_run(job.plan.folder)
            with stopped_by_signals(quiet=ctx.params["json"]) as stop:
                report = self._run(ctx, job, stop)
            accounts.show_report(job, report, json=ctx.params["json"], verbose=ctx.params["verbose"] > 0)
            write_reports(ctx.params, self.manager, job, report, before)
            return report.exit_code

    def _run(self, ctx: click.Context, job: Job, stop: threading.Event, *, held: bool = False) -> Report:
        """Run a job as the flags say: with workers where these plugins can be found again in another process."""
        values = ctx.params
        isolated = values["isolate"] and self.manager.discovered and job.plan.folder is not None
        if values["timeout"] is not None and not isolated:
            raise UsageError(
                "--timeout needs a process that can be ended.",
                hint="Leave --no-isolate out and name a folder after -o.",
            )
        with watching(json=values["json"], verbose=values["verbose"] > 0) as observer:
            return run_batch(
                job,
                self.manager,
                observer,
                workers=self._workers(ctx) if isolated else None,
                timeout=values["timeout"],
                stop=stop,
                held=held,
            )

    def _workers(self, ctx: click.Context) -> Callable[[], PluginManager]:
        """Finds the plugins again in another process."""
        return PluginManager.discover

    def _watch(self, ctx: click.Context) -> int:
        """Do the same again and again, with whatever is new."""
        from restore.cli.standing_by import STOPPING, StandBy

        with stopped_by_signals(quiet=ctx.params["json"], note=STOPPING) as stop:
            return StandBy(
                ctx.params,
                stop,
                plan=lambda first: self._plan(ctx, list_collisions=not first),
                job=lambda the_plan: self._job(ctx, the_plan),
                run=lambda job: self._run(ctx, job, stop, held=True),
            ).go()

    def _plan(self, ctx: click.Context, list_collisions: bool | None = None) -> Plan:
        """Which file becomes which, as the flags say."""
        anything = any("write_image" in plugin.hooks for plugin in self.manager.plugins())
        writable = None if anything else WRITABLE_SUFFIXES
        companions = promised_companions(ctx.meta[MODEL], self._options(ctx))
        return planned(
            ctx.params,
            ctx.meta[MODEL],
            writable=writable,
            list_collisions=list_collisions,
            companions=companions,
            masking=self._masking(ctx),
            series=series_of(ctx.params, ctx.meta[MODEL]),
            masks_of=ctx.meta.get(MASKS_OF),
        )

    def _masking(self, ctx: click.Context) -> Masking | None:
        """What the flags say is missing; asked once, since a detector's weights are hashed for it."""
        if _MASKING not in ctx.meta:
            ctx.meta[_MASKING] = masking_of(ctx.params, ctx.meta[MODEL], self.manager)
        found: Masking | None = ctx.meta[_MASKING]
        return found

    def _options(self, ctx: click.Context) -> Options:
        """The model's own options, complete; asked once, since a file may be read for them."""
        if _OPTIONS not in ctx.meta:
            spec: RestorerSpec = ctx.meta[MODEL]
            given = build_options(spec.options, {name: ctx.params[name] for name in settable(spec.options)})
            ctx.meta[_OPTIONS] = self.manager.completed(spec, given, self._weights(ctx))
        options: Options = ctx.meta[_OPTIONS]
        return options

    def _weights(self, ctx: click.Context) -> Path | None:
        """The weights file that the user names, by its path or as it was added."""
        named: str | None = ctx.params["weights"]
        return None if named is None else self.manager.weights.file(ctx.meta[MODEL], named)

    def _job(self, ctx: click.Context, the_plan: Plan) -> Job:
        """Everything the flags say, checked, before anything is loaded."""
        spec: RestorerSpec = ctx.meta[MODEL]
        values = ctx.params
        options = self._options(ctx)
        runtime = Runtime(values["device"], values["precision"], values["tile"], values["memory"], values["threads"])
        return Job(
            plan=the_plan,
            spec=spec,
            options=options,
            runtime=runtime,
            weights=self._weights(ctx),
            overwrite=values["overwrite"],
            max_pixels=values["max_pixels"],
            quality=values["quality"],
            jobs=values["jobs"],
            provenance=values["provenance"],
            max_failures=values["max_failures"],
            masking=self._masking(ctx),
            series=series_of(values, spec),
        )

    def _choose(self, name: str | None) -> RestorerSpec:
        """The model asked for, or the task's default."""
        if name is None:
            return self.manager.default_restorer(self.task)
        spec = self.manager.served(self.task, name)
        if spec is not None:
            return spec
        served = [spec.name for spec in self.manager.restorers(self.task)]
        close = difflib.get_close_matches(name, served, n=1)
        question = f"Did you mean {close[0]}? " if close else ""
        others = [spec.task for spec in self.manager.restorers() if spec.name == name]
        what = f"the model '{name}' is for `restore {others[0]}`." if others else f"there is no model '{name}'."
        raise PluginError(what, hint=f"{question}Models for {self.task}: {', '.join(served)}.")


def _model_in(args: Sequence[str]) -> str | None:
    """The value of the last ``-m``/``--model``, read before the flags are known."""
    name = None
    for index, word in enumerate(args):
        if word == "--":
            break
        found = re.fullmatch(r"-v*m(.*)|--model(?:=(.*))?", word)
        if found:
            attached = found[1] or found[2]
            name = attached if attached else args[index + 1] if index + 1 < len(args) else None
    return name


def _own_flags(spec: RestorerSpec, common: Sequence[click.Parameter]) -> list[click.Option]:
    own = click_options(spec.options)
    taken = {name for param in common for name in [param.name, *param.opts]}
    for option in own:
        clash = taken.intersection([option.name, *option.opts])
        if clash:
            raise PluginError(
                f"the option {' '.join(option.opts)} of the model '{spec.name}' is one that every command has already.",
                hint="The plugin must give it another name; choose another model with -m.",
            )
    return own


@contextmanager
def logging_as_asked(verbosity: int) -> Iterator[None]:
    """Send the package's log to standard error: warnings, with -v what is done, with -vv the details."""
    logger = logging.getLogger("restore")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel((logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)])
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
