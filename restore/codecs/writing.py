"""Writing: an `Image` goes into the format its path names, with everything round its pixels that the format holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from restore.codecs import avif, bmp, embedded, exif, formats, jpeg, png, pnm, tiff, webp
from restore.codecs.atomic import output_error
from restore.codecs.depth import outside, to_uint8, to_uint16
from restore.errors import OutputError
from restore.image import Image, Metadata

ONLY_8_BIT = frozenset({"JPEG", "WEBP", "BMP"})
WITHOUT_ALPHA = frozenset({"JPEG", "PPM"})
CANNOT_KEEP = {
    "PPM": ("exif", "xmp", "iptc", "icc", "dpi"),
    "BMP": ("exif", "xmp", "iptc", "icc"),
    "WEBP": ("iptc",),
    "AVIF": ("iptc",),
}
RESOLUTION_IN_EXIF = frozenset({"WEBP", "AVIF"})
CUT_AND_SAID = 0.001  # of a picture's values beyond black and white; restoration overshoots by less, at edges
CUT_AND_REFUSED = 0.9  # nothing to speak of would be left: such values are not on the scale of 0 to 1
NAMES = {"exif": "EXIF", "xmp": "XMP", "iptc": "IPTC", "icc": "colour profile", "dpi": "resolution"}


def write(image: Image, path: Path, quality: int | None = None) -> tuple[str, ...]:
    """Write one picture to a path whose suffix names the format. Safe to call from several threads.

    Not atomic by itself: call it with the path `restore.codecs.atomic.atomic_path` gives.

    Args:
        image: The picture. 16 bit and float are rounded for formats of 8 bit; 16 bit otherwise where TIFF alone
            holds float.
        path: Where to; an existing file is overwritten.
        quality: 1 to 100 for lossy formats, or None to follow the source, at least 92.

    Returns:
        What the format could not keep, one sentence each.

    Raises:
        restore.errors.OutputError: An unknown suffix, transparency the format cannot hold, a refusing system, a
            picture too large for the format, or float values nearly all of which an integer format would cut off.
    """
    kind = formats.WRITERS.get(path.suffix.lower())
    if kind is None:
        raise OutputError(
            f"cannot be written: {path.suffix or 'no suffix'} is not a format that is written.",
            path=path,
            hint="Choose .jpg, .png, .tif, .webp, .avif, .bmp, .ppm or .pgm.",
        )
    if image.alpha is not None and kind in WITHOUT_ALPHA:
        raise OutputError(
            f"cannot be written: the picture has transparency, which {kind} cannot hold.",
            path=path,
            hint="Choose .png, .tif or .webp instead.",
        )
    warnings: list[str] = []
    prepared = _prepare(image, kind, path, warnings)
    try:
        with path.open("w+b") as file:
            _encode(prepared, kind, file, quality, warnings)
    except OSError as error:
        raise output_error(error, path) from error
    except (ValueError, RuntimeError) as error:
        # Encoders say so when a picture is too large for their format.
        raise OutputError(
            f"cannot be written as {kind} ({error}).", path=path, hint="Choose .tif or .png instead."
        ) from error
    return tuple(dict.fromkeys(warnings))


def _encode(image: Image, kind: str, file: BinaryIO, quality: int | None, warnings: list[str]) -> None:
    if kind == "JPEG":
        jpeg.write(image, file, quality, warnings)
    elif kind == "PNG":
        png.write(image, file, warnings)
    elif kind == "TIFF":
        tiff.write(image, file, warnings)
    elif kind == "WEBP":
        webp.write(image, file, quality, warnings)
    elif kind == "AVIF":
        avif.write(image, file, quality, warnings)
    elif kind == "BMP":
        bmp.write(image, file)
    else:
        pnm.write(image, file)


def _prepare(image: Image, kind: str, path: Path, warnings: list[str]) -> Image:
    """Return the picture in a depth the format holds and with metadata that fit its size.

    Raises:
        OutputError: Of float values nearly all would be cut off.
    """
    meta = _consistent(image.metadata, kind, image.width, image.height, warnings)
    lost = [NAMES[name] for name in CANNOT_KEEP.get(kind, ()) if getattr(meta, name)]
    if lost:
        warnings.append(f"{kind} cannot hold {', '.join(lost)}; left out.")
    # Along an edge of one pixel numpy calls any stride contiguous; encoders refuse all but the usual one.
    pixels = image.pixels.copy() if 1 in image.pixels.shape[:2] else np.ascontiguousarray(image.pixels)
    alpha = image.alpha
    if kind in ONLY_8_BIT and pixels.dtype != np.uint8:
        warnings.append(f"{kind} holds 8 bits per sample; the picture's {pixels.dtype} was rounded.")
        warnings += _cut(image, kind, 255, path)
        pixels, alpha = to_uint8(pixels), None if alpha is None else to_uint8(alpha)
    elif pixels.dtype == np.float32 and kind != "TIFF":
        warnings.append(f"{kind} holds no floating point; the picture was rounded to 16 bit.")
        warnings += _cut(image, kind, 65535, path)
        pixels, alpha = to_uint16(pixels), None if alpha is None else to_uint16(alpha)
    return Image(pixels, alpha, meta)


def _cut(image: Image, kind: str, white: int, path: Path) -> list[str]:
    """Tell what a conversion from float to integers cuts off, one sentence each; nothing for other depths.

    Raises:
        OutputError: That would be nearly everything.
    """
    sentences = []
    for samples, name in ((image.pixels, "picture"), (image.alpha, "transparency")):
        if samples is None or samples.dtype != np.float32:
            continue
        found = outside(samples, white)
        if (lost := found.below + found.above + found.nan) >= CUT_AND_REFUSED:
            raise OutputError(
                f"cannot be written as {kind}: {_percent(lost)} of the {name} would be cut off, because its floating "
                "point values lie outside 0 (black) to 1 (white).",
                path=path,
                hint="Choose .tif, which keeps such values, or bring them to 0 to 1 first.",
            )
        if found.above > CUT_AND_SAID:
            sentences.append(f"{_percent(found.above)} of the {name} lay above white and was cut off.")
        if found.below > CUT_AND_SAID:
            sentences.append(f"{_percent(found.below)} of the {name} lay below black and was cut off.")
        if found.nan:
            sentences.append(f"{_percent(found.nan)} of the {name} was no number (NaN) and became black.")
    return sentences


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.01 else f"{max(share * 100, 0.1):.1f} %"


def _consistent(meta: Metadata, kind: str, width: int, height: int, warnings: list[str]) -> Metadata:
    """Make the sizes that EXIF and XMP state agree with the pixels; put the resolution where the format looks."""
    if meta.exif:
        try:
            meta = replace(meta, exif=exif.with_size(meta.exif, width, height))
            if kind in RESOLUTION_IN_EXIF and meta.dpi and exif.dpi(meta.exif or b"") is None:
                meta = replace(meta, exif=exif.with_resolution(meta.exif or b"", meta.dpi))
        except ValueError:
            warnings.append("Its EXIF is damaged and was left out.")
            meta = replace(meta, exif=None)
    elif kind in RESOLUTION_IN_EXIF and meta.dpi:
        meta = replace(meta, exif=exif.of_resolution(meta.dpi))
    if meta.xmp:
        meta = replace(meta, xmp=embedded.resized_xmp(meta.xmp, width, height))
    return meta
