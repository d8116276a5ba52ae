"""The command `diff`: where and how much pictures were changed."""

from __future__ import annotations

import json as json_format
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.cli import tables
from restore.cli.wording import Pixels, counted, printable
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.errors import ExitCode, OutputError, RestoreError, UsageError
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from restore.difference import Difference
    from restore.evaluate import Pair

LEGEND = (
    "PSNR in dB, over RGB (or grey), data range 1. ΔE: CIEDE2000 of the stored values taken as sRGB; 1 is about the "
    "least a trained eye sees side by side. changed: share of the pixels with any changed value."
)
DECIMALS = {"PSNR": 2, "ΔE mean": 3, "ΔE 95 %": 3, "ΔE max": 2}


@dataclass(frozen=True)
class Found:
    """What was found out about one pair; the picture of it lies in ``map``, if one was asked for."""

    pair: Pair
    difference: Difference
    map: Path | None


def commands(manager: PluginManager) -> list[click.Command]:
    """The command `diff`."""
    return [diff_command(manager)]


def diff_command(manager: PluginManager) -> click.Command:
    """``restore diff``."""

    @click.command("diff", short_help="Show where and how much pictures were changed.")
    @click.argument("before", type=click.Path(path_type=Path))
    @click.argument("after", type=click.Path(path_type=Path))
    @click.option(
        "-o",
        "--output",
        metavar="MAP",
        type=click.Path(path_type=Path),
        help="Also draw a heat map: a PNG, or for folders a folder of them.",
    )
    @click.option("--overwrite", is_flag=True, help="Replace maps that exist.")
    @click.option("--json", is_flag=True, help="Print one JSON document and nothing else.")
    @click.option("--max-pixels", type=Pixels(), default=DEFAULT_MAX_PIXELS, help="Refuse larger pictures.")
    def diff(before: Path, after: Path, output: Path | None, overwrite: bool, json: bool, max_pixels: int) -> int:
        """Where and how much AFTER differs from BEFORE, and what its XMP says was done: two files or two folders.

        In folders, pictures of the same relative path belong together, whatever their suffix. An enlarged picture is
        reduced to its former size first.
        """
        from restore.evaluate import pair_up

        pairs, problems = pair_up(after, before)
        maps = {} if output is None else _map_paths(pairs, output, in_folder=before.is_dir())
        _check_maps(list(maps.values()), pairs, output, (before, after), overwrite=overwrite)
        found: list[Found] = []
        for pair in pairs:
            try:
                found.append(_compare(pair, maps.get(pair.name), manager, max_pixels))
            except RestoreError as error:
                problems.append(error)
        _show(found, problems, json=json)
        if not problems:
            return ExitCode.OK
        return ExitCode.SOME_FAILED if found else problems[0].exit_code

    return diff


def _map_paths(pairs: Sequence[Pair], output: Path, *, in_folder: bool) -> dict[str, Path]:
    """Where each pair's map goes, by the pair's name: a tree like that of the pictures, or OUTPUT itself."""
    if not in_folder:
        return {pair.name: output for pair in pairs}
    plain = {pair.name: (output / pair.name).with_suffix(".png") for pair in pairs}
    if len(set(plain.values())) == len(plain):
        return plain
    return {pair.name: output / f"{pair.name}.png" for pair in pairs}  # a.jpg and a.tif must not share a map


def _check_maps(
    maps: Sequence[Path], pairs: Sequence[Pair], output: Path | None, roots: tuple[Path, Path], *, overwrite: bool
) -> None:
    """Refuse, before anything is computed, whatever would cost somebody a picture.

    Raises:
        UsageError: The map is no PNG, or would lie among the pictures compared.
        OutputError: It is one of the pictures compared, or exists.
    """
    if output is None:
        return
    if roots[0].is_dir():
        inside = [root for root in roots if output.resolve().is_relative_to(root.resolve())]
        if inside:
            message = f"lies inside {inside[0]}, where maps would be taken for pictures."
            raise UsageError(message, path=output, hint="Name another folder for the maps.")
    elif output.suffix.lower() != ".png":
        raise UsageError("is no name for a heat map.", path=output, hint="Give a name that ends in .png.")
    pictures = {path.resolve() for pair in pairs for path in (pair.restored, pair.reference)}
    for path in maps:
        if path.resolve() in pictures:
            raise OutputError("is one of the pictures compared.", path=path, hint="Name another file for the map.")
        if path.exists() and not overwrite:
            raise OutputError("exists.", path=path, hint="Name another file, or give --overwrite.")


def _compare(pair: Pair, path: Path | None, manager: PluginManager, max_pixels: int) -> Found:
    from restore.codecs.atomic import atomic_path, output_error
    from restore.codecs.writing import write
    from restore.difference import difference, drawn

    result = difference(pair, manager, max_pixels)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(error, path) from error
        with atomic_path(path) as temporary:
            write(drawn(result), temporary)
    return Found(pair, result, path)


def _show(found: Sequence[Found], problems: Sequence[RestoreError], *, json: bool) -> None:
    if json:
        tables.show_json({"images": [_document(each) for each in found], "problems": [str(each) for each in problems]})
        return
    if found:
        tables.show_table("", [_row(each) for each in found], DECIMALS)
        for each in found:
            for note in each.difference.notes:
                click.echo(printable(f"{each.pair.name}: {note}"))
        for sentence in _treated(found):
            click.echo(printable(sentence))
        maps = [each.map for each in found if each.map is not None]
        if maps:
            click.echo(printable(f"map: {maps[0]}" if len(maps) == 1 else f"maps: {counted(len(maps), 'file')} drawn"))
        click.echo(LEGEND)
    for problem in problems:
        click.echo(printable(f"error: {problem}"), err=True)


def _row(found: Found) -> tables.Row:
    d = found.difference
    row: dict[str, tables.Cell] = {
        "image": found.pair.name,
        "PSNR": d.psnr,
        "ΔE mean": d.delta_e_mean,
        "ΔE 95 %": d.delta_e_p95,
        "ΔE max": d.delta_e_max,
        "changed": _percent(d.changed),
        "alpha changed": None if d.alpha_changed is None else _percent(d.alpha_changed),
    }
    return row


def _percent(share: float) -> str:
    """Never "0 %" or "100 %" for what is not quite."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return "> 99.9 %" if 0.999 < share < 1 else f"{share:.1%}".replace("%", " %")


def _treated(found: Sequence[Found]) -> list[str]:
    """What the pictures' XMP says was done, each treatment once with how many pictures had it."""
    named = [
        f"{each.model} ({f'weights {each.weights[:12]}, ' if each.weights else ''}"
        f"options {json_format.dumps(dict(each.options), sort_keys=True)}, restore {each.version})"
        for one in found
        for each in one.difference.treatments
    ]
    without = sum(not one.difference.treatments for one in found)
    sentences = [f"recorded in {counted(count, 'picture')}: {name}" for name, count in Counter(named).items()]
    return sentences + ([f"no treatment recorded in {counted(without, 'picture')}"] if without else [])


def _document(found: Found) -> Mapping[str, object]:
    d = found.difference
    return {
        "image": found.pair.name,
        "before": found.pair.reference,
        "after": found.pair.restored,
        "psnr": d.psnr,
        "delta_e_mean": d.delta_e_mean,
        "delta_e_p95": d.delta_e_p95,
        "delta_e_max": d.delta_e_max,
        "changed": d.changed,
        "alpha_changed": d.alpha_changed,
        "scale": d.scale,
        "treatments": [
            {"model": each.model, "weights": each.weights, "options": dict(each.options), "version": each.version}
            for each in d.treatments
        ],
        "notes": list(d.notes),
        "map": found.map,
    }
