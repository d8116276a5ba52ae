"""The text-like blocks round the pixels: XMP packets, Photoshop resources with IPTC records, ICC profiles."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

IPTC_RESOURCE, THUMBNAIL_RESOURCES = 0x0404, (0x0409, 0x040C)

_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>\s*))([0-9])""")
_XMP_SIZES = (
    (rb"tiff:ImageWidth", 0),
    (rb"tiff:ImageLength", 1),
    (rb"exif:PixelXDimension", 0),
    (rb"exif:PixelYDimension", 1),
)


def xmp_orientation(xmp: bytes) -> int | None:
    """Return ``tiff:Orientation``, 1 to 8, or None."""
    found = _XMP_ORIENTATION.search(xmp)
    value = int(found[2]) if found else 0
    return value if 1 <= value <= 8 else None


def upright_xmp(xmp: bytes) -> bytes:
    """Return the packet with ``tiff:Orientation`` 1 wherever it states one."""
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)


def resized_xmp(xmp: bytes, width: int, height: int) -> bytes:
    """Return the packet with the pixel dimensions it states set to these."""
    for name, index in _XMP_SIZES:
        size = str((width, height)[index]).encode()
        xmp = re.sub(rb"(" + name + rb"""(?:\s*=\s*["']|>\s*))[0-9]+""", rb"\g<1>" + size, xmp)
    return xmp


def resources(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and whole bytes of each Photoshop image resource.

    Layout: Adobe Photoshop File Formats Specification, "Image Resource Blocks".

    Raises:
        ValueError: The block is damaged.
    """
    position = 0
    while position + 12 <= len(block):
        if block[position : position + 4] not in (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR"):
            raise ValueError("not a Photoshop resource")
        (number,) = struct.unpack(">H", block[position + 4 : position + 6])
        size_at = position + 6 + (block[position + 6] + 2) // 2 * 2
        (size,) = struct.unpack(">I", block[size_at : size_at + 4].ljust(4, b"\0"))
        end = size_at + 4 + size
        if end > len(block):
            raise ValueError("a Photoshop resource is cut off")
        yield number, block[position:end] + b"\0" * (size % 2)
        position = end + size % 2


def without_thumbnail(block: bytes) -> bytes:
    """Return a Photoshop block without its thumbnail, which shows the picture before restoration.

    Raises:
        ValueError: The block is damaged.
    """
    return b"".join(whole for number, whole in resources(block) if number not in THUMBNAIL_RESOURCES)


def iptc_records(iptc: bytes) -> bytes | None:
    """Return the bare IPTC-IIM records of `Metadata.iptc`, whether it holds these or a Photoshop block; None if none.

    Raises:
        ValueError: The Photoshop block is damaged.
    """
    if not iptc.startswith(b"8BIM"):
        return iptc
    for number, whole in resources(iptc):
        if number == IPTC_RESOURCE:
            size_at = 6 + (whole[6] + 2) // 2 * 2
            (size,) = struct.unpack(">I", whole[size_at : size_at + 4])
            return whole[size_at + 4 : size_at + 4 + size]
    return None


def photoshop_block(iptc: bytes) -> bytes:
    """Return `Metadata.iptc` as a Photoshop block, wrapping bare IPTC-IIM records."""
    if iptc.startswith(b"8BIM"):
        return iptc
    return b"8BIM" + struct.pack(">HHI", IPTC_RESOURCE, 0, len(iptc)) + iptc + b"\0" * (len(iptc) % 2)


def joined_iptc(photoshop: bytes | None, records: bytes | None) -> bytes | None:
    """Return `Metadata.iptc` of a TIFF, which may hold IPTC-IIM records in two places; None where it holds neither.

    Args:
        photoshop: The Photoshop block (tag 34377).
        records: The bare records (tag 33723). Where the block's own differ these count: they are what ExifTool and
            most others read and write, and some of them write only these.

    Raises:
        ValueError: The Photoshop block is damaged.
    """
    if not photoshop:
        return records or None
    if not records or not records.startswith(b"\x1c"):  # no marker of a record: filled with something else
        return photoshop
    others = b"".join(whole for number, whole in resources(photoshop) if number != IPTC_RESOURCE)
    same = (iptc_records(photoshop) or b"").rstrip(b"\0") == records.rstrip(b"\0")  # some pad them to whole words
    return photoshop if same else photoshop_block(records) + others


def icc_problem(icc: bytes, channels: int) -> str | None:
    """Return why a profile cannot belong to pixels of this many channels, or None where it can.

    Header layout: ICC.1:2022, section 7.2 ("acsp" at byte 36, colour space at byte 16).
    """
    if len(icc) < 132 or icc[36:40] != b"acsp":
        return "its colour profile is damaged"
    space = icc[16:20]
    # Grey pictures with an RGB profile are common and harmless; the other way round every viewer stumbles.
    if space != b"RGB " and not (space == b"GRAY" and channels == 1):
        return f"its colour profile is for {space.decode('ascii', 'replace').strip()}, not for its pixels"
    return None
