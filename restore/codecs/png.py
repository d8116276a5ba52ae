"""PNG: libpng through imagecodecs for the pixels (16-bit colour too), the chunks round them by hand.

Chunks: W3C PNG specification (third edition), sections 5 and 11. IPTC has no chunk of its own; it travels as
ImageMagick's "Raw profile type iptc", which ExifTool and Pillow read too.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import imagecodecs

from restore.codecs import embedded, exif
from restore.codecs.samples import join_alpha, split_alpha
from restore.codecs.source import SPLIT_ADVICE, Source
from restore.image import Image, Metadata, Pixels

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples per pixel of each colour type
LEVEL = 4  # of zlib: 7 % larger than the usual 6 at a third of the time
MAX_METADATA = 64 << 20  # bytes a compressed chunk may unpack to
XMP_KEYWORD = b"XML:com.adobe.xmp"
METRE = 0.0254  # per inch


def read(source: Source) -> Image:
    """Read a PNG as stored: 8 or 16 bit; palettes, 1- to 4-bit grey and tRNS transparency expanded.

    Raises:
        restore.errors.InputError: Truncated, animated, too large or damaged.
    """
    data = source.data()
    chunks = list(_chunks(data))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise source.truncated()
    width, height, depth, colour = struct.unpack(">IIBB", chunks[0][1][:10])
    source.check_size(width, height)
    for kind, body in chunks:
        if kind == b"acTL" and len(body) >= 4:
            source.check_single(struct.unpack(">I", body[:4])[0], "frames", SPLIT_ADVICE)
    row = 1 + (width * depth * CHANNELS.get(colour, 1) + 7) // 8
    # Deflate shrinks at most 1032 times: less data than that cannot hold the picture, whatever the header promises.
    if row * height > 1032 * sum(len(body) for kind, body in chunks if kind == b"IDAT") + 1032:
        raise source.truncated()
    metadata = _read_metadata(chunks, source)
    del chunks
    decoded: Pixels = imagecodecs.png_decode(_pixels_only(data))
    return replace(split_alpha(decoded), metadata=metadata)


def write(image: Image, file: BinaryIO, warnings: list[str]) -> None:
    """Write 8- or 16-bit grey or RGB, with alpha if there is one.

    Args:
        image: The picture; its metadata go into chunks.
        file: Where to.
        warnings: Takes what could not be kept.
    """
    encoded = imagecodecs.png_encode(join_alpha(image), level=LEVEL)
    head = len(SIGNATURE) + 25  # signature and IHDR, the only chunk that must come before the metadata
    file.write(encoded[:head])
    meta = image.metadata
    if meta.icc and image.is_grey and meta.icc[16:20] != b"GRAY":
        meta = replace(meta, icc=None)
        warnings.append("PNG allows no RGB colour profile in a grey picture; it was left out.")
    for kind, body in _metadata_chunks(meta):
        checksum = zlib.crc32(kind + body)
        file.write(struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum))
    file.write(memoryview(encoded)[head:])


def per_inch(per_metre: int) -> float:
    """Return the pixels per inch that somebody stored as whole pixels per metre: 11811 means 300, not 299.9994."""
    whole = round(per_metre * METRE)
    return float(whole) if round(whole / METRE) == per_metre else round(per_metre * METRE, 4)


def _metadata_chunks(meta: Metadata) -> Iterator[tuple[bytes, bytes]]:
    if meta.icc:
        yield b"iCCP", b"icc\0\0" + zlib.compress(meta.icc)
    if meta.dpi:
        x, y = (min(2**31 - 1, max(1, round(v / METRE))) for v in meta.dpi)
        yield b"pHYs", struct.pack(">IIB", x, y, 1)
    if meta.exif:
        yield b"eXIf", meta.exif
    if meta.xmp:
        yield b"iTXt", XMP_KEYWORD + b"\0\0\0\0\0" + meta.xmp
    if meta.iptc:
        block = embedded.photoshop_block(meta.iptc)
        lines = "\n".join(block.hex()[i : i + 72] for i in range(0, 2 * len(block), 72))
        text = f"\niptc\n{len(block):8d}\n{lines}\n".encode()
        yield b"zTXt", b"Raw profile type iptc\0\0" + zlib.compress(text)


def _pixels_only(data: bytes) -> bytes:
    """Return the file without metadata, about which libpng would print to the terminal or give up."""
    parts, position, size = [data[: len(SIGNATURE)]], len(SIGNATURE), 0
    while position + 8 <= len(data):
        size = 12 + int(struct.unpack(">I", data[position : position + 4])[0])
        if data[position + 4 : position + 8] in (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            parts.append(data[position : position + size])
        position += size
    return b"".join(parts)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and body of every chunk; a cut-off one ends the walk (the decoder judges the pixels)."""
    position = len(SIGNATURE)
    while position + 8 <= len(data):
        (size,) = struct.unpack(">I", data[position : position + 4])
        kind = data[position + 4 : position + 8]
        if kind == b"IEND" or (kind != b"IDAT" and position + 12 + size > len(data)):
            return
        yield kind, data[position + 8 : position + 8 + size]
        position += 12 + size


def _read_metadata(chunks: list[tuple[bytes, bytes]], source: Source) -> Metadata:
    meta = Metadata(source_format="PNG")
    kinds = {kind for kind, _ in chunks}
    for kind, body in chunks:
        try:
            if kind == b"iCCP":
                meta = replace(meta, icc=_unpack(body.split(b"\0", 1)[1][1:]))
            elif kind == b"eXIf":
                meta = replace(meta, exif=exif.strip_prefix(body))
            elif kind == b"pHYs" and body[8:9] == b"\1":
                x, y = struct.unpack(">II", body[:8])
                meta = replace(meta, dpi=(per_inch(x), per_inch(y)) if x and y else None)
            elif kind in (b"iTXt", b"zTXt", b"tEXt"):
                meta = _read_text(meta, kind, body)
            elif kind == b"gAMA" and not kinds & {b"iCCP", b"sRGB"} and body != struct.pack(">I", 45455):
                source.leave_out("Its gamma (gAMA chunk) is not sRGB's and is not kept; brightness may look different.")
            elif kind == b"cICP":
                source.leave_out("Its HDR colour coding (cICP chunk) is not kept.")
        except (ValueError, IndexError, struct.error, zlib.error):
            source.warn(f"Its metadata chunk {kind.decode('ascii', 'replace')} is damaged and left out.")
    return meta


def _read_text(meta: Metadata, kind: bytes, body: bytes) -> Metadata:
    keyword, _, rest = body.partition(b"\0")
    if kind == b"iTXt" and keyword == XMP_KEYWORD:
        _language, _translation, text = rest[2:].split(b"\0", 2)
        return replace(meta, xmp=_unpack(text) if rest[:1] == b"\1" else text)
    if not keyword.startswith(b"Raw profile type "):
        return meta
    profile = _raw_profile(_unpack(rest[1:]) if kind == b"zTXt" else rest)
    name = keyword.rsplit(b" ", 1)[1].lower()
    if name == b"iptc" or name == b"8bim":
        return replace(meta, iptc=meta.iptc or profile)
    if name in (b"exif", b"app1") and profile.startswith(b"Exif\0"):
        return replace(meta, exif=meta.exif or exif.strip_prefix(profile))
    return replace(meta, xmp=meta.xmp or profile) if name == b"xmp" else meta


def _raw_profile(text: bytes) -> bytes:
    """Return the bytes of ImageMagick's text form: name, length and hexadecimal digits on lines of their own."""
    _, length, digits = text.strip().split(b"\n", 2)
    return bytes.fromhex(digits.decode("ascii"))[: int(length)]


def _unpack(packed: bytes) -> bytes:
    """Decompress a metadata block, refusing bombs."""
    unpacker = zlib.decompressobj()
    out = unpacker.decompress(packed, MAX_METADATA)
    if not unpacker.eof:
        raise ValueError("compressed metadata are cut off or too large")
    return out
