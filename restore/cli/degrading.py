"""``restore degrade``: the task's command with a list of kinds, lossless results, and pairs to measure with."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from pydantic.fields import FieldInfo

from restore.cli.restoring import MASKS_OF, MODEL, TaskCommand
from restore.cli.wording import printable
from restore.codecs.formats import suffix_format
from restore.degradations import KINDS, Bounds, words
from restore.degradations.options import Spoiling
from restore.errors import ExitCode, UsageError
from restore.naming import LOSSY, Naming
from restore.option_types import accepts
from restore.plugin_manager import PluginManager
from restore.spec import RestorerSpec

TASK = "degrade"
DEGRADED, TRUTH, MASKS = "degraded", "truth", "masks"
"""The folders of ``--keep-truth``."""


def commands(manager: PluginManager) -> list[click.Command]:
    """The command, where some plugin degrades.

    Args:
        manager: Provides the restorers.
    """
    return [DegradeCommand(manager)] if TASK in manager.tasks() else []


class DegradeCommand(TaskCommand):
    """A task's command that can keep the truth beside what it spoils.

    Args:
        manager: Provides the restorers of this task.
    """

    def __init__(self, manager: PluginManager) -> None:
        super().__init__(TASK, manager)
        self.help = f"{self.help} Flags are followed in the order of --list; a --chain in its own."
        for param in self.params:
            if isinstance(param, click.Option) and param.name in ("in_place", "backup"):
                param.hidden = True
        self.params += [
            click.Option(
                ["--keep-truth"],
                is_flag=True,
                help=f"Write pairs: OUT/{DEGRADED}, OUT/{TRUTH} and, where there is damage, OUT/{MASKS}, each in the "
                "inputs' tree.",
            ),
            click.Option(
                ["--list"],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_kinds,
                help="Show all kinds and what can be said of each, and exit.",
            ),
        ]

    def own_flags(self, spec: RestorerSpec, common: Sequence[click.Parameter]) -> list[click.Option]:
        """A model's flags, each kind's with the name of its value."""
        own = super().own_flags(spec, common)
        for option in own:
            kind = KINDS.get((option.name or "").replace("_", "-"))
            option.metavar = option.metavar if kind is None else f"{kind.main.upper()}[,NAME=VALUE]"
        return own

    def invoke(self, ctx: click.Context) -> int:
        """Spoil, alone or with the truth; the return value is the exit code."""
        if ctx.params["in_place"]:
            raise UsageError("--in-place would spoil the originals.", hint="Name a folder for the results with -o.")
        return self._pairs(ctx) if ctx.params["keep_truth"] else super().invoke(ctx)

    def _pairs(self, ctx: click.Context) -> int:
        """The truth and the masks first, so that no result is there without them; one run for each folder."""
        out = self._place(ctx)
        codes, documents = [], {}
        wanted = ctx.params["format"]
        ctx.meta[MASKS_OF] = Naming.of(ctx.meta[MODEL], ctx.params["suffix"], wanted)
        reports = {flag: ctx.params[flag] for flag in ("report", "contact_sheet", "truth")}
        for name, spec in self._parts(ctx).items():
            ctx.meta[MODEL] = spec
            ctx.params |= reports if name == DEGRADED else dict.fromkeys(reports)
            ctx.params["output"] = f"{out / name}/"
            ctx.params["format"] = wanted if name == DEGRADED else _lossless(wanted)
            with _captured(ctx.params["json"]) as said:
                codes.append(super().invoke(ctx))
            if ctx.params["json"]:
                documents[name] = json.loads(said.getvalue())
            if codes[-1] == ExitCode.INTERRUPTED:
                break
        if documents:
            click.echo(printable(json.dumps(documents, indent=2)))
        return max(codes)

    def _place(self, ctx: click.Context) -> Path:
        """The folder of the pairs.

        Raises:
            UsageError: There is none, or the pairs would be inputs of the run themselves.
        """
        if ctx.params["watch"]:
            raise UsageError("--watch and --keep-truth cannot go together.", hint="Leave one of them out.")
        if ctx.params["output"] is None:
            raise UsageError("no place for the results is named.", hint="Add -o OUT.")
        out = Path(ctx.params["output"])
        named = out.is_dir() or ctx.params["output"].endswith(("/", os.sep))
        if out.is_file() or (out.suffix and not named):
            raise UsageError(
                "is no folder: --keep-truth writes several files.",
                path=out,
                hint=f"Name a folder with -o; {out}/ if it is to be called so.",
            )
        for given in ctx.params["inputs"]:
            root = Path(given if Path(given).exists() else re.split(r"[*?\[]", given)[0] or ".")
            if not root.is_file() and out.resolve().is_relative_to(root.resolve()):
                raise UsageError(f"lies inside the input {given}.", path=out, hint="Keep pairs outside their inputs.")
        return out

    def _parts(self, ctx: click.Context) -> dict[str, RestorerSpec]:
        """What makes each folder, by its name.

        Raises:
            UsageError: The model cannot tell the truth, or its mask would fit no result.
        """
        spec: RestorerSpec = ctx.meta[MODEL]
        options = self._options(ctx)
        known = {each.name: each for each in self.manager.restorers(TASK)}
        truth, mask = known.get(f"{spec.name}-truth"), known.get(f"{spec.name}-mask")
        if truth is None or mask is None or not isinstance(options, Spoiling):
            raise UsageError(f"--keep-truth is not for the model '{spec.name}'.", hint="Leave -m out.")
        if not options.damages():
            return {TRUTH: truth, DEGRADED: spec}
        if options.scale() > 1:
            raise UsageError(
                "no mask fits both the truth and a smaller picture.",
                hint="Reduce first, then damage what came out in a second run.",
            )
        return {TRUTH: truth, MASKS: mask, DEGRADED: spec}


def _lossless(wanted: str | None) -> str | None:
    """The format of what is compared with; where that would lose something, what it is without a wish."""
    return None if wanted is not None and suffix_format(f".{wanted.lower()}") in LOSSY else wanted


@contextlib.contextmanager
def _captured(wanted: bool) -> Iterator[io.StringIO]:
    """What is printed meanwhile, if that is wanted."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said) if wanted else contextlib.nullcontext():
        yield said


def _show_kinds(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Print every kind with its values."""
    if not value or ctx.resilient_parsing:
        return
    for name, kind in KINDS.items():
        click.echo(f"{name}: {(kind.__doc__ or '').splitlines()[0]}")
        for key, field in kind.model_fields.items():
            click.echo(f"    {key}: {field.description} {_allowed(field)}")
    click.echo("\nOn the command line: --gaussian 25, --gaussian 5..50, --motion-blur 9,angle=30. In a chain:\n")
    click.echo('[[step]]\nkind = "gaussian"\nsigma = [5, 50]')
    ctx.exit()


def _allowed(field: FieldInfo) -> str:
    """What a value may be, and what it is where nothing is said."""
    bounds = next((each for each in field.metadata if isinstance(each, Bounds)), None)
    said = str(bounds or accepts(field).words())
    if field.is_required():
        return f"[{said}]"
    default = field.default
    shown = words(default) if isinstance(default, tuple) else {True: "on", False: "off"}.get(default, str(default))
    return f"[{said}; default: {shown}]"
