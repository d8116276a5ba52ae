"""HEIC and HEIF phone photos, read through pillow-heif (the extra ``[heif]``)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from restore.codecs import exif
from restore.codecs.depth import stretch
from restore.codecs.samples import split_alpha
from restore.codecs.source import Source
from restore.image import Image, Metadata, Pixels


def read(source: Source) -> Image:
    """Read the primary picture, already upright.

    The container's own rotation is the one that counts and libheif applies it; an EXIF orientation beside it is only
    a copy, and is reset.

    Returns:
        uint8 for 8-bit files, uint16 over the full range for 10- and 12-bit ones.

    Raises:
        restore.errors.InputError: The extra is not installed, or the file is truncated, too large or damaged.
    """
    try:
        import pillow_heif
    except ImportError:
        raise source.unsupported(
            "is a HEIC/HEIF picture; reading it needs the extra `heif`.",
            "Install it with: pip install 'restore-photos[heif]'.",
        ) from None
    container = pillow_heif.open_heif(source.file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    if len(container) > 1:
        source.leave_out(f"It holds {len(container)} pictures; only the primary one is kept.")
    picture = container[container.primary_index]
    source.check_size(*picture.size)
    bits = int(picture.info.get("bit_depth", 8))
    samples: Pixels = np.asarray(picture)
    if bits > 8:
        samples = stretch(samples.astype(np.uint16, copy=False), (1 << bits) - 1)
    block = picture.info.get("exif")
    xmp = picture.info.get("xmp")
    metadata = Metadata(
        source_format="HEIF",
        exif=_reset(exif.strip_prefix(block), source) if block else None,
        xmp=xmp.rstrip(b"\0") if xmp else None,
        icc=picture.info.get("icc_profile"),
    )
    return replace(split_alpha(samples), metadata=metadata)


def _reset(block: bytes, source: Source) -> bytes | None:
    try:
        return exif.upright(block)
    except ValueError as error:
        source.warn(f"Its EXIF is damaged ({error}) and left out.")
        return None
