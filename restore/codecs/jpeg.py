"""JPEG: decoded by libjpeg-turbo straight into the picture's array, so that 100 megapixels take 300 MB."""

from __future__ import annotations

import struct
from typing import BinaryIO

import imagecodecs
import numpy as np

from restore.codecs import embedded, exif, jpeg_header, motion_photo
from restore.codecs.colour import cmyk_to_srgb
from restore.codecs.jpeg_header import EXIF_ID, ICC_ID, PHOTOSHOP_ID, XMP_ID, JpegHeader
from restore.codecs.source import Source
from restore.image import Image, Metadata, Pixels

LEAST_QUALITY = 92
OPTIMIZED_PIXELS = 32_000_000
SEGMENT = 65533  # bytes a marker segment can hold


def read(source: Source) -> Image:
    """Read a JPEG as stored (orientation not yet applied).

    Returns:
        uint8, one channel for grey, else RGB; CMYK and YCCK converted to sRGB.

    Raises:
        restore.errors.InputError: Truncated, too large, or of a kind that is not read.
    """
    data = source.data()
    try:
        header = jpeg_header.parse(data)
    except ValueError:
        raise source.truncated() from None
    source.check_size(header.width, header.height)
    if header.precision != 8 or len(header.components) not in (1, 3, 4):
        raise source.unsupported(
            f"is a JPEG with {len(header.components)} components of {header.precision} bits, which is not read.",
            "Convert it to TIFF with the software that wrote it.",
        )
    if not (jpeg_header.is_complete(data, header) and jpeg_header.is_long_enough(data, header)):
        raise source.truncated()
    for problem in header.problems:
        source.warn(problem)
    if header.pictures > 1:
        source.leave_out(f"It holds {header.pictures} pictures (previews, depth or gain map); only the first is kept.")
    if header.more_xmp:
        source.leave_out("The extended part of its XMP (depth maps, long histories) is not kept.")
    end = jpeg_header.end_of_image(data, header)
    if motion_photo.has_video(data, end, header.xmp, pictures=header.pictures > 1):
        source.leave_out("It is a motion photo; its video is not kept.")
    pixels, icc = _decode(data, header, source)
    metadata = Metadata(
        source_format="JPEG",
        exif=header.exif,
        xmp=header.xmp,
        iptc=header.photoshop,
        icc=icc,
        dpi=header.dpi,
        jpeg_quality=jpeg_header.estimate_quality(header),
        jpeg_subsampling=header.subsampling,
    )
    return Image(pixels, metadata=metadata)


def _decode(data: bytes, header: JpegHeader, source: Source) -> tuple[Pixels, bytes | None]:
    if len(header.components) != 4:
        pixels: Pixels = imagecodecs.jpeg8_decode(data)
        return pixels.reshape(header.height, header.width, -1), header.icc
    inks: Pixels = imagecodecs.jpeg8_decode(data, outcolorspace="CMYK")
    if header.adobe is not None:
        np.subtract(255, inks, out=inks)  # Adobe stores ink upside down: 255 = none
    return cmyk_to_srgb(inks, header.icc, source)


def write(image: Image, file: BinaryIO, quality: int | None, warnings: list[str]) -> None:
    """Write 8-bit grey or RGB without alpha.

    Args:
        image: The picture; its metadata go into marker segments.
        file: Where to.
        quality: 1 to 100, or None for the source's estimated quality, at least 92.
        warnings: Takes what could not be kept.
    """
    meta = image.metadata
    level = max(LEAST_QUALITY, meta.jpeg_quality or 0) if quality is None else quality
    subsampling = None if image.is_grey else (meta.jpeg_subsampling or "4:4:4")
    if subsampling == "grey":
        subsampling = "4:4:4"
    pixels = image.pixels[..., 0] if image.is_grey else image.pixels
    # Huffman tables made for the picture save some percent, but libjpeg then keeps all coefficients: 3 bytes a pixel.
    encoded = imagecodecs.jpeg8_encode(
        pixels,
        level=level,
        subsampling=None if subsampling is None else subsampling.replace(":", ""),
        optimize=image.width * image.height <= OPTIMIZED_PIXELS,
    )
    body = 4 + struct.unpack(">H", encoded[4:6])[0]  # behind the encoder's own JFIF segment
    file.write(b"\xff\xd8")
    for marker, content in _metadata_segments(meta, warnings):
        file.write(struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content)
    file.write(memoryview(encoded)[body:])


def _metadata_segments(meta: Metadata, warnings: list[str]) -> list[tuple[int, bytes]]:
    x, y = (min(65535, max(1, round(v))) for v in meta.dpi) if meta.dpi else (1, 1)
    segments = [(0xE0, b"JFIF\0\x01\x01" + struct.pack(">BHHBB", 1 if meta.dpi else 0, x, y, 0, 0))]
    if meta.exif:
        block = _fitting_exif(meta.exif, warnings)
        segments += [(0xE1, EXIF_ID + b"\0" + block)] if block else []
    if meta.xmp and len(XMP_ID) + len(meta.xmp) <= SEGMENT:
        segments.append((0xE1, XMP_ID + meta.xmp))
    elif meta.xmp:
        warnings.append("Its XMP is larger than a JPEG can hold and was left out.")
    if meta.iptc:
        block, room = embedded.photoshop_block(meta.iptc), SEGMENT - len(PHOTOSHOP_ID)
        segments += [(0xED, PHOTOSHOP_ID + block[i : i + room]) for i in range(0, len(block), room)]
    if meta.icc:
        room = SEGMENT - len(ICC_ID) - 2
        parts = [meta.icc[i : i + room] for i in range(0, len(meta.icc), room)]
        if len(parts) <= 255:
            segments += [(0xE2, ICC_ID + bytes([n + 1, len(parts)]) + part) for n, part in enumerate(parts)]
        else:
            warnings.append("Its colour profile is larger than a JPEG can hold and was left out.")
    return segments


def _fitting_exif(block: bytes, warnings: list[str]) -> bytes | None:
    """Return the block if it fits into a segment, else without its MakerNote, else None."""
    room = SEGMENT - len(EXIF_ID) - 1
    if len(block) <= room:
        return block
    try:
        smaller = exif.without_maker_note(block)
    except ValueError:
        smaller = block
    if len(smaller) <= room:
        warnings.append("Its EXIF is larger than a JPEG can hold; the camera maker's private notes were left out.")
        return smaller
    warnings.append("Its EXIF is larger than a JPEG can hold and was left out.")
    return None
