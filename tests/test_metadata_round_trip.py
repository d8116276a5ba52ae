"""What a picture carries through a run, format by format, as our own reader and ExifTool see it.

The sources are made by other programs: their pixels by Pillow, tifffile, OpenCV or pillow-heif, everything round them
by ExifTool. What comes out must be in both readers' view what went in. From that the tables in docs/metadata.md are
made; to renew them: ``RENEW_TABLES=1 pytest tests/test_metadata_round_trip.py``.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from restore.cli import main
from restore.codecs.atomic import keep_times
from restore.codecs.formats import holds_xmp, xmp_limit
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.image import Image
from restore.provenance import with_provenance
from tests.metadata_sources import DONE, FORMATS, OUTPUTS, PIXELS, TARGETS, Trip, make_sources, tags_of
from tests.metadata_verdicts import NONE, ROWS, pixels

if shutil.which("exiftool") is None and not os.environ.get("CI"):
    pytest.skip("needs exiftool (Debian: libimage-exiftool-perl)", allow_module_level=True)


DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "metadata.md"


@pytest.fixture(scope="module")
def trips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trip]:
    """Every source through the codecs: "full.png" carries everything, "16 bit.png" is about its pixels."""
    folder = tmp_path_factory.mktemp("trips")
    made: dict[str, tuple[Path, Path, Image, tuple[str, ...]]] = {}
    for source in make_sources(folder):
        suffixes = [OUTPUTS.get(source.suffix, source.suffix)]
        suffixes += [*TARGETS.values()] if source.name == "every.tif" else []
        for suffix in suffixes:
            output = folder / "out" / f"{source.name}{suffix}"
            before = read(source)
            image = with_provenance(before, DONE, xmp_limit(suffix)) if holds_xmp(suffix) else before
            said = image.metadata.warnings + image.metadata.left_out + write(image, output)
            keep_times(output, image.metadata)
            made[output.name if suffix != suffixes[0] else source.name] = (source, output, before, said)
    tags = tags_of([folder / "out", folder])
    return {
        name: Trip(source, output, before, read(output), said, tags[source], tags[output])
        for name, (source, output, before, said) in made.items()
    }


@pytest.mark.parametrize("which", ["formats", "conversions"])
def test_everything_is_kept_or_said_to_be_left_out(trips: dict[str, Trip], which: str) -> None:
    heads, *rows = table(trips) if which == "formats" else conversions(trips)
    cells = [(row, column, cell) for row, *line in rows for column, cell in zip(heads[1:], line, strict=True)]
    assert [each for each in cells if each[2].startswith("LOST")] == []


def test_the_document_shows_what_was_found(trips: dict[str, Trip]) -> None:
    fresh = DOCUMENT.read_text("utf-8")
    for name, rows in (("formats", table(trips)), ("conversions", conversions(trips))):
        begin, end = f"<!-- {name}: made by tests/test_metadata_round_trip.py -->\n", f"<!-- end of {name} -->\n"
        before, rest = fresh.split(begin)
        fresh = f"{before}{begin}\n{drawing(rows)}\n{end}{rest.split(end)[1]}"
    if os.environ.get("RENEW_TABLES"):
        DOCUMENT.write_text(fresh, "utf-8")
    assert DOCUMENT.read_text("utf-8") == fresh, "renew it: RENEW_TABLES=1 pytest tests/test_metadata_round_trip.py"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp"])
def test_a_whole_run_keeps_what_the_codecs_keep(
    trips: dict[str, Trip], tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    source, output = trips[f"full{suffix}"].source, tmp_path / f"full{suffix}"
    assert main(["denoise", str(source), "-o", str(output), "-m", "nlm", "--sigma", "10", "--json"]) == 0
    said = tuple(json.loads(capsys.readouterr().out)["results"][0]["warnings"])
    tags = tags_of([source, output])
    run = Trip(source, output, read(source), read(output), said, tags[source], tags[output])
    alone = trips[f"full{suffix}"]
    assert {row: verdict(run) for row, verdict in ROWS.items()} == {
        row: verdict(alone) for row, verdict in ROWS.items()
    }


def table(trips: dict[str, Trip]) -> list[list[str]]:
    """Every format into itself, or into what it becomes."""
    rows = [["", *FORMATS]]
    for kind, (_, suffixes) in PIXELS.items():
        rows.append([kind, *(pixels(trips[kind + s]) if s in suffixes else NONE for s in FORMATS.values())])
    return rows + [[row, *(verdict(trips[f"full{s}"]) for s in FORMATS.values())] for row, verdict in ROWS.items()]


def conversions(trips: dict[str, Trip]) -> list[list[str]]:
    """A 16-bit TIFF with everything, written in other formats."""
    found = [trips[f"every.tif{suffix}"] for suffix in TARGETS.values()]
    rows = [["", *TARGETS], ["16 bit", *map(pixels, found)]]
    own = ("JPEG quality", "JPEG subsampling", "EXIF thumbnail", "compression")
    return rows + [[row, *map(verdict, found)] for row, verdict in ROWS.items() if row not in own]


def drawing(rows: list[list[str]]) -> str:
    """A table in Markdown."""
    return "".join(f"| {' | '.join(line)} |\n" for line in [rows[0], ["---"] * len(rows[0]), *rows[1:]])
