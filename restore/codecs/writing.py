"""Writing: an `Image` goes into the format its path names, with everything round its pixels that the format holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from restore.codecs import avif, bmp, embedded, exif, formats, jpeg, png, pnm, tiff, webp
from restore.codecs.atomic import output_error
from restore.codecs.depth import to_uint8, to_uint16
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
        restore.errors.OutputError: An unknown suffix, transparency the format cannot hold, a refusing system, or a
            picture too large for the format.
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
    prepared = _prepare(image, kind, warnings)
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


def _prepare(image: Image, kind: str, warnings: list[str]) -> Image:
    """Return the picture in a depth the format holds and with metadata that fit its size."""
    meta = _consistent(image.metadata, kind, image.width, image.height, warnings)
    lost = [NAMES[name] for name in CANNOT_KEEP.get(kind, ()) if getattr(meta, name)]
    if lost:
        warnings.append(f"{kind} cannot hold {', '.join(lost)}; left out.")
    # Along an edge of one pixel numpy calls any stride contiguous; encoders refuse all but the usual one.
    pixels = image.pixels.copy() if 1 in image.pixels.shape[:2] else np.ascontiguousarray(image.pixels)
    alpha = image.alpha
    if kind in ONLY_8_BIT and pixels.dtype != np.uint8:
        warnings.append(f"{kind} holds 8 bits per sample; the picture's {pixels.dtype} was rounded.")
        pixels, alpha = to_uint8(pixels), None if alpha is None else to_uint8(alpha)
    elif pixels.dtype == np.float32 and kind != "TIFF":
        warnings.append(f"{kind} holds no floating point; the picture was rounded to 16 bit.")
        pixels, alpha = to_uint16(pixels), None if alpha is None else to_uint16(alpha)
    return Image(pixels, alpha, meta)


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
