"""TIFF image file directories (IFDs), the structure that TIFF files and EXIF blocks share.

Tag numbers, types and layout: TIFF 6.0 specification, section 2; EXIF 2.32 (CIPA DC-008), section 4.6.
Values stay raw bytes in the byte order of their source, so nothing is reinterpreted on the way.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple, Protocol

TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
MAX_TAGS = 4096

EXIF_IFD, GPS_IFD, INTEROP_IFD = 0x8769, 0x8825, 0xA005


class Buffer(Protocol):
    """Bytes, a bytearray or a memory map."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: slice, /) -> bytes | bytearray: ...


class Tag(NamedTuple):
    """One entry: TIFF type, number of values, and the values' bytes in the directory's byte order."""

    type: int
    number: int
    value: bytes


Ifd = dict[int, Tag]


def byte_order(buffer: Buffer) -> str:
    """Return "<" or ">" (as `struct` writes it) for a TIFF structure.

    Raises:
        ValueError: The buffer does not begin like a TIFF.
    """
    magic = bytes(buffer[0:2])
    if magic not in (b"II", b"MM"):
        raise ValueError("not a TIFF structure")
    return "<" if magic == b"II" else ">"


def is_big(buffer: Buffer) -> bool:
    """Whether this is a BigTIFF, with 8-byte offsets."""
    return bool(struct.unpack(byte_order(buffer) + "H", bytes(buffer[2:4]).ljust(2, b"\0"))[0] == 43)


def first_offset(buffer: Buffer) -> int:
    """Return where the first directory begins.

    Raises:
        ValueError: Not a TIFF structure, or cut off.
    """
    order = byte_order(buffer)
    try:
        if is_big(buffer):
            return int(struct.unpack(order + "Q", bytes(buffer[8:16]))[0])
        return int(struct.unpack(order + "I", bytes(buffer[4:8]))[0])
    except struct.error as error:
        raise ValueError("the TIFF header is cut off") from error


def read_ifd(buffer: Buffer, offset: int) -> tuple[Ifd, int]:
    """Read one directory.

    Args:
        buffer: The whole TIFF structure.
        offset: Where the directory begins.

    Returns:
        Its tags (those of unknown type or beyond the buffer left out) and the offset of the next directory, or 0.

    Raises:
        ValueError: The directory itself lies outside the buffer or is absurd.
    """
    order, big = byte_order(buffer), is_big(buffer)
    count_format, entry_format, word = ("Q", "HHQ", "Q") if big else ("H", "HHI", "I")
    head, width = struct.calcsize(count_format), 20 if big else 12
    inline = 8 if big else 4
    try:
        (count,) = struct.unpack(order + count_format, bytes(buffer[offset : offset + head]))
        if not 0 <= count <= MAX_TAGS:
            raise ValueError(f"a directory of {count} tags")
        table = bytes(buffer[offset + head : offset + head + count * width + inline])
        (next_ifd,) = struct.unpack(order + word, table[count * width :].ljust(inline, b"\0"))
        tags: Ifd = {}
        room = 2 * len(buffer)
        for i in range(count):
            entry = table[i * width : (i + 1) * width]
            number, kind, values = struct.unpack(order + entry_format, entry[: width - inline])
            size = TYPE_SIZES.get(kind, 0) * values
            raw = entry[width - inline :][:size]
            if size > inline:
                (start,) = struct.unpack(order + word, entry[width - inline :])
                raw = bytes(buffer[start : start + size])
                room -= len(raw)
                if room < 0:
                    raise ValueError("a directory whose tags lie upon each other")
            if size and len(raw) == size:
                tags[number] = Tag(kind, values, raw)
    except struct.error as error:
        raise ValueError("a directory is cut off") from error
    return tags, int(next_ifd)


def integers(tag: Tag, order: str) -> tuple[int, ...]:
    """Return the values of a BYTE, SHORT or LONG tag; empty for other types."""
    code = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}.get(tag.type)
    return () if code is None else struct.unpack(f"{order}{tag.number}{code}", tag.value)


def rational(tag: Tag, order: str) -> float | None:
    """Return the first value of a RATIONAL tag, or None."""
    if tag.type != 5 or tag.number < 1:
        return None
    over, under = struct.unpack(order + "II", tag.value[:8])
    return over / under if under else None


def pack_ifd(tags: Mapping[int, Tag], base: int, order: str) -> bytes:
    """Lay out a classic (4-byte offset) directory and the values that do not fit into it.

    Args:
        tags: The entries.
        base: Offset the directory will have in its file or block; even.
        order: "<" or ">".
    """
    entries, values = [], bytearray()
    start = base + 2 + 12 * len(tags) + 4
    for number in sorted(tags):
        kind, count, value = tags[number]
        if len(value) <= 4:
            field = value.ljust(4, b"\0")
        else:
            field = struct.pack(order + "I", start + len(values))
            values += value + b"\0" * (len(value) % 2)
        entries.append(struct.pack(order + "HHI", number, kind, count) + field)
    return struct.pack(order + "H", len(tags)) + b"".join(entries) + bytes(4) + bytes(values)


def pack_tree(
    main: Mapping[int, Tag], sub: Mapping[int, Mapping[int, Tag]], base: int, order: str
) -> tuple[bytes, int]:
    """Lay out a main directory behind its sub-directories.

    Args:
        main: The tags of the main directory, without pointers to `sub`.
        sub: Directories by their pointer tag (EXIF_IFD, GPS_IFD; INTEROP_IFD is hung into the EXIF directory).
        base: Offset the result will have; even.
        order: "<" or ">".

    Returns:
        The bytes, and the offset of the main directory (counted like `base`).
    """
    out, top, exif = bytearray(), dict(main), dict(sub.get(EXIF_IFD, {}))

    def place(tags: Mapping[int, Tag]) -> Tag:
        offset = base + len(out)
        out.extend(pack_ifd(tags, offset, order))
        return Tag(4, 1, struct.pack(order + "I", offset))

    if sub.get(INTEROP_IFD):
        exif[INTEROP_IFD] = place(sub[INTEROP_IFD])
    if exif:
        top[EXIF_IFD] = place(exif)
    if sub.get(GPS_IFD):
        top[GPS_IFD] = place(sub[GPS_IFD])
    offset = base + len(out)
    out.extend(pack_ifd(top, offset, order))
    return bytes(out), offset


def read_tree(buffer: Buffer, offset: int | None = None) -> tuple[Ifd, dict[int, Ifd]]:
    """Read a main directory and its EXIF, GPS and interoperability sub-directories.

    Args:
        buffer: The whole TIFF structure.
        offset: Where the main directory begins; None for the first.

    Returns:
        The main directory without the pointers, and the sub-directories by pointer tag; a damaged one is left out.

    Raises:
        ValueError: Not a TIFF structure, or the main directory is damaged.
    """
    order = byte_order(buffer)
    main, _ = read_ifd(buffer, first_offset(buffer) if offset is None else offset)
    sub: dict[int, Ifd] = {}
    for pointer in (EXIF_IFD, GPS_IFD):
        _read_sub(buffer, main, pointer, order, sub)
    if EXIF_IFD in sub:
        _read_sub(buffer, sub[EXIF_IFD], INTEROP_IFD, order, sub)
    return main, sub


def _read_sub(buffer: Buffer, parent: Ifd, pointer: int, order: str, sub: dict[int, Ifd]) -> None:
    offsets = integers(parent.pop(pointer), order) if pointer in parent else ()
    if offsets:
        try:
            sub[pointer] = read_ifd(buffer, offsets[0])[0]
        except ValueError:
            return
