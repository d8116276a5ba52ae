"""The metadata of a TIFF file: taken from its directory on reading, hung into it on writing.

tifffile writes pixels but no EXIF directory, so after it has finished the main directory is written once more at the
end of the file, with the metadata added, and the header is pointed to it (TIFF 6.0, section 2 allows any place).
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import BinaryIO

from restore.codecs import embedded, exif
from restore.codecs.ifd import Buffer, Ifd, Tag, byte_order, is_big, pack_tree, read_ifd, read_tree
from restore.codecs.source import Source
from restore.image import Metadata

XMP, IPTC, PHOTOSHOP, ICC = 700, 33723, 34377, 34675
CENTIMETRE, INCH = 3, 2


def read_metadata(view: Buffer, offset: int, source: Source) -> Metadata:
    """Return what a TIFF says about its picture; trouble becomes a warning.

    Args:
        view: The whole file.
        offset: Where the picture's directory begins.
        source: Takes the warnings.
    """
    meta = Metadata(source_format="TIFF")
    try:
        tags, _ = read_ifd(view, offset)
        blocks = {number: tags[number].value for number in (XMP, IPTC, PHOTOSHOP, ICC) if number in tags}
        meta = replace(meta, xmp=blocks.get(XMP), icc=blocks.get(ICC), iptc=iptc_of(blocks, source))
        block = exif.from_tiff(view, offset)
        return replace(meta, exif=block, dpi=exif.dpi(block) if block else None)
    except ValueError as error:
        source.warn(f"Its metadata are damaged ({error}) and partly left out.")
        return meta


def iptc_of(blocks: Mapping[int, bytes], source: Source) -> bytes | None:
    """Return `Metadata.iptc` from the values of a directory's tags, by their numbers; trouble becomes a warning."""
    records = blocks.get(IPTC)
    try:
        return embedded.joined_iptc(blocks.get(PHOTOSHOP), records)
    except ValueError as error:
        source.warn(f"Its Photoshop block is damaged ({error}) and left out.")
        return records


def order_of(block: bytes | None) -> str:
    """Return the byte order a TIFF must have to take this EXIF block's values as they are."""
    try:
        return byte_order(block) if block else "<"
    except ValueError:
        return "<"


def resolution(meta: Metadata) -> tuple[tuple[float, float] | None, int | None]:
    """Return resolution and TIFF unit (2 inch, 3 centimetre), in centimetres only where the EXIF counts so."""
    if meta.dpi is None:
        return None, None
    try:
        metric = bool(meta.exif) and exif.resolution_unit(meta.exif or b"") == CENTIMETRE
    except ValueError:
        metric = False
    factor = Fraction(100, 254) if metric else Fraction(1)
    x, y = (float(round(Fraction(v) * factor, 6)) for v in meta.dpi)
    return (x, y), CENTIMETRE if metric else INCH


def add_metadata(file: BinaryIO, meta: Metadata, warnings: list[str]) -> None:
    """Hang EXIF, GPS, XMP and IPTC into a finished TIFF file of one page.

    Args:
        file: The file, readable and writable.
        meta: What to add; its EXIF must have the file's byte order (see `order_of`).
        warnings: Takes what could not be added.
    """
    added, sub = _tags(meta, warnings)
    if not added and not sub:
        return
    file.seek(0)
    head = file.read(16)
    if is_big(head):
        warnings.append("The TIFF is larger than 4 GB; its EXIF, XMP and IPTC were left out.")
        return
    order = byte_order(head)
    (start,) = struct.unpack(order + "I", head[4:8])
    own, _ = read_ifd(FileView(file), start)
    end = file.seek(0, os.SEEK_END)
    file.write(b"\0" * (end % 2))
    base = end + end % 2
    tree, offset = pack_tree({**added, **own}, sub, base, order)
    if base + len(tree) >= 2**32:
        warnings.append("The TIFF is larger than 4 GB; its EXIF, XMP and IPTC were left out.")
        return
    file.write(tree)
    file.seek(4)
    file.write(struct.pack(order + "I", offset))


def _tags(meta: Metadata, warnings: list[str]) -> tuple[Ifd, dict[int, Ifd]]:
    added: Ifd = {}
    sub: dict[int, Ifd] = {}
    if meta.exif:
        try:
            main, sub = read_tree(meta.exif)
            added = {number: tag for number, tag in main.items() if number in exif.DESCRIPTIVE}
        except ValueError:
            warnings.append("Its EXIF is damaged and was left out.")
    if meta.xmp:
        added[XMP] = Tag(1, len(meta.xmp), meta.xmp)
    if meta.iptc:
        try:
            records = embedded.iptc_records(meta.iptc)
        except ValueError:
            records = None
        if records:
            added[IPTC] = Tag(7, len(records), records)
        if meta.iptc.startswith(b"8BIM"):
            added[PHOTOSHOP] = Tag(1, len(meta.iptc), meta.iptc)
    return added, sub


class FileView:
    """A file that can be sliced, so that a directory is read without the pixels round it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def __len__(self) -> int:
        return self._file.seek(0, os.SEEK_END)

    def __getitem__(self, index: slice, /) -> bytes:
        # Not beyond the end: `read` makes room for as much as it is asked for, and damaged directories ask for 4 GB.
        start, stop, _ = index.indices(len(self))
        self._file.seek(start)
        return self._file.read(max(0, stop - start))
