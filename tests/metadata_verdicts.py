"""What of a picture came through, aspect by aspect, as both readers see it: a word, or LOST."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from restore.codecs import embedded, ifd
from restore.codecs.formats import holds_xmp
from restore.image import Metadata
from restore.provenance import treatments
from tests.metadata_sources import Trip, colours

NONE, LEFT_OUT = "–", "left out, said"


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
