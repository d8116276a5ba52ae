"""The command `benchmark`: models side by side on the same pictures."""

from __future__ import annotations

import datetime as dt
import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.cli import tables
from restore.cli.wording import Device, Pixels, printable
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.errors import ExitCode, UsageError
from restore.holes import KINDS
from restore.plugin_manager import PluginManager
from restore.series.request import AUTO, MODES
from restore.spec import Runtime

if TYPE_CHECKING:
    from restore.benchmark.running import Observer, Outcome, Row
    from restore.benchmark.tasks import Case, Setup, Task
    from restore.benchmark.worker import Contender
    from restore.metrics import Convention

NOTES = (
    "time: restoring alone, in memory, after an untimed run, picture by picture in turn; memory: peak of the model's "
    "own process with interpreter and libraries",
    "GFLOP/s: operations of the network as run, counted apart; sgemm: best float32 matrix product of 2048x2048 between "
    "the pictures",
)


def benchmark_command(manager: PluginManager) -> click.Command:
    """``restore benchmark``."""

    @click.command("benchmark", short_help="Compare models: quality, speed, memory.")
    @click.argument("task")
    @click.argument("data", required=False, type=click.Path(path_type=Path))
    @click.option(
        "-m",
        "--model",
        "models",
        multiple=True,
        required=True,
        metavar="MODEL[:NAME=VALUE,...]",
        help="A model, with options of its own if you like ('nlm:norm=l2', 'conv-dae:weights=my.safetensors').",
    )
    @click.option("--sigma", multiple=True, type=click.FloatRange(0, 255), help="denoise: noise to add. [default: 25]")
    @click.option("--blind", is_flag=True, help="denoise, dejpeg: do not tell the models how strong it is.")
    @click.option("--pairs", nargs=2, type=click.Path(path_type=Path), help="denoise: folders NOISY and CLEAN.")
    @click.option("--grey", is_flag=True, help="denoise, dejpeg: make the pictures grey first.")
    @click.option("--seed", type=click.IntRange(min=0), help="denoise, inpaint, fuse: seed of chance. [default: 0]")
    @click.option("--quality", multiple=True, type=click.IntRange(1, 100), help="dejpeg: of JPEG. [default: 10 to 40]")
    @click.option("--scale", multiple=True, type=click.IntRange(2, 8), help="upscale: factors. [default: 2, 3 and 4]")
    @click.option("--uncertainty", is_flag=True, help="upscale: also measure the models' maps of uncertainty.")
    @click.option("--masks", multiple=True, type=click.Choice(KINDS), help="inpaint: kinds of holes. [default: all]")
    @click.option("--mode", type=click.Choice(MODES), help="fuse: why the frames were taken. [default: auto]")
    @click.option("--synthetic", type=click.Choice(["focus"]), help="fuse: split each picture into two frames.")
    @click.option("--limit", type=click.IntRange(min=1), help="Only the first so many pictures.")
    @click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="Also write the table here.")
    @click.option("--json", is_flag=True, help="Print one JSON document (with every picture) and nothing else.")
    @click.option("--device", type=Device(), default="auto", show_default=True, help="Where to compute.")
    @click.option("--threads", type=click.IntRange(min=1), help="CPU threads. [default: all cores]")
    @click.option("--max-pixels", type=Pixels(), default=DEFAULT_MAX_PIXELS, help="Refuse larger pictures.")
    def benchmark(
        task: str,
        data: Path | None,
        models: tuple[str, ...],
        sigma: tuple[float, ...],
        blind: bool,
        pairs: tuple[Path, Path] | None,
        grey: bool,
        seed: int | None,
        quality: tuple[int, ...],
        scale: tuple[int, ...],
        uncertainty: bool,
        masks: tuple[str, ...],
        mode: str | None,
        synthetic: str | None,
        limit: int | None,
        csv_file: Path | None,
        json: bool,
        device: str,
        threads: int | None,
        max_pixels: int,
    ) -> int:
        """Spoil the clean pictures in the folder DATA in a known way, let models mend them, and measure.

        TASK is what the models are for: denoise (noise is added), dejpeg (pictures are saved as JPEG), upscale
        (pictures are reduced), inpaint (holes are cut into them) or fuse (pictures are split by focus; or DATA holds
        real series, x_1.jpg x_2.jpg, and results are judged by their frames).
        """
        from restore.benchmark.running import run_benchmark
        from restore.benchmark.tasks import Setup

        chosen = _task(task)
        special = {"sigma": sigma, "blind": blind, "pairs": pairs, "grey": grey, "seed": seed, "scale": scale}
        special |= {
            "quality": quality,
            "uncertainty": uncertainty,
            "masks": masks,
            "mode": mode,
            "synthetic": synthetic,
        }
        _refuse_others(chosen, [name for name, value in special.items() if value not in ((), False, None)])
        if csv_file is not None:
            tables.check_csv(csv_file)
        wanted = sigma or None, scale or None, blind, grey, uncertainty, limit, seed or 0, max_pixels, masks or None
        setup = Setup(data, pairs, *wanted, mode or AUTO, synthetic, quality or None)
        runtime = Runtime(device, threads=threads)
        contenders = [_contender(text, chosen, manager) for text in models]
        with _watching(quiet=json) as observer:
            outcome = run_benchmark(chosen.cases(setup, manager), contenders, runtime, manager, observer)
        _show(outcome, setup, chosen, json=json)
        if csv_file is not None:
            tables.write_csv(csv_file, _table(outcome))
        for label, error in outcome.failures.items():
            click.echo(printable(f"error: {label}: {error}"), err=True)
        return ExitCode.SOME_FAILED if outcome.failures else ExitCode.OK

    return benchmark


def _task(name: str) -> Task:
    from restore.benchmark.catalogue import TASKS

    if name not in TASKS:
        raise UsageError(f"there is no benchmark for '{name}'.", hint=f"There are: {', '.join(TASKS)}.")
    return TASKS[name]


def _refuse_others(task: Task, given: Sequence[str]) -> None:
    """Refuse flags that would be ignored."""
    for name in given:
        if name not in task.flags:
            flags = ", ".join(f"--{flag}" for flag in sorted(task.flags))
            raise UsageError(f"--{name} means nothing to the benchmark of {task.name}.", hint=f"It has {flags}.")


def _contender(text: str, task: Task, manager: PluginManager) -> Contender:
    """``nlm:norm=l2,h=0.6`` as a model with options."""
    from restore.benchmark.worker import Contender

    model, _, settings = text.partition(":")
    spec = manager.served(task.name, model) or manager.restorer(model)
    if spec.task != task.name:
        raise UsageError(f"the model '{model}' is for {spec.task}, not for {task.name}.")
    for name in task.told:
        if name not in spec.options.model_fields:
            raise UsageError(f"the model '{model}' cannot be measured: it has no option --{name}.")
    options: dict[str, object] = {}
    for setting in settings.split(",") if settings else ():
        name, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"-m {text}: '{setting}' has no value.", hint="Write MODEL:NAME=VALUE,NAME=VALUE.")
        options[name.strip().replace("-", "_")] = value.strip()
    weights = options.pop("weights", None)
    return Contender(text, spec.name, options, None if weights is None else manager.weights.file(spec, str(weights)))


@contextmanager
def _watching(*, quiet: bool) -> Iterator[Observer]:
    """A line on the terminal that says what is being measured."""
    if quiet or not sys.stderr.isatty():
        yield lambda number, case, label: None
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True)
    with console.status("starting the models", refresh_per_second=1) as status:

        def observer(number: int, case: Case, label: str) -> None:
            status.update(Text(printable(f"picture {number}: {case.name}, {case.setting}, {label}")))

        yield observer


def _show(outcome: Outcome, setup: Setup, task: Task, *, json: bool) -> None:
    from restore.benchmark.running import INPUT

    notes = (*task.notes(setup), *NOTES)
    made = f"{dt.date.today().isoformat()}, {_machine()}"
    if json:
        tables.show_json(
            {
                "task": task.name,
                "made": made,
                "setup": asdict(setup),
                "conventions": {
                    setting: [str(convention) for convention in conventions]
                    for setting, conventions in outcome.conventions.items()
                },
                "notes": notes,
                "rows": _table(outcome),
                "samples": [asdict(sample) for sample in outcome.samples],
                "failures": {label: str(error) for label, error in outcome.failures.items()},
            }
        )
        return
    rows = _table(outcome)
    if not rows:
        return
    digits = {"s/MP": 3, "MP/s": 3, "GFLOP/s": 0, "sgemm": 0, "ratio": 2, "peak MiB": 0}
    cost = {"s/MP", *digits}
    quality = [{name: value for name, value in row.items() if name not in cost} for row in rows]
    tables.show_table("quality", quality, tables.decimals(quality[0]))
    models = [row for row in rows if row["model"] != INPUT]
    shown = ("setting", "model", *digits)
    tables.show_table("cost", [{name: row[name] for name in shown} for row in models], digits)
    click.echo(made)
    for words in _in_words(outcome.conventions):
        click.echo(words)
    for note in notes:
        click.echo(note)


def _in_words(conventions: Mapping[str, Sequence[Convention]]) -> list[str]:
    """What was measured on, said once for all settings."""
    lines = []
    for each in zip(*conventions.values(), strict=True):
        borders = dict(zip(conventions, (convention.border for convention in each), strict=True))
        words = ", ".join(f"{border} ({setting})" for setting, border in borders.items())
        border = f"border {each[0].border}" if len(set(borders.values())) == 1 else f"border {words}"
        lines.append(f"{each[0].space}: {each[0].words(border)}")
    return lines


def _table(outcome: Outcome) -> list[tables.Row]:
    return [_line(row, outcome) for row in outcome.rows()]


def _line(row: Row, outcome: Outcome) -> tables.Row:
    """One line of the table; what a model does not have is None."""
    sgemm = outcome.sgemm if row.gflops is not None else None
    per_megapixel = row.seconds_per_megapixel
    return {
        "setting": row.setting,
        "model": row.label,
        "images": row.images,
        **{name: value.value for name, value in row.means.items()},
        "s/MP": per_megapixel,
        "MP/s": 1 / per_megapixel if per_megapixel else None,
        "GFLOP/s": row.gflops,
        "sgemm": sgemm,
        "ratio": row.gflops / sgemm if row.gflops is not None and sgemm else None,
        "peak MiB": None if row.peak is None else row.peak / 2**20,
    }


def _machine() -> str:
    """What the figures were taken on, in words."""
    cpuinfo = Path("/proc/cpuinfo")
    lines: Sequence[str] = cpuinfo.read_text("utf-8", "replace").splitlines() if cpuinfo.exists() else ()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} CPUs, {platform.system()}, Python {platform.python_version()}"
