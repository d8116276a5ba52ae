"""The commands `evaluate` and `benchmark`: figures with the convention they were measured in."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from restore.cli import tables
from restore.cli.benchmarking import benchmark_command
from restore.cli.wording import Pixels, counted, printable
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.errors import ExitCode
from restore.plugin_manager import PluginManager
from restore.stray_output import kept_off_stdout

if TYPE_CHECKING:
    from restore.evaluate import Evaluation
    from restore.metrics import Mean, Space

SPACES = ("rgb", "y", "grey")


def commands(manager: PluginManager) -> list[click.Command]:
    """The commands `evaluate` and `benchmark` over the manager's plugins."""
    return [evaluate_command(manager), benchmark_command(manager)]


def evaluate_command(manager: PluginManager) -> click.Command:
    """``restore evaluate``."""

    @click.command("evaluate", short_help="Measure restored pictures against references.")
    @click.argument("restored", type=click.Path(path_type=Path))
    @click.argument("reference", type=click.Path(path_type=Path))
    @click.option(
        "--space",
        "spaces",
        type=click.Choice(SPACES),
        multiple=True,
        default=("rgb", "y"),
        show_default="rgb and y",
        help="What to measure on; may be repeated. y: BT.601 luma 16-235 as MATLAB has it; grey: full-swing luma.",
    )
    @click.option("--border", type=click.IntRange(min=0), default=0, show_default=True, help="Pixels left out.")
    @click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Also write a table of all pictures here.")
    @click.option("--json", is_flag=True, help="Print one JSON document and nothing else.")
    @click.option("--max-pixels", type=Pixels(), default=DEFAULT_MAX_PIXELS, help="Refuse larger pictures.")
    def evaluate(
        restored: Path,
        reference: Path,
        spaces: tuple[str, ...],
        border: int,
        csv_file: Path | None,
        json: bool,
        max_pixels: int,
    ) -> int:
        """PSNR and SSIM (and what plugins measure) of RESTORED against REFERENCE: two files or two folders.

        In folders, pictures of the same relative path belong together, whatever their suffix. Pictures without a
        partner are named, and the exit code is then not 0.
        """
        from restore.evaluate import evaluate
        from restore.metrics import Convention

        if csv_file is not None:
            tables.check_csv(csv_file, (restored, reference))
        conventions = [Convention(cast("Space", space), border) for space in dict.fromkeys(spaces)]
        with kept_off_stdout():
            evaluation = evaluate(restored, reference, conventions, manager, max_pixels)
        _show_evaluation(evaluation, json=json)
        if csv_file is not None:
            tables.write_csv(csv_file, [{"image": score.name, **score.values} for score in evaluation.scores])
        if not evaluation.problems:
            return ExitCode.OK
        return ExitCode.SOME_FAILED if evaluation.scores else ExitCode.INPUT

    return evaluate


def _show_evaluation(evaluation: Evaluation, *, json: bool) -> None:
    means = evaluation.means()
    if json:
        tables.show_json(
            {
                "conventions": [{**asdict(each), "words": str(each)} for each in evaluation.conventions],
                "images": [{"image": score.name, **score.values} for score in evaluation.scores],
                "mean": {name: asdict(value) for name, value in means.items()},
                "problems": [str(problem) for problem in evaluation.problems],
            }
        )
        return
    if evaluation.scores:
        rows: list[tables.Row] = [{"image": score.name, **score.values} for score in evaluation.scores]
        rows.append({"image": "mean", **{name: value.value for name, value in means.items()}})
        tables.show_table("", rows, tables.decimals(means))
        for convention in evaluation.conventions:
            click.echo(f"{convention.space}: {convention}")
        for sentence in _left_out(means):
            click.echo(sentence)
    for problem in evaluation.problems:
        click.echo(printable(f"error: {problem}"), err=True)


def _left_out(means: dict[str, Mean]) -> list[str]:
    """What the means leave out, in words."""
    sentences = []
    for name, value in means.items():
        if value.identical and math.isfinite(value.value):
            sentences.append(f"{name}: {counted(value.identical, 'identical picture')} (inf) left out of the mean")
        if value.undefined:
            sentences.append(f"{name}: not defined for {counted(value.undefined, 'picture')}, left out of the mean")
    return sentences
