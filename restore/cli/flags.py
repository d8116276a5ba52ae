"""The flags that every task command has."""

from __future__ import annotations

import click

from restore.cli.mask_flags import mask_flags
from restore.cli.plan_flags import plan_flags
from restore.cli.report_flags import report_flags
from restore.cli.run_flags import run_flags
from restore.cli.series_flags import series_flags
from restore.cli.watch_flags import watch_flags
from restore.cli.wording import Bytes, Device, Pixels
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.engine import JOBS

NOT_FOR_SERIES = frozenset({"in_place", "backup", "watch", "settle", "poll"})
"""Names of the flags that make no sense where several pictures become one."""


def common_flags(models: list[str], *, masks: bool = False, series: bool = False) -> list[click.Parameter]:
    """Make the parameters that do not depend on the model.

    Args:
        models: Names that ``-m`` takes; shown by shell completion.
        masks: With those that say what is missing in the pictures.
        series: With those that say which files are frames of one series.
    """

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        return [name for name in models if name.startswith(incomplete)]

    params = [
        click.Argument(["inputs"], nargs=-1, required=True, metavar="INPUT..."),
        click.Option(["-o", "--output"], metavar="OUT", help="The folder (or file) for the results."),
        click.Option(["-m", "--model"], metavar="MODEL", shell_complete=complete, help="Which model; see below."),
        click.Option(["--weights"], metavar="FILE|NAME", help="Weights of your own: a file, or as added."),
        click.Option(["--overwrite"], is_flag=True, help="Replace results that exist; otherwise they are skipped."),
        click.Option(
            ["--quality"], type=click.IntRange(1, 100), metavar="N", help="Of JPEG, WebP, AVIF. [default: the source's]"
        ),
        *(mask_flags() if masks else []),
        *(series_flags() if series else []),
        *plan_flags(),
        *run_flags(),
        *report_flags(),
        *watch_flags(),
        *_machine_flags(),
        click.Option(["--dry-run"], is_flag=True, help="Only show what would be done, and what it takes."),
        click.Option(["--json"], is_flag=True, help="Print one JSON document at the end and nothing else."),
        click.Option(["-v", "--verbose"], count=True, help="Say more; -vv even more."),
    ]
    for param in params:
        if series and isinstance(param, click.Option) and param.name in NOT_FOR_SERIES:
            param.hidden = True  # `restore.cli.series_flags.series_of` refuses it and says why
    return params


def _machine_flags() -> list[click.Parameter]:
    """Flags about the machine, not about the picture."""
    precisions = click.Choice(["auto", "float32", "bfloat16", "float16"])
    return [
        click.Option(
            ["--device"],
            type=Device(),
            metavar="auto|cpu|cuda[:N]|mps",
            default="auto",
            show_default=True,
            help="Where to compute.",
        ),
        click.Option(["--precision"], type=precisions, default="auto", show_default=True, help="Of the network."),
        click.Option(
            ["--tile"],
            type=click.IntRange(min=16),
            metavar="N",
            help="Edge of a tile, in pixels. [default: fits memory]",
        ),
        click.Option(["--memory"], type=Bytes(), help="What the whole program may use, like 2GiB. [default: moderate]"),
        click.Option(["--threads"], type=click.IntRange(min=1), metavar="N", help="CPU threads. [default: all cores]"),
        click.Option(
            ["--jobs"],
            type=click.IntRange(1, 64),
            metavar="N",
            default=JOBS,
            show_default=True,
            help="Threads that read, and as many that write, beside the network.",
        ),
        click.Option(
            ["--max-pixels"],
            type=Pixels(),
            default=DEFAULT_MAX_PIXELS,
            help=f"Refuse larger pictures, which may be decompression bombs. [default: {DEFAULT_MAX_PIXELS // 10**6}M]",
        ),
    ]
