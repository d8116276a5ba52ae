"""The command `judge`. Imports nothing heavy until it is called."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import click

from restore_generate.asking import check_file, weights_of


@click.command(short_help="Measure models beside noise, blurred pictures and a second real set.")
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option("-m", "--model", "models", multiple=True, help="A model or a .safetensors file; may be repeated.")
@click.option("-n", "count", type=click.IntRange(2), default=2000, show_default=True, help="Samples of each.")
@click.option(
    "--classifier",
    default="classifier",
    show_default=True,
    help="Whose features are compared: the shipped one, or a .safetensors file (restore generate train classifier).",
)
@click.option("--inception", type=click.Path(path_type=Path), help="File of Inception weights: FID and IS are added.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of all draws.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the table as CSV too.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--overwrite", is_flag=True, help="Replace OUTPUT where it exists.")
def judge(
    data: Path,
    second: Path,
    models: tuple[str, ...],
    count: int,
    classifier: str,
    inception: Path | None,
    seed: int,
    output: Path | None,
    device: str,
    overwrite: bool,
) -> None:
    """Compare models with the pictures in DATA; SECOND is a real set that none of them has learned from.

    The Fréchet distance is that of FID (Heusel et al., 2017) on features of a small classifier trained on such data:
    figures need no download, and can be compared only with figures of the same classifier, data and number of samples.
    """
    paths = {model: weights_of(model) for model in models}
    judge_weights = weights_of(classifier)
    if output is not None:
        check_file(output, (".csv",), overwrite=overwrite)
    from restore.spec import Runtime
    from restore.toolkit.device import choose
    from restore_generate.judging import Judge, check_fits, check_sizes, load_classifier, table
    from restore_generate.making import load
    from restore_generate.pictures import load_pictures

    place = choose(Runtime(device)).device
    network, classes, edge, channels = load_classifier(judge_weights, place)
    makers = {model: load(path, device) for model, path in paths.items()}
    for maker in makers.values():
        check_fits(maker, classes, edge, channels)
    real, other = (load_pictures((folder,), edge, channels) for folder in (data, second))
    check_sizes(real, other)
    if inception is not None:
        from restore_generate.inception import read_state

        read_state(inception)  # refuse now, not after the first row
    court = Judge(network, classes, real, other, count, seed, place, inception)
    rows = court.references() | {model: court.model(maker) for model, maker in makers.items()}
    _show(table(rows))
    if output is not None:
        _write(output, table(rows))
        click.echo(f"wrote {output}")


def _show(rows: list[list[str]]) -> None:
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        click.echo("  ".join(cells).rstrip())


def _write(path: Path, rows: list[list[str]]) -> None:
    from restore.codecs.atomic import atomic_path

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    with atomic_path(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8")
