"""``restore run``: the steps of a TOML file, one after the other, with everything that a task's command has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from restore.cli.restoring import MODEL, TaskCommand
from restore.pipeline.description import NAME, TASK, PipelineOptions, pipeline_options, pipeline_spec, workers_of
from restore.pipeline.file import read_pipeline
from restore.pipeline.schema import pipeline_schema
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from restore.pipeline.planned import PlannedStep
    from restore.spec import Options

_STEPS, _OPTIONS = "restore.pipeline.steps", "restore.pipeline.options"
_NOT_HERE = frozenset({"model", "weights"})
"""Flags of a task's command that each step says for itself."""


def commands(manager: PluginManager) -> list[click.Command]:
    """The command, whatever the plugins."""
    return [RunCommand(manager)]


class RunCommand(TaskCommand):
    """A task's command whose model is a pipeline from a file.

    Args:
        manager: Provides the restorers.
    """

    def __init__(self, manager: PluginManager) -> None:
        super().__init__(TASK, manager)
        self.short_help = "Do several steps in a row, as a file says."
        self.help = (
            "Do the steps of the file PIPELINE one after the other, each picture decoded and encoded once. A step is a "
            'TOML table [[step]] with task = "denoise" and so on, model where it is not the task\'s default, and that '
            "model's options, called like their flags. INPUT is files, folders (with all in them) or quoted patterns. "
            "OUT is a file for one input file, else a folder that mirrors the inputs. Originals are never changed, "
            "unless --in-place says so."
        )
        self.params = [
            click.Argument(["pipeline"], metavar="PIPELINE"),
            *(param for param in self.params if param.name not in _NOT_HERE),
            click.Option(
                ["--schema"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=self._show_schema,
                help="Print a JSON schema of pipeline files, for editors, and exit.",
            ),
        ]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the flags; the file is read when they are known."""
        return click.Command.parse_args(self, ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the flags; each model's options are its task's command's to show."""
        click.Command.format_options(self, ctx, formatter)

    def invoke(self, ctx: click.Context) -> int:
        """Read the pipeline, check all of it, then run it; the return value is the exit code."""
        steps = read_pipeline(ctx.params["pipeline"], self.manager)
        ctx.meta[MODEL] = pipeline_spec(steps, self.manager)
        ctx.meta[_STEPS], ctx.meta[_OPTIONS] = steps, pipeline_options(steps, self.manager)
        ctx.params |= {"model": NAME, "weights": None}
        return super().invoke(ctx)

    def _options(self, ctx: click.Context) -> Options:
        options: PipelineOptions = ctx.meta[_OPTIONS]
        return options

    def _workers(self, ctx: click.Context) -> Callable[[], PluginManager]:
        steps: tuple[PlannedStep, ...] = ctx.meta[_STEPS]
        return workers_of(steps)

    def _show_schema(self, ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            click.echo(json.dumps(pipeline_schema(self.manager), indent=2))
            ctx.exit()
