"""Reading: any supported file becomes an upright `Image` with everything round its pixels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from restore.codecs import avif, bmp, embedded, exif, formats, gif, heif, jpeg, motion_photo, png, pnm, raw, tiff, webp
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.codecs.orientation import turn_upright
from restore.codecs.quiet import printable, quieten
from restore.codecs.source import DAMAGED_HINT, Source
from restore.errors import InputError, RestoreError
from restore.image import Image, Metadata

HEAD = 64

quieten()

READERS = {
    "JPEG": jpeg.read,
    "PNG": png.read,
    "TIFF": tiff.read,
    "WEBP": webp.read,
    "AVIF": avif.read,
    "BMP": bmp.read,
    "GIF": gif.read,
    "PPM": pnm.read,
    "HEIF": heif.read,
    "RAW": raw.read,
}


def read(path: Path, max_pixels: int = DEFAULT_MAX_PIXELS) -> Image:
    """Read one picture, upright, with everything round its pixels. Safe to call from several threads.

    The content decides about the format, not the suffix (only RAW needs it). Depth follows the file's header.

    Args:
        path: The file.
        max_pixels: Larger pictures are refused from their header, before any pixel is decoded.

    Returns:
        C-contiguous pixels in the file's own depth; trouble with metadata stands in ``metadata.warnings``, what the
        file holds beside the picture in ``metadata.left_out``.

    Raises:
        restore.errors.InputError: Missing, a folder, not permitted, empty, damaged, too large, several pictures, or
            not a picture; names the file and the next step.
    """
    with _opened(path) as file:
        status = os.fstat(file.fileno())
        source = Source(path, file, max_pixels)
        head = file.read(HEAD)
        kind = _kind(head, path, source)
        try:
            image = READERS[kind](source)
        except RestoreError:
            raise
        except MemoryError as error:
            raise InputError(
                "does not fit into this machine's memory.", path=path, hint="Make it smaller or lower --max-pixels."
            ) from error
        except Exception as error:
            # Decoders raise whatever they like on damaged data; one bad file must never look like a bug in the run.
            raise InputError(
                f"cannot be decoded as {kind} ({printable(str(error))}).", path=path, hint=DAMAGED_HINT
            ) from error
        meta = replace(image.metadata, accessed_ns=status.st_atime_ns, modified_ns=status.st_mtime_ns)
        return _finish(replace(image, metadata=meta), source)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, translating what the system may say against it."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise InputError("does not exist.", path=path, hint="Check the name and the folder.") from None
    except IsADirectoryError:
        raise InputError("is a folder, not a picture.", path=path, hint="Name a file inside it.") from None
    except PermissionError:
        hint = "Name a file inside it." if path.is_dir() else "Allow reading it, for example with chmod u+r."
        what = "is a folder, not a picture." if path.is_dir() else "may not be read: permission denied."
        raise InputError(what, path=path, hint=hint) from None
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}.", path=path, hint="Check the disk.") from error
    with file:
        yield file


def _kind(head: bytes, path: Path, source: Source) -> str:
    if not head:
        raise InputError("is empty.", path=path, hint=DAMAGED_HINT)
    kind, promised = formats.sniff(head, path.suffix), formats.suffix_format(path.suffix)
    if kind is None:
        known = f"It is named {path.suffix} but does not begin like one. " if promised else ""
        raise InputError(
            "is not a picture in any format that is read.",
            path=path,
            hint=f"{known}Readable: JPEG, PNG, TIFF, WebP, AVIF, BMP, PPM, PGM; HEIC and RAW with their extras.",
        )
    if promised is not None and promised != kind:
        source.warn(f"It is named {path.suffix} but is a {kind} file, and was read as one.")
    return kind


def _finish(image: Image, source: Source) -> Image:
    """Apply the orientation, reset it wherever it is stated, and drop what is damaged or tells of what is not read."""
    meta, orientation = image.metadata, None
    if meta.exif:
        try:
            orientation = exif.orientation(meta.exif)
            dpi = meta.dpi or exif.dpi(meta.exif)
            meta = replace(meta, exif=exif.upright(meta.exif), dpi=dpi)
        except ValueError as error:
            source.warn(f"Its EXIF is damaged ({error}) and left out.")
            meta = replace(meta, exif=None)
    if meta.xmp:
        # PNG had no EXIF for two decades; its editors wrote the orientation into the XMP instead.
        orientation = orientation or embedded.xmp_orientation(meta.xmp)
        meta = replace(meta, xmp=motion_photo.without_video(embedded.upright_xmp(meta.xmp)))
    meta = _checked_blocks(meta, image.channels, source)
    meta = replace(meta, orientation=orientation or 1)
    meta = replace(meta, warnings=tuple(source.warnings), left_out=tuple(source.left_out))
    pixels = turn_upright(image.pixels, orientation or 1)
    alpha = None if image.alpha is None else turn_upright(image.alpha, orientation or 1)
    return Image(pixels, alpha, meta)


def _checked_blocks(meta: Metadata, channels: int, source: Source) -> Metadata:
    if meta.icc and (problem := embedded.icc_problem(meta.icc, channels)):
        source.warn(f"{problem[0].upper()}{problem[1:]}; it was left out.")
        meta = replace(meta, icc=None)
    if meta.iptc and meta.iptc.startswith(b"8BIM"):
        try:
            meta = replace(meta, iptc=embedded.without_thumbnail(meta.iptc) or None)
        except ValueError as error:
            source.warn(f"Its IPTC block is damaged ({error}) and left out.")
            meta = replace(meta, iptc=None)
    return meta
