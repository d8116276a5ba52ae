"""EXIF blocks, changed in place.

MakerNotes hold offsets that count from the block's start, so a block is never taken apart and put together again:
single values are overwritten where they stand. Tags: EXIF 2.32 (CIPA DC-008), sections 4.6.4 and 4.6.5.
"""

from __future__ import annotations

import struct

from restore.codecs.ifd import (
    EXIF_IFD,
    Buffer,
    Ifd,
    Tag,
    byte_order,
    first_offset,
    integers,
    pack_tree,
    rational,
    read_ifd,
    read_tree,
)

ORIENTATION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 0x0112, 0x011A, 0x011B, 0x0128
IMAGE_WIDTH, IMAGE_LENGTH, PIXEL_X, PIXEL_Y = 0x0100, 0x0101, 0xA002, 0xA003
THUMBNAIL_OFFSET, THUMBNAIL_LENGTH = 0x0201, 0x0202
INCH, CENTIMETRE = 2, 3

DESCRIPTIVE = frozenset(
    {0x010D, 0x010E, 0x010F, 0x0110, ORIENTATION, X_RESOLUTION, Y_RESOLUTION, 0x011D, RESOLUTION_UNIT, 0x0131, 0x0132}
    | {0x013B, 0x013C, 0x013E, 0x013F, 0x0211, 0x0213, 0x0214, 0x4746, 0x4749, 0x8298, 0xC4A5}
    | {0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F, 0xC614, 0xC62F}
)
"""Tags of a TIFF's main directory that describe the picture; all others describe the file's own layout."""


def strip_prefix(block: bytes) -> bytes:
    """Return the TIFF structure of an EXIF block, without the prefix JPEG puts before it."""
    return block[6:] if block[:6] in (b"Exif\0\0", b"Exif\0\xff") else block


def orientation(block: bytes) -> int | None:
    """Return the orientation, 1 to 8, or None where the block has none (or nonsense).

    Raises:
        ValueError: The block is damaged.
    """
    tags, _ = read_ifd(block, first_offset(block))
    values = integers(tags[ORIENTATION], byte_order(block)) if ORIENTATION in tags else ()
    return values[0] if values and 1 <= values[0] <= 8 else None


def upright(block: bytes) -> bytes:
    """Return the block with orientation 1 and without its thumbnail, which shows the picture before restoration.

    Raises:
        ValueError: The block is damaged.
    """
    order, out, start = byte_order(block), bytearray(block), first_offset(block)
    entry = _entry(block, start, ORIENTATION)
    if entry is not None:
        out[entry + 2 : entry + 12] = struct.pack(order + "HIHH", 3, 1, 1, 0)
    _, thumbnail = read_ifd(block, start)
    if thumbnail:
        link = start + 2 + 12 * struct.unpack(order + "H", block[start : start + 2])[0]
        out[link : link + 4] = bytes(4)
        _cut_thumbnail(out, thumbnail, order)
    return bytes(out)


def _cut_thumbnail(block: bytearray, directory: int, order: str) -> None:
    """Drop the thumbnail's bytes where they end the block; elsewhere unlinking it has to do."""
    try:
        tags, _ = read_ifd(bytes(block), directory)
    except ValueError:
        return
    if THUMBNAIL_OFFSET in tags and THUMBNAIL_LENGTH in tags:
        (begin, *_), (size, *_) = (integers(tags[t], order) or (0,) for t in (THUMBNAIL_OFFSET, THUMBNAIL_LENGTH))
        if directory < begin < len(block) <= begin + size + 2:
            del block[begin:]


def without_orientation(block: bytes) -> bytes:
    """Return the block with its orientation entry taken out, for containers that state the orientation themselves.

    Raises:
        ValueError: The block is damaged.
    """
    order, start = byte_order(block), first_offset(block)
    entry = _entry(block, start, ORIENTATION)
    if entry is None:
        return block
    (count,) = struct.unpack(order + "H", block[start : start + 2])
    end = start + 2 + 12 * count + 4
    rest = block[entry + 12 : end]
    return (
        block[:start] + struct.pack(order + "H", count - 1) + block[start + 2 : entry] + rest + bytes(12) + block[end:]
    )


def with_size(block: bytes, width: int, height: int) -> bytes:
    """Return the block with its pixel dimensions, where it states any, set to these.

    Raises:
        ValueError: The block is damaged.
    """
    order, out, start = byte_order(block), bytearray(block), first_offset(block)
    directories = [(start, {IMAGE_WIDTH: width, IMAGE_LENGTH: height})]
    pointer = read_ifd(block, start)[0].get(EXIF_IFD)
    if pointer is not None and integers(pointer, order):
        directories.append((integers(pointer, order)[0], {PIXEL_X: width, PIXEL_Y: height}))
    for offset, sizes in directories:
        for tag, size in sizes.items():
            entry = _entry(block, offset, tag)
            if entry is None:
                continue
            short = block[entry + 2 : entry + 4] == struct.pack(order + "H", 3) and size < 65536
            # The same type as before where it is wide enough; a SHORT stands in the first half of its field.
            out[entry + 2 : entry + 12] = struct.pack(
                order + ("HIHH" if short else "HII"), *((3, 1, size, 0) if short else (4, 1, size))
            )
    return bytes(out)


def dpi(block: bytes) -> tuple[float, float] | None:
    """Return horizontal and vertical pixels per inch, or None where the block does not say.

    Raises:
        ValueError: The block is damaged.
    """
    order = byte_order(block)
    tags, _ = read_ifd(block, first_offset(block))
    if X_RESOLUTION not in tags or Y_RESOLUTION not in tags:
        return None
    x, y = rational(tags[X_RESOLUTION], order), rational(tags[Y_RESOLUTION], order)
    factor = {INCH: 1.0, CENTIMETRE: 2.54}.get(resolution_unit(block))
    return None if factor is None or not x or not y else (x * factor, y * factor)


def resolution_unit(block: bytes) -> int:
    """Return the TIFF unit of the resolution: 1 none, 2 inch (also where it is missing), 3 centimetre.

    Raises:
        ValueError: The block is damaged.
    """
    tags, _ = read_ifd(block, first_offset(block))
    values = integers(tags[RESOLUTION_UNIT], byte_order(block)) if RESOLUTION_UNIT in tags else ()
    return values[0] if values else INCH


def from_tiff(buffer: Buffer, offset: int | None = None) -> bytes | None:
    """Return an EXIF block made of a TIFF file's descriptive tags, or None where there are none.

    Args:
        buffer: The TIFF file; classic or BigTIFF.
        offset: Where the picture's directory begins; None for the first.

    Raises:
        ValueError: The main directory is damaged.
    """
    order = byte_order(buffer)
    main, sub = read_tree(buffer, offset)
    kept = {number: tag for number, tag in main.items() if number in DESCRIPTIVE}
    if not kept and not sub:
        return None
    return pack_block(kept, sub, order)


def _entry(block: bytes, directory: int, tag: int) -> int | None:
    """Return where the 12-byte entry of a tag stands, or None."""
    order = byte_order(block)
    try:
        (count,) = struct.unpack(order + "H", block[directory : directory + 2])
        for position in range(directory + 2, directory + 2 + 12 * count, 12):
            if struct.unpack(order + "H", block[position : position + 2])[0] == tag and position + 12 <= len(block):
                return position
    except struct.error as error:
        raise ValueError("a directory is cut off") from error
    return None


def of_resolution(dpi: tuple[float, float]) -> bytes:
    """Return a small block that states nothing but the resolution in pixels per inch."""
    return pack_block(_resolution_tags(dpi, "<"), {}, "<")


def with_resolution(block: bytes, dpi: tuple[float, float]) -> bytes:
    """Return the block with the resolution in pixels per inch added.

    The main directory is written anew behind the block, everything else stays where MakerNotes expect it.

    Raises:
        ValueError: The block is damaged.
    """
    order, start = byte_order(block), first_offset(block)
    main, following = read_ifd(block, start)
    added = _resolution_tags(dpi, order)
    (count,) = struct.unpack(order + "H", block[start : start + 2])
    entries = {}
    for position in range(start + 2, start + 2 + 12 * count, 12):
        (number,) = struct.unpack(order + "H", block[position : position + 2])
        if number in main:
            entries[number] = block[position : position + 12]
    base = len(block) + len(block) % 2
    values = base + 2 + 12 * len(entries | added) + 4
    behind = b""
    for number, tag in added.items():
        place = struct.pack(order + "I", values + len(behind)) if len(tag.value) > 4 else tag.value.ljust(4, b"\0")
        entries[number] = struct.pack(order + "HHI", number, tag.type, tag.number) + place
        behind += tag.value if len(tag.value) > 4 else b""
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries[number] for number in sorted(entries))
    out = block[:4] + struct.pack(order + "I", base) + block[8:] + b"\0" * (len(block) % 2)
    return out + directory + struct.pack(order + "I", following) + behind


def _resolution_tags(dpi: tuple[float, float], order: str) -> Ifd:
    # In thousandths, as long as those fit into 32 bits.
    x, y = (struct.pack(order + "II", min(2**32 - 1, max(1, round(v * 1000))), 1000) for v in dpi)
    unit = struct.pack(order + "H", INCH)
    return {X_RESOLUTION: Tag(5, 1, x), Y_RESOLUTION: Tag(5, 1, y), RESOLUTION_UNIT: Tag(3, 1, unit)}


def without_maker_note(block: bytes) -> bytes:
    """Return the block rebuilt without the camera maker's private notes (tag 0x927C), usually its largest part.

    Raises:
        ValueError: The block is damaged.
    """
    order = byte_order(block)
    main, sub = read_tree(block)
    sub.get(EXIF_IFD, {}).pop(0x927C, None)
    return pack_block(main, sub, order)


def pack_block(main: Ifd, sub: dict[int, Ifd], order: str) -> bytes:
    """Return an EXIF block laid out anew from its directories."""
    tree, offset = pack_tree(main, sub, 8, order)
    return (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, offset) + tree
