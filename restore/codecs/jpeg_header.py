"""What a JPEG file says before its pixels: markers, sizes, tables and the blocks of metadata.

Marker segments: ITU-T T.81, annex B. JFIF: ITU-T T.871. EXIF in APP1: CIPA DC-008. XMP in APP1: XMP specification
part 3. ICC in APP2: ICC.1:2022, annex B.4. Photoshop resources in APP13.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

EXIF_ID, XMP_ID, XMP_MORE_ID = b"Exif\0", b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
ICC_ID, PHOTOSHOP_ID, MPF_ID = b"ICC_PROFILE\0", b"Photoshop 3.0\0", b"MPF\0"
SOF_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})

SUBSAMPLING = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1"}

# ITU-T T.81, tables K.1 (luminance) and K.2 (chrominance), row by row.
_LUMA = np.array(
    [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
     87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
     72, 92, 95, 98, 112, 100, 103, 99]
)  # fmt: skip
_CHROMA = np.array(
    [17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
     99, 99, 99] + [99] * 32
)  # fmt: skip
# Position in the block of each coefficient in the order tables are stored (T.81, figure A.6).
_ZIGZAG = sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))


@dataclass
class JpegHeader:
    """The parsed header.

    Attributes:
        width, height: Size in pixels.
        precision: Bits per sample.
        components: For each component its horizontal and vertical sampling factor and quantisation table.
        tables: Quantisation tables by number, 64 values in stored (zigzag) order.
        adobe: The colour transform of an Adobe APP14 segment, or None without one.
        exif, xmp, icc, photoshop: Blocks as found, joined where they span segments.
        more_xmp: Whether there is an extended part of the XMP, which is not read.
        dpi: From the JFIF segment.
        pictures: How many pictures a multi-picture file (CIPA DC-007) announces; 1 for others.
        scan: Where the first scan begins; 0 where the file ends before it.
        problems: What is wrong with the metadata, one sentence each.
    """

    width: int = 0
    height: int = 0
    precision: int = 8
    components: list[tuple[int, int, int]] = field(default_factory=list)
    tables: dict[int, tuple[int, ...]] = field(default_factory=dict)
    adobe: int | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    icc: bytes | None = None
    photoshop: bytes | None = None
    more_xmp: bool = False
    dpi: tuple[float, float] | None = None
    pictures: int = 1
    scan: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def subsampling(self) -> str | None:
        """Chroma subsampling in the usual notation, "grey", or None for uncommon factors."""
        if len(self.components) == 1:
            return "grey"
        (h, v, _), *chroma = self.components
        if len({(c[0], c[1]) for c in chroma[:2]}) != 1 or h % chroma[0][0] or v % chroma[0][1]:
            return None
        return SUBSAMPLING.get((h // chroma[0][0], v // chroma[0][1]))


def parse(data: bytes) -> JpegHeader:
    """Read the segments before the first scan.

    Raises:
        ValueError: The file ends, or makes no sense, before its first scan.
    """
    header, icc_parts = JpegHeader(), {}
    for marker, body, end in _segments(data):
        try:
            if marker in SOF_MARKERS:
                _read_frame(header, body)
            elif marker == 0xDB:
                header.tables.update(_read_tables(body))
            elif marker == 0xDA:
                header.scan = end
            elif marker == 0xE2 and body.startswith(ICC_ID):
                icc_parts[body[12]] = body[14:]
                header.problems += [] if body[13] >= body[12] > 0 else ["Its colour profile is numbered wrongly."]
            else:
                _read_application(header, marker, body)
        except (struct.error, IndexError):
            if marker in SOF_MARKERS or marker == 0xDB:
                raise ValueError("a segment is cut off") from None
            header.problems.append(f"Its metadata segment APP{marker - 0xE0} is damaged and left out.")
    if icc_parts:
        header.icc = b"".join(icc_parts[number] for number in sorted(icc_parts))
    if not header.scan or not header.components:
        raise ValueError("there is no picture in it")
    return header


def is_complete(data: bytes, header: JpegHeader) -> bool:
    """Whether the end-of-image marker follows the scans; libjpeg would fill what is missing with grey, silently."""
    return end_of_image(data, header) > 0


def end_of_image(data: bytes, header: JpegHeader) -> int:
    """Return where the picture ends, behind its end-of-image marker; 0 where none follows the scans."""
    marker = data.find(b"\xff\xd9", header.scan)
    return 0 if marker < 0 else marker + 2


def is_long_enough(data: bytes, header: JpegHeader) -> bool:
    """Whether the file could hold as many blocks as its size asks for; libjpeg would fill the rest with grey, silently.

    Every 8x8 block costs at least one bit, its DC code, also in a progressive file, whose scans may tell of everything
    else for many blocks at once.
    """
    widest, highest = max(h for h, _, _ in header.components), max(v for _, v, _ in header.components)
    blocks = sum(
        math.ceil(header.width * h / widest / 8) * math.ceil(header.height * v / highest / 8)
        for h, v, _ in header.components
    )
    return (len(data) - header.scan) * 8 >= blocks


def estimate_quality(header: JpegHeader) -> int | None:
    """Return the libjpeg quality, 1 to 100, whose tables come nearest to the file's.

    The tables of every quality are computed as libjpeg does (jcparam.c, ``jpeg_quality_scaling`` and
    ``jpeg_add_quant_table``: factor 5000/q below 50, else 200 - 2q, in percent of the tables of T.81 annex K, rounded
    and clipped to 1..255) and compared by the sum of absolute differences. Exact for files written by libjpeg and
    its relatives, the nearest equivalent for others.
    """
    used = [table for _, _, table in header.components[:3]]
    pairs = [(header.tables.get(used[0]), _LUMA)]
    pairs += [(header.tables.get(number), _CHROMA) for number in used[1:2] if number != used[0]]
    found = [(np.array(table), standard) for table, standard in pairs if table is not None]
    if not found:
        return None
    distance = sum(np.abs(_scaled(standard) - table).sum(axis=1) for table, standard in found)
    return 100 - int(np.argmin(distance[::-1]))


def _scaled(standard: npt.NDArray[np.int_]) -> npt.NDArray[np.int_]:
    quality = np.arange(1, 101)[:, None]
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    return np.clip((standard[_ZIGZAG] * percent + 50) // 100, 1, 255)


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Yield marker, body and end of each segment up to and including the first start-of-scan."""
    position = 2
    while True:
        position = data.find(b"\xff", position)
        while 0 <= position < len(data) - 1 and data[position + 1] == 0xFF:
            position += 1  # fill bytes are allowed before a marker
        if position < 0 or position + 4 > len(data):
            raise ValueError("the file ends before its picture")
        marker = data[position + 1]
        position += 2
        if marker in BARE_MARKERS or marker == 0:
            continue
        (length,) = struct.unpack(">H", data[position : position + 2])
        if length < 2 or position + length > len(data):
            raise ValueError("the file ends before its picture")
        yield marker, data[position + 2 : position + length], position + length
        if marker in (0xDA, 0xD9):
            return
        position += length


def _read_frame(header: JpegHeader, body: bytes) -> None:
    header.precision, header.height, header.width, count = struct.unpack(">BHHB", body[:6])
    parts = [body[6 + 3 * i : 9 + 3 * i] for i in range(count)]
    header.components = [(part[1] >> 4, part[1] & 15, part[2]) for part in parts]
    if any(h == 0 or v == 0 for h, v, _ in header.components):
        raise ValueError("a component has no samples")


def _read_tables(body: bytes) -> dict[int, tuple[int, ...]]:
    tables, position = {}, 0
    while position < len(body):
        wide, number = body[position] >> 4, body[position] & 15
        size = 128 if wide else 64
        tables[number] = struct.unpack(">64" + ("H" if wide else "B"), body[position + 1 : position + 1 + size])
        position += 1 + size
    return tables


def _read_application(header: JpegHeader, marker: int, body: bytes) -> None:
    if marker == 0xE0 and body.startswith(b"JFIF\0"):
        unit, x, y = struct.unpack(">BHH", body[7:12])
        factor = {1: 1.0, 2: 2.54}.get(unit)
        header.dpi = (x * factor, y * factor) if factor and x and y else None
    elif marker == 0xE1 and body.startswith(EXIF_ID) and header.exif is None:
        header.exif = body[6:]
    elif marker == 0xE1 and body.startswith(XMP_ID) and header.xmp is None:
        header.xmp = body[len(XMP_ID) :]
    elif marker == 0xE1 and body.startswith(XMP_MORE_ID):
        header.more_xmp = True
    elif marker == 0xE2 and body.startswith(MPF_ID):
        header.pictures = _count_pictures(body[4:])
    elif marker == 0xED and body.startswith(PHOTOSHOP_ID):
        header.photoshop = (header.photoshop or b"") + body[len(PHOTOSHOP_ID) :]
    elif marker == 0xEE and body.startswith(b"Adobe"):
        header.adobe = body[11]


def _count_pictures(index: bytes) -> int:
    """Return the NumberOfImages (tag 0xB001) of a multi-picture index, CIPA DC-007, section 5.2.3."""
    from restore.codecs.ifd import byte_order, first_offset, integers, read_ifd

    try:
        tags, _ = read_ifd(index, first_offset(index))
        return integers(tags[0xB001], byte_order(index))[0] if 0xB001 in tags else 1
    except (ValueError, IndexError):
        return 1
