"""Where a file's parts lie (segments, chunks, boxes, directories) and its numbers (lengths, sizes, offsets, counts)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

BOXES = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"dinf": 0}
NUMERIC_BOXES = frozenset({b"ispe", b"iloc", b"pitm", b"iinf", b"infe", b"iref", b"ipma", b"pixi", b"av1C", b"hvcC"})
TYPE_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8}
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass
class Layout:
    """What of a file is worth changing.

    Attributes:
        parts: Begin and end of each part that can be taken out, doubled or moved.
        numbers: Offset, width in bytes and byte order ("<" or ">") of each number.
        texts: Begin and end of each number written in digits.
    """

    parts: list[tuple[int, int]] = field(default_factory=list)
    numbers: list[tuple[int, int, str]] = field(default_factory=list)
    texts: list[tuple[int, int]] = field(default_factory=list)


def layout(data: bytes) -> Layout:
    """Return the layout of a file, as far as it makes sense; never fails."""
    found = Layout()
    try:
        if data.startswith(b"\xff\xd8"):
            _jpeg(data, found)
        elif data.startswith(b"\x89PNG"):
            _png(data, found)
        elif data[:2] in (b"II", b"MM"):
            _tiff(data, 0, found)
        elif data.startswith(b"RIFF"):
            _riff(data, found)
        elif data[4:8] == b"ftyp":
            _boxes(data, 0, len(data), found)
        elif data.startswith(b"BM"):
            found.numbers += [(2, 4, "<"), (10, 4, "<"), (14, 4, "<")] + [(at, 4, "<") for at in range(18, 62, 4)]
            found.numbers += [(26, 2, "<"), (28, 2, "<")]
        elif data.startswith(b"GIF"):
            _gif(data, found)
        elif data.startswith(b"P"):
            found.texts += [match.span() for match in re.finditer(rb"[0-9]+", data[:64])]
    except (struct.error, IndexError):
        pass
    for start in {match.end() for match in re.finditer(rb"Exif\0\0|eXIf|EXIF....", data, re.DOTALL)}:
        _embedded_tiff(data, start, found)
    found.numbers = [number for number in found.numbers if number[0] + number[1] <= len(data)]
    return found


def repaired_png(data: bytes) -> bytes:
    """Return the file with right checksums, without which libpng would stop at the first change."""
    import zlib

    out, position = bytearray(data), 8
    while position + 12 <= len(out):
        (size,) = struct.unpack(">I", out[position : position + 4])
        end = position + 8 + size
        if end + 4 > len(out):
            break
        out[end : end + 4] = struct.pack(">I", zlib.crc32(out[position + 4 : end]))
        position = end + 4
    return bytes(out)


def _jpeg(data: bytes, found: Layout) -> None:
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        (size,) = struct.unpack(">H", data[position + 2 : position + 4])
        found.parts.append((position, position + 2 + size))
        found.numbers += [(position + 1, 1, ">"), (position + 2, 2, ">")]
        if marker in FRAMES:
            found.numbers += [(position + 4, 1, ">"), (position + 5, 2, ">"), (position + 7, 2, ">")]
            found.numbers += [(position + at, 1, ">") for at in range(9, 9 + 1 + 3 * data[position + 9])]
        elif marker == 0xDA:
            found.numbers += [(position + at, 1, ">") for at in range(4, 2 + size)]
        elif marker in (0xC4, 0xDD, 0xE2, 0xED, 0xEE):
            found.numbers += [(position + at, 1, ">") for at in range(4, 2 + min(size, 30))]
        position += 2 + size
        if marker == 0xDA:
            following = re.compile(rb"\xff[\xc0-\xcf\xda-\xfe]").search(data, position)
            position = following.start() if following else len(data)
            found.parts.append((found.parts[-1][1], position))


def _png(data: bytes, found: Layout) -> None:
    position = 8
    while position + 12 <= len(data):
        (size,) = struct.unpack(">I", data[position : position + 4])
        found.parts.append((position, position + 12 + size))
        found.numbers.append((position, 4, ">"))
        if data[position + 4 : position + 8] == b"IHDR":
            found.numbers += [(position + 8, 4, ">"), (position + 12, 4, ">")]
            found.numbers += [(position + at, 1, ">") for at in range(16, 21)]
        position += 12 + size


def _riff(data: bytes, found: Layout) -> None:
    found.numbers.append((4, 4, "<"))
    position = 12
    while position + 8 <= len(data):
        (size,) = struct.unpack("<I", data[position + 4 : position + 8])
        end = position + 8 + size + size % 2
        found.parts.append((position, end))
        found.numbers.append((position + 4, 4, "<"))
        found.numbers += [(position + 8 + at, 2, "<") for at in range(0, min(size, 12), 2)]
        position = end


def _boxes(data: bytes, start: int, end: int, found: Layout) -> None:
    while start + 8 <= end:
        (size,) = struct.unpack(">I", data[start : start + 4])
        kind = data[start + 4 : start + 8]
        size = size if size >= 8 else end - start
        found.parts.append((start, start + size))
        found.numbers.append((start, 4, ">"))
        if kind in BOXES:
            _boxes(data, start + 8 + BOXES[kind], min(end, start + size), found)
        elif kind in NUMERIC_BOXES:
            found.numbers += [(at, 1, ">") for at in range(start + 8, min(end, start + size))]
            found.numbers += [(at, 4, ">") for at in range(start + 12, min(end, start + size) - 3, 4)]
        start += size


def _gif(data: bytes, found: Layout) -> None:
    found.numbers += [(6, 2, "<"), (8, 2, "<"), (10, 1, "<"), (11, 1, "<")]
    for match in re.finditer(rb"\0,", data):
        at = match.end()
        found.numbers += [(at, 2, "<"), (at + 2, 2, "<"), (at + 4, 2, "<"), (at + 6, 2, "<"), (at + 8, 1, "<")]
        found.numbers.append((at + 9, 1, "<"))
        found.parts.append((at - 1, len(data) - 1))


def _embedded_tiff(data: bytes, start: int, found: Layout) -> None:
    start += 6 * data.startswith(b"Exif\0\0", start)
    if data[start : start + 2] in (b"II", b"MM"):
        try:
            _tiff(data, start, found)
        except (struct.error, IndexError):
            return


def _tiff(data: bytes, base: int, found: Layout) -> None:
    """Walk the directories of a TIFF structure that begins at `base`."""
    order = "<" if data[base : base + 2] == b"II" else ">"
    big = data[base + 2 : base + 4] in (b"+\0", b"\0+")
    word, width = (8, 20) if big else (4, 12)
    head = 8 if big else 2
    at = base + (8 if big else 4)
    found.numbers.append((at, word, order))
    todo, seen = [_number(data, at, word, order)], set[int]()
    while todo:
        offset = base + todo.pop()
        if offset in seen or len(seen) > 16:
            continue
        seen.add(offset)
        count = _number(data, offset, head, order)
        found.numbers.append((offset, head, order))
        end = offset + head + count * width
        found.parts.append((offset, min(len(data), end + word)))
        for entry in range(offset + head, min(end, len(data) - width), width):
            todo += _entry(data, entry, word, order, base, found)
        found.numbers.append((end, word, order))
        todo.append(_number(data, end, word, order))


def _entry(data: bytes, entry: int, word: int, order: str, base: int, found: Layout) -> Iterator[int]:
    """Note one entry's numbers and values; yield the directory it points to."""
    tag, kind = _number(data, entry, 2, order), _number(data, entry + 2, 2, order)
    count, at = _number(data, entry + 4, word, order), entry + 4 + word
    size = TYPE_SIZES.get(kind, 1)
    found.parts.append((entry, at + word))
    found.numbers += [(entry + 2, 2, order), (entry + 4, word, order), (at, min(size, word), order)]
    if size * count > word:
        start = base + _number(data, at, word, order)
        found.parts.append((start, min(len(data), start + size * count)))
        found.numbers.append((at, word, order))
        found.numbers += [(start + i * size, min(size, 4), order) for i in range(min(count, 8))]
    if tag in (0x8769, 0x8825, 0xA005, 330):
        yield _number(data, at, word, order)


def _number(data: bytes, at: int, size: int, order: str) -> int:
    return int.from_bytes(data[at : at + size], "little" if order == "<" else "big")
