"""The command `diagnose`: what is wrong with pictures, as a table, as JSON, or drawn for each; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from restore.cli import tables
from restore.cli.wording import Pixels, counted, printable
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.errors import ExitCode, InputError, OutputError, RestoreError, UsageError
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from restore.diagnose import Findings
    from restore.finding import Found

LEGEND = (
    "noise: sigma in 8-bit grey levels, ~ where it depends on the light. JPEG: quality of the file's tables, or of the "
    "pixels (px). blur: sigma in pixels, where it is sharpest. detail: share of the resolution that is really there. "
    "clipped: share of the pixels at black / at white, of the worst channel. ?: doubtful (confidence below 0.5). "
    "Damage was not looked for."
)
DOUBTFUL = 0.5
"""Confidence below which a figure has a question mark, and a finding is not shown as one."""


@dataclass(frozen=True)
class Diagnosed:
    """One picture and what was found."""

    path: Path
    findings: Findings
    picture: Path | None = None


def commands(manager: PluginManager) -> list[click.Command]:
    """The command `diagnose`."""
    return [diagnose_command(manager)]


def diagnose_command(manager: PluginManager) -> click.Command:
    """``restore diagnose``."""

    @click.command("diagnose", short_help="Say what is wrong with pictures; changes nothing.")
    @click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
    @click.option("--picture", metavar="FOLDER", help="Also draw what was found, a PNG for each picture.")
    @click.option("--json", is_flag=True, help="Print one JSON document and nothing else.")
    @click.option("--max-pixels", type=Pixels(), default=DEFAULT_MAX_PIXELS, help="Refuse larger pictures.")
    def diagnose(inputs: Sequence[str], picture: str | None, json: bool, max_pixels: int) -> int:
        """What is wrong with each picture: noise, JPEG, blur, resolution, colours, contrast, clipping, skew.

        INPUT is files, folders (with all in them) or patterns. The JSON document has every figure with its confidence.
        """
        found: list[Diagnosed] = []
        problems: list[RestoreError] = []
        files = _files(inputs)
        drawings = {} if picture is None else _drawings(files, Path(picture), inputs)
        for file in files:
            try:
                if file.problem is not None:
                    raise InputError(file.problem, path=file.path)
                found.append(_diagnosed(file.path, manager, max_pixels, drawings.get(file.path)))
            except OutputError:
                raise  # a full disk, or a folder that may not be written to: the next one would say the same
            except RestoreError as error:
                problems.append(error)
        _show(found, problems, json=json)
        if not problems:
            return ExitCode.OK
        return ExitCode.SOME_FAILED if found else problems[0].exit_code

    return diagnose


def _files(inputs: Sequence[str]) -> tuple[Found, ...]:
    """Every picture that the inputs mean, and what is wrong with it beforehand."""
    from restore.finding import find

    nowhere = Path(os.devnull)  # nothing in an input folder is left out: drawings are never among the inputs
    return find(inputs, nowhere).files


def _drawings(files: Sequence[Found], folder: Path, inputs: Sequence[str]) -> Mapping[Path, Path]:
    """Where each picture's drawing goes: a tree like that of the pictures.

    Raises:
        UsageError: The folder lies inside an input folder, where drawings would be taken for pictures; or two pictures
            that were named have one name.
        OutputError: Something else stands in a drawing's place.
    """
    from restore.diagnose.picture import KIND
    from restore.drawn_png import check_drawing

    for root in map(Path, inputs):
        if root.is_dir() and folder.resolve().is_relative_to(root.resolve()):
            message = f"lies inside {root}, where drawings would be taken for pictures."
            raise UsageError(message, path=folder, hint="Name another folder after --picture.")
    # The whole name stays, since a.jpg and a.tif must not share a drawing.
    places = {file.path: folder / file.name.with_name(f"{file.name.name}.png") for file in files}
    taken: dict[Path, Path] = {}
    for path, place in places.items():
        other = taken.setdefault(place, path)
        if other != path:
            raise UsageError(
                f"{other} and {path} would both be drawn in it.",
                path=place,
                hint="Name their folders instead, whose tree is kept, or draw them one by one into two folders.",
            )
        check_drawing(place, KIND)
    return places


def _diagnosed(path: Path, manager: PluginManager, max_pixels: int, drawing: Path | None) -> Diagnosed:
    from restore.diagnose import diagnose

    image = manager.read_image(path, max_pixels)
    findings = diagnose(image)
    if drawing is not None:
        from restore.diagnose.picture import KIND, findings_picture
        from restore.drawn_png import save_drawing

        save_drawing(findings_picture(image, findings, str(path)), drawing, KIND)
    return Diagnosed(path, findings, drawing)


def _show(found: Sequence[Diagnosed], problems: Sequence[RestoreError], *, json: bool) -> None:
    if json:
        images = [{"image": each.path, **_document(each.findings), **_drawn(each)} for each in found]
        tables.show_json({"images": images, "problems": [str(each) for each in problems]})
        return
    if found:
        tables.show_table("", [_row(each) for each in found], {})
        click.echo(f"{counted(len(found), 'picture')} looked at. {LEGEND}")
        drawn = [each.picture for each in found if each.picture is not None]
        if drawn:
            what = f"what was found is drawn in {drawn[0]}" if len(drawn) == 1 else f"{len(drawn)} pictures of it drawn"
            click.echo(printable(f"{what[0].upper()}{what[1:]}."))
    for problem in problems:
        click.echo(printable(f"error: {problem}"), err=True)


def _document(findings: Findings) -> dict[str, object]:
    """All figures; what is derived from them, and whether damage was looked for, beside."""
    document: dict[str, object] = asdict(findings)
    document["grey"] = {**asdict(findings.grey), "tinted": findings.grey.tinted}
    document["damage"] = {"looked_for": findings.damage.share is not None, **asdict(findings.damage)}
    return document


def _drawn(each: Diagnosed) -> dict[str, object]:
    """The drawing, where one was asked for."""
    return {} if each.picture is None else {"picture": each.picture}


def _row(each: Diagnosed) -> tables.Row:
    f = each.findings
    return {
        "image": str(each.path),
        "noise": _sure(f"{f.noise.sigma:.1f}{' ~' if f.noise.signal_dependent else ''}", f.noise.confidence),
        "JPEG": _jpeg(f),
        "blur": _sure(f"{f.blur.sigma:.1f}", f.blur.confidence),
        "detail": _sure(f"{f.resolution.share * 100:.0f} %", f.resolution.confidence),
        "colour": _colour(f),
        "contrast": _contrast(f),
        "clipped": f"{max(f.clipping.black):.1%} / {max(f.clipping.white):.1%}".replace("%", " %"),
        "skew": f"{f.skew.angle:.1f}°" if f.skew.confidence >= DOUBTFUL else "-",
    }


def _sure(figure: str, confidence: float) -> str:
    return figure if confidence >= DOUBTFUL else f"{figure} ?"


def _jpeg(findings: Findings) -> str:
    jpeg = findings.jpeg
    if jpeg.quality is None:
        return "-"
    return _sure(f"{jpeg.quality}{' px' if jpeg.source == 'pixels' else ''}", jpeg.confidence)


def _colour(findings: Findings) -> str:
    if findings.grey.grey:
        return "grey, tinted" if findings.grey.tinted else "grey"
    return f"cast {findings.cast.angle:.0f}°" if findings.cast.confidence >= DOUBTFUL else "-"


def _contrast(findings: Findings) -> str:
    fading = findings.fading
    if fading.confidence >= DOUBTFUL:
        return "faded"
    return "low" if fading.low_contrast >= DOUBTFUL else "-"
