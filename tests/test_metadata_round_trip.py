"""What a picture carries through a run, format by format, as our own reader and ExifTool see it.

The sources are made by other programs: their pixels by Pillow, tifffile, OpenCV or pillow-heif, everything round them
by ExifTool. What comes out must be in both readers' view what went in. From that the tables in docs/metadata.md are
made; to renew them: ``RENEW_TABLES=1 pytest tests/test_metadata_round_trip.py``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image as Pillow

from restore.cli import main
from restore.codecs import embedded, ifd
from restore.codecs.atomic import keep_times
from restore.codecs.colour import srgb_profile
from restore.codecs.formats import holds_xmp, xmp_limit
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.image import Image, Metadata, Pixels
from restore.provenance import Treatment, treatments, with_provenance

if shutil.which("exiftool") is None and not os.environ.get("CI"):
    pytest.skip("needs exiftool (Debian: libimage-exiftool-perl)", allow_module_level=True)

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "metadata.md"
DONE = Treatment("nlm", None, {"strength": 1.0}, "0.1.0")
TIME = 1_234_567_890_123_456_700
NONE, LEFT_OUT = "–", "left out, said"

OUTPUTS = {".gif": ".png", ".heic": ".jpg", ".dng": ".tif"}
FORMATS = {
    **{"JPEG": ".jpg", "PNG": ".png", "TIFF": ".tif", "WebP": ".webp", "AVIF": ".avif", "BMP": ".bmp", "PPM": ".ppm"},
    **{"GIF → PNG": ".gif", "HEIC → JPEG": ".heic", "RAW (DNG) → TIFF": ".dng"},
}
TARGETS = {"JPEG": ".jpg", "PNG": ".png", "WebP": ".webp", "AVIF": ".avif", "BMP": ".bmp", "PPM": ".ppm"}

ARGUMENTS = Path(__file__).with_name("metadata.args")
"""What ExifTool writes into every source."""


def exiftool(*arguments: object) -> str:
    """Run ExifTool; a warning (a tag that a format has no place for) is none of our business."""
    return subprocess.run(["exiftool", *map(str, arguments)], capture_output=True, text=True, check=False).stdout


@dataclass
class Trip:
    """One picture's way: what both readers saw before and after, and what the writer said."""

    source: Path
    output: Path
    before: Image
    after: Image
    said: tuple[str, ...]
    tags_before: dict[str, Any]
    tags_after: dict[str, Any]


def colours(channels: int = 3, dtype: str = "uint8") -> Pixels:
    """A smooth picture, wider than high, no two corners alike."""
    rows, columns = np.mgrid[:32, :48] / 48.0
    pixels = np.stack([rows, columns, 0.3 + rows * columns], axis=2)[..., :channels]
    white = 1.2 if dtype == "float32" else np.iinfo(dtype).max
    scaled: Pixels = (pixels * white).astype(dtype)
    return scaled


def make(path: Path, channels: int = 3, dtype: str = "uint8", alpha: bool = False) -> None:
    """Write a picture with a program that is not ours."""
    pixels = colours(channels, dtype)
    if alpha:
        pixels = np.dstack([pixels, colours(1, dtype)])
    flat = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    if path.suffix == ".dng":
        make_dng(path)
    elif path.suffix == ".tif":
        kind = {"photometric": "rgb" if channels == 3 else "minisblack", "extrasamples": ["unassalpha"] * alpha or None}
        tifffile.imwrite(path, flat, compression="lzw", metadata=None, software=False, **kind)
    elif dtype == "uint16" or (path.suffix == ".bmp" and alpha):
        order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(pixels.shape[2], [0])
        avif = path.suffix == ".avif"
        samples = np.ascontiguousarray(pixels[..., order] // (16 if avif else 1))  # which takes 12 bits as they are
        assert cv2.imwrite(str(path), samples, [cv2.IMWRITE_AVIF_DEPTH, 12] if avif else [])
    else:
        picture = Pillow.fromarray(flat)
        turned = Pillow.Exif()
        turned[0x0112] = 6
        settings: dict[str, dict[str, Any]] = {
            ".jpg": {"quality": 95, "subsampling": 2, "dpi": (300, 300)}, ".webp": {"lossless": True},
            ".avif": {"quality": 95, "exif": turned, "icc_profile": srgb_profile()},
        }  # fmt: skip
        if path.suffix == ".heic":
            pillow_heif.from_pillow(picture).save(path, quality=95, icc_profile=srgb_profile())
        else:
            picture.save(path, **settings.get(path.suffix, {"dpi": (300, 300)}))


def make_dng(path: Path) -> None:
    """Write a DNG of 48 x 32 sensor pixels (Adobe DNG specification 1.4, the required tags only)."""
    identity = b"".join(struct.pack("<ii", int(i % 4 == 0), 1) for i in range(9))
    tags = [(33421, 3, 2, (2, 2), True), (33422, 1, 4, bytes([0, 1, 1, 2]), True), (50717, 3, 1, 65535, True)]
    tags += [(50706, 1, 4, bytes([1, 4, 0, 0]), True), (50708, 2, 0, "Maker Model", True), (50714, 3, 1, 0, True)]
    tags += [(50721, 10, 9, identity, True), (50728, 5, 3, struct.pack("<6I", *[1] * 6), True), (50778, 3, 1, 21, True)]
    tifffile.imwrite(path, colours(1, "uint16")[..., 0], photometric=32803, metadata=None, extratags=tags)


PIXELS: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "8 bit": (make, (".jpg", ".png", ".tif", ".webp", ".avif", ".bmp", ".ppm", ".gif", ".heic")),
    "16 bit": (lambda path: make(path, dtype="uint16"), (".png", ".tif", ".avif", ".ppm", ".dng")),
    "floating point": (lambda path: make(path, dtype="float32"), (".tif",)),
    "grey": (lambda path: make(path, channels=1), (".jpg", ".png", ".tif", ".avif", ".bmp", ".ppm")),
    "grey, 16 bit": (lambda path: make(path, channels=1, dtype="uint16"), (".png", ".tif", ".avif")),
    "transparency": (lambda path: make(path, alpha=True), (".png", ".tif", ".webp", ".avif", ".bmp")),
    "palette": (lambda path: Pillow.fromarray(colours()).quantize(200).save(path), (".png", ".tif", ".bmp", ".gif")),
}
"""Kinds of pixels: how a source is made, and the formats that hold them."""


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
            said = image.metadata.warnings + write(image, output)
            keep_times(output, image.metadata)
            made[output.name if suffix != suffixes[0] else source.name] = (source, output, before, said)
    tags = tags_of([folder / "out", folder])
    return {
        name: Trip(source, output, before, read(output), said, tags[source], tags[output])
        for name, (source, output, before, said) in made.items()
    }


def make_sources(folder: Path) -> list[Path]:
    """Make all sources in a new folder."""
    (folder / "out").mkdir()
    (folder / "srgb.icc").write_bytes(srgb_profile())
    Pillow.fromarray(colours()[:16, :16]).save(folder / "thumbnail.jpg")
    full = [folder / f"full{suffix}" for suffix in FORMATS.values()]
    for path in full:
        make(path)
    make(folder / "every.tif", dtype="uint16")
    full.append(folder / "every.tif")
    files = f"-ICC_Profile<={folder}/srgb.icc", f"-ThumbnailImage<={folder}/thumbnail.jpg"
    exiftool("-q", "-overwrite_original", "-@", ARGUMENTS, *files, *full)
    for name, (maker, suffixes) in PIXELS.items():
        full += [folder / f"{name}{suffix}" for suffix in suffixes]
        for suffix in suffixes:
            maker(folder / f"{name}{suffix}")
    for path in full:
        os.utime(path, ns=(TIME, TIME))
    return full


def tags_of(folders: list[Path]) -> dict[Path, dict[str, Any]]:
    """What ExifTool sees in each file, by "group:tag"; ICC profiles as their bytes' text."""
    listed = json.loads(exiftool("-json", "-G1", "-n", "-struct", "-a", "-all", "-JPEGQualityEstimate", *folders))
    return {Path(tags["SourceFile"]): tags for tags in listed}


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


def pixels(trip: Trip) -> str:
    """Whether depth, channels and values are the same; another depth must have been said."""
    before, after = trip.before, trip.after
    if before.pixels.shape != after.pixels.shape or (before.alpha is None) != (after.alpha is None):
        return f"LOST: {before.pixels.shape} became {after.pixels.shape}"
    depth = {"uint8": "8 bit", "uint16": "16 bit", "float32": "float"}[after.pixels.dtype.name]
    bits = told_bits(trip.tags_after)
    if (
        bits is not None
        and bits != {"8 bit": 8, "16 bit": 12 if trip.output.suffix == ".avif" else 16, "float": 32}[depth]
    ):
        return f"LOST: ExifTool sees {bits} bits"
    error = max(
        np.abs(a / before.white - b / after.white).max()
        for a, b in ((before.pixels, after.pixels), (before.alpha, after.alpha))
        if a is not None and b is not None
    )
    if before.pixels.dtype != after.pixels.dtype:
        return f"{depth}, said" if trip.said and error < 0.1 else f"LOST: became {depth}"
    if error == 0 and trip.output.suffix not in (".jpg", ".avif"):
        return "exact"
    said = next((f"{bits} bit, said" for word in trip.said if "at most 12 bits" in word), "lossy")
    return said if error < 0.1 else f"LOST: differs by {error:.3f}"


def told_bits(tags: dict[str, Any]) -> int | None:
    """Bits per sample as ExifTool has it, None where it does not say."""
    for name in ("PNG:BitDepth", "IFD0:BitsPerSample", "QuickTime:ImagePixelDepth", "File:BitsPerSample"):
        if name in tags:
            return int(str(tags[name]).split()[0])
    return None


def compared(trip: Trip, word: str, ours: Callable[[Metadata], object], groups: str, leave_out: str = "$^") -> str:
    """Whether both readers see after what they saw before; what is missing must have been said."""

    def seen(tags: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in tags.items() if re.match(groups, k) and not re.search(leave_out, k)}

    mine = [ours(image.metadata) for image in (trip.before, trip.after)]
    theirs = [seen(tags) for tags in (trip.tags_before, trip.tags_after)]
    if not theirs[0] and not mine[0]:
        return NONE
    if not theirs[1] and not mine[1]:
        return LEFT_OUT if any(word in sentence for sentence in trip.said) else f"LOST: {theirs[0] or mine[0]}"
    missing = {key: (value, theirs[1].get(key)) for key, value in theirs[0].items() if theirs[1].get(key) != value}
    return "kept" if mine[0] == mine[1] and not missing else f"LOST: {missing or mine}"


def sub_directory(number: int) -> Callable[[Metadata], object]:
    """Reads one directory of the EXIF, without the pixel dimensions, which follow the pixels."""
    return lambda meta: {
        tag: entry.value
        for tag, entry in (ifd.read_tree(meta.exif)[1].get(number, {}) if meta.exif else {}).items()
        if tag not in (0xA002, 0xA003)
    }


def camera(meta: Metadata) -> object:
    """The main directory's Make, Model, Artist, Copyright."""
    tags = ifd.read_tree(meta.exif)[0] if meta.exif else {}
    return [tags[number].value for number in (0x010F, 0x0110, 0x013B, 0x8298) if number in tags]


def orientation(trip: Trip) -> str:
    """Applied to the pixels, and 1 wherever it is stated."""
    names = ("IFD0:Orientation", "XMP-tiff:Orientation", "QuickTime:Rotation")
    if not any(name in trip.tags_before for name in names):
        return NONE
    stated = {trip.tags_after.get(name, 1) for name in names[:2]}
    turned = trip.source.suffix != ".heic"  # the container's own rotation counts there, and this one has none
    shape = (48, 32) if turned else (32, 48)
    if stated != {1} or trip.after.metadata.orientation != 1 or trip.after.pixels.shape[:2] != shape:
        return f"LOST: {stated}, {trip.after.pixels.shape}"
    if turned and trip.source.suffix != ".dng":
        upright = np.rot90(colours(), -1) / 255
        if np.abs(trip.after.pixels / trip.after.white - upright).mean() > 0.05:
            return "LOST: the pixels are not turned"
    return "applied" if turned else "reset"


def stated_size(trip: Trip) -> str:
    """The dimensions in the EXIF follow the pixels."""
    if "ExifIFD:ExifImageWidth" not in trip.tags_before:
        return NONE
    told = tuple(trip.tags_after.get(f"ExifIFD:ExifImage{side}") for side in ("Width", "Height"))
    if told == (None, None) and any("EXIF" in sentence for sentence in trip.said):
        return LEFT_OUT
    return "corrected" if told == (trip.after.width, trip.after.height) else f"LOST: {told}"


def resolution(trip: Trip) -> str:
    """Dots per inch, wherever they are stated."""
    names = {"JFIF:XResolution": 1.0, "IFD0:XResolution": 1.0}
    names |= {"PNG-pHYs:PixelsPerUnitX": 0.0254, "File:PixelsPerMeterX": 0.0254}
    before, after = (
        {round(tags[name] * factor) for name, factor in names.items() if tags.get(name)}
        for tags in (trip.tags_before, trip.tags_after)
    )
    if trip.before.metadata.dpi is None and not before:
        return NONE
    if after == {300} and trip.after.metadata.dpi == (300, 300):
        return "kept"
    return LEFT_OUT if any("resolution" in sentence for sentence in trip.said) else f"LOST: {before}, {after}"


def thumbnail(trip: Trip) -> str:
    """It shows the picture before restoration, so it has to go."""
    before, after = ("IFD1:ThumbnailImage" in tags for tags in (trip.tags_before, trip.tags_after))
    return "LOST: it is still there" if after else "removed" if before else NONE


def same(*names: str) -> Callable[[Trip], str]:
    """One value of our envelope that must not change, and the same in ExifTool's words."""

    def verdict(trip: Trip) -> str:
        ours = [getattr(image.metadata, names[0]) for image in (trip.before, trip.after)]
        theirs = [[tags.get(name) for name in names[1:]] for tags in (trip.tags_before, trip.tags_after)]
        if ours[0] is None:
            return NONE
        return "kept" if ours[0] == ours[1] and theirs[0] == theirs[1] else f"LOST: {ours}, {theirs}"

    return verdict


def provenance(trip: Trip) -> str:
    """Recorded last in the history, for both readers."""
    if not holds_xmp(trip.output.suffix):
        return NONE
    found = treatments(trip.after.metadata.xmp or b"")
    theirs = trip.tags_after.get("XMP-xmpMM:History", [{}])[-1]
    agreed = found and theirs.get("Parameters") == found[-1].parameters and found[-1].model == "nlm"
    return "recorded" if agreed else f"LOST: {found}, {theirs}"


ROWS: dict[str, Callable[[Trip], str]] = {
    "colour profile": lambda trip: compared(trip, "profile", lambda meta: meta.icc, "ICC"),
    "EXIF: camera": lambda trip: compared(trip, "EXIF", camera, "IFD0:(Make|Model|Artist|Copyright)"),
    "EXIF: exposure, lens, date": lambda trip: compared(
        trip, "EXIF", sub_directory(ifd.EXIF_IFD), "ExifIFD:", "ExifImage"
    ),
    "EXIF: GPS": lambda trip: compared(trip, "EXIF", sub_directory(ifd.GPS_IFD), "GPS:"),
    "EXIF: stated size": stated_size,
    "EXIF thumbnail": thumbnail,
    "orientation": orientation,
    "XMP": lambda trip: compared(
        trip,
        "XMP",
        lambda meta: [word for word in (b"Rating", b"Subject", b"Other") if word in (meta.xmp or b"")],
        "XMP-",
        "Orientation|Toolkit|ExifImage|History",
    ),
    "IPTC": lambda trip: compared(
        trip, "IPTC", lambda meta: embedded.iptc_records(meta.iptc) if meta.iptc else None, "IPTC:"
    ),
    "resolution": resolution,
    "JPEG quality": same("jpeg_quality", "File:JPEGQualityEstimate"),
    "JPEG subsampling": same("jpeg_subsampling", "File:YCbCrSubSampling"),
    "compression": same("compression", "IFD0:Compression"),
    "file times": same("modified_ns", "System:FileModifyDate"),
    "provenance": provenance,
}
"""What is round the pixels, each with its verdict; one that begins with LOST fails a test."""
