"""WebP: libwebp through imagecodecs for the pixels, the RIFF container round them by hand.

Container: RFC 9649, section 2.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import imagecodecs
import numpy as np

from restore.codecs import exif
from restore.codecs.samples import join_alpha, split_alpha
from restore.codecs.source import SPLIT_ADVICE, Source
from restore.image import Image, Metadata

LEAST_QUALITY = 92
LARGEST_EDGE = 16383
ICC_FLAG, ALPHA_FLAG, EXIF_FLAG, XMP_FLAG = 0x20, 0x10, 0x08, 0x04


def read(source: Source) -> Image:
    """Read a WebP as stored: 8-bit RGB, with alpha if there is one.

    Raises:
        restore.errors.InputError: Truncated, animated, too large or damaged.
    """
    data = source.data()
    if len(data) < 8 + struct.unpack("<I", data[4:8].ljust(4, b"\0"))[0]:
        raise source.truncated()
    chunks: dict[bytes, bytes] = {}
    frames = 0
    for kind, body in _chunks(data):
        frames += kind == b"ANMF"
        chunks.setdefault(kind, body)
    source.check_single(frames, "frames", SPLIT_ADVICE)
    source.check_size(*_size(chunks, source))
    image = split_alpha(imagecodecs.webp_decode(data))
    if image.alpha is not None and not _has_alpha(chunks):
        image = replace(image, alpha=None)
    metadata = Metadata(
        source_format="WEBP",
        icc=chunks.get(b"ICCP"),
        exif=exif.strip_prefix(chunks[b"EXIF"]) if b"EXIF" in chunks else None,
        xmp=chunks.get(b"XMP "),
        compression="lossless" if b"VP8L" in chunks else "lossy",
    )
    return replace(image, metadata=metadata)


def write(image: Image, file: BinaryIO, quality: int | None, warnings: list[str]) -> None:
    """Write 8-bit pixels; lossless where the source was (WebP without loss, PNG, TIFF, BMP, PPM), else lossy.

    Args:
        image: The picture; grey is written as RGB, WebP knows nothing else.
        file: Where to.
        quality: 1 to 100 (lossy), or None to follow the source, at least 92.
        warnings: Takes what could not be kept.

    Raises:
        ValueError: An edge longer than 16383 pixels.
    """
    if max(image.width, image.height) > LARGEST_EDGE:
        raise ValueError(f"WebP holds at most {LARGEST_EDGE} pixels along an edge")
    meta = image.metadata
    lossless = quality is None and is_lossless(meta)
    if image.is_grey:
        image = replace(image, pixels=np.repeat(image.pixels, 3, axis=2))
        if meta.icc and meta.icc[16:20] == b"GRAY":
            meta = replace(meta, icc=None)
            warnings.append("WebP has no grey; its grey colour profile was left out.")
    level = max(LEAST_QUALITY, meta.jpeg_quality or 0) if quality is None else quality
    encoded = imagecodecs.webp_encode(join_alpha(image), level=level, lossless=lossless)
    body = [(kind, chunk) for kind, chunk in _chunks(encoded) if kind in (b"ALPH", b"VP8 ", b"VP8L")]
    flags = ALPHA_FLAG if image.alpha is not None else 0
    for flag, block in ((ICC_FLAG, meta.icc), (EXIF_FLAG, meta.exif), (XMP_FLAG, meta.xmp)):
        flags |= flag if block else 0
    size = (image.width - 1).to_bytes(3, "little") + (image.height - 1).to_bytes(3, "little")
    chunks = [(b"VP8X", struct.pack("<I", flags) + size), (b"ICCP", meta.icc), *body]
    chunks += [(b"EXIF", meta.exif), (b"XMP ", meta.xmp)]
    packed = [kind + struct.pack("<I", len(c)) + c + b"\0" * (len(c) % 2) for kind, c in chunks if c]
    file.write(b"RIFF" + struct.pack("<I", 4 + sum(map(len, packed))) + b"WEBP")
    file.writelines(packed)


def is_lossless(meta: Metadata) -> bool:
    """Whether the source was stored without loss, so that a choice between the two should be lossless again."""
    return meta.compression == "lossless" or meta.source_format in ("PNG", "TIFF", "BMP", "PPM", "GIF", "RAW")


def _chunks(data: bytes | bytearray) -> Iterator[tuple[bytes, bytes]]:
    position = 12
    while position + 8 <= len(data):
        (size,) = struct.unpack("<I", data[position + 4 : position + 8])
        yield bytes(data[position : position + 4]), bytes(data[position + 8 : position + 8 + size])
        position += 8 + size + size % 2


def _size(chunks: dict[bytes, bytes], source: Source) -> tuple[int, int]:
    """Return width and height from the header of the first chunk."""
    if len(wide := chunks.get(b"VP8X", b"")) >= 10:
        return int.from_bytes(wide[4:7], "little") + 1, int.from_bytes(wide[7:10], "little") + 1
    if len(lossless := chunks.get(b"VP8L", b"")) >= 5:
        bits = int.from_bytes(lossless[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(lossy := chunks.get(b"VP8 ", b"")) >= 10:
        width, height = struct.unpack("<HH", lossy[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise source.truncated()


def _has_alpha(chunks: dict[bytes, bytes]) -> bool:
    if b"ALPH" in chunks:
        return True
    lossless = chunks.get(b"VP8L", b"")
    return len(lossless) >= 5 and bool(int.from_bytes(lossless[1:5], "little") >> 28 & 1)
