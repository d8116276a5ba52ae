"""What a file's header says about its picture: size, channels and depth, without decoding a pixel.

For planning only (read-ahead, memory, disk): cheap, never an error, and never a judgement whether the file is whole.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from restore.codecs.formats import sniff

_HEAD = 64
_PNM = re.compile(
    rb"P[1-6](?:[ \t\r\n]|#[^\n]*\n)+(\d+)(?:[ \t\r\n]|#[^\n]*\n)+(\d+)(?:(?:[ \t\r\n]|#[^\n]*\n)+(\d+))?"
)
_PNM_HEAD = 1 << 16
"""Bytes in which a Netpbm header, comments included, must end to be seen here."""

_TIFF_DEFAULTS = {254: (0,), 256: (0,), 257: (0,), 258: (1,), 262: (1,), 277: (1,), 338: (), 339: (1,)}
"""NewSubfileType, ImageWidth, ImageLength, BitsPerSample, PhotometricInterpretation, SamplesPerPixel, ExtraSamples,
SampleFormat, and what each is where it is missing (TIFF 6.0, sections 8 and 18)."""

_PAGES = 16
"""Directories looked at before a TIFF's first page is taken as its picture; thumbnails come one or two in front."""


@dataclass(frozen=True)
class Header:
    """The picture as it will be in memory once it is read.

    Attributes:
        width, height: In pixels, as stored: a picture that lies on its side is turned only when it is read.
        channels: 1 for grey, 3 for colour (palettes, CMYK and RAW included).
        bits: Per sample after reading: 8, 16, or 32 for floating point.
        alpha: Whether it has transparency.
        format: "JPEG", "PNG" …, by content; see `restore.codecs.formats.sniff`.
    """

    width: int
    height: int
    channels: int
    bits: int
    alpha: bool
    format: str

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.width * self.height / 1e6

    @property
    def bytes(self) -> int:
        """Size in memory, decoded, transparency included."""
        return self.width * self.height * (self.channels + self.alpha) * self.bits // 8


def peek(path: Path) -> Header | None:
    """Read a file's header; safe on decompression bombs and from several threads, under 0.1 ms for most formats.

    Args:
        path: Any file.

    Returns:
        What the header says, or None where there is no such file, it is not a picture, its header is damaged, or
        reading its format needs an extra that is not installed.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            kind = sniff(head, path.suffix)
            file.seek(0)
            header = None if kind is None else _READERS[kind](file)
            return header if header is not None and min(header.width, header.height) > 0 else None
    except Exception:  # decoders raise whatever they like on damaged data; the reader will say what is wrong
        return None


def _jpeg(file: BinaryIO) -> Header:
    from PIL.JpegImagePlugin import JpegImageFile

    # Here and below the plugins' classes and not `Image.open`, whose limit on pixels is a global of the process.
    picture = JpegImageFile(file)
    return Header(*picture.size, 1 if picture.mode == "L" else 3, 8, False, "JPEG")


def _png(file: BinaryIO) -> Header | None:
    """By hand: Pillow reads all metadata for it, and gives no depth for colour (PNG, 3rd edition, sections 5, 11)."""
    signature, ihdr = file.read(8), file.read(25)
    if len(signature + ihdr) < 33 or ihdr[4:8] != b"IHDR":
        return None
    width, height, depth, colour = struct.unpack(">IIBB", ihdr[8:18])
    channels = 1 if colour in (0, 4) else 3
    alpha = colour in (4, 6) or _has_trns(file)
    return Header(width, height, channels, 16 if depth == 16 else 8, alpha, "PNG")


def _has_trns(file: BinaryIO) -> bool:
    """Whether a tRNS chunk comes before the pixels."""
    while len(start := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", start)
        if kind in (b"tRNS", b"IDAT", b"IEND"):
            return bool(kind == b"tRNS")
        file.seek(size + 4, 1)
    return False


def _tiff(file: BinaryIO) -> Header:
    """The first page that is neither a thumbnail nor a mask; not by tifffile, which logs what it finds damaged."""
    from restore.codecs import tiff
    from restore.codecs.ifd import byte_order, first_offset, integers, read_ifd
    from restore.codecs.tiff_tags import FileView

    view = FileView(file)
    order, offset = byte_order(view), first_offset(view)
    pages: list[dict[int, tuple[int, ...]]] = []
    while offset and len(pages) < _PAGES:
        tags, offset = read_ifd(view, offset)
        pages.append({number: integers(tag, order) for number, tag in tags.items() if number in _TIFF_DEFAULTS})
    whole = next((page for page in pages if not (page.get(254) or (0,))[0] & (tiff.REDUCED | tiff.MASK)), pages[0])
    _, width, height, bits, photometric, samples, extra, sample_format = (
        (whole.get(number) or default) for number, default in _TIFF_DEFAULTS.items()
    )
    if photometric[0] == tiff.PALETTE:
        return Header(width[0], height[0], 3, 8, False, "TIFF")
    colours = {tiff.RGB: 3, tiff.YCBCR: 3, tiff.SEPARATED: 4}.get(photometric[0], 1)
    depth = 32 if sample_format[0] == 3 else 8 if bits[0] <= 8 else 16
    more = samples[0] - colours
    kinds = extra[: max(more, 0)] or (tiff.UNASSOCIATED_ALPHA,)
    alpha = more > 0 and not {tiff.ASSOCIATED_ALPHA, tiff.UNASSOCIATED_ALPHA}.isdisjoint(kinds)
    return Header(width[0], height[0], min(colours, 3), depth, alpha, "TIFF")


def _webp(file: BinaryIO) -> Header | None:
    """By hand: Pillow makes room for the whole picture when it opens one (WebP container specification; RFC 6386)."""
    head = file.read(_HEAD)
    kind = head[12:16]
    if kind == b"VP8X":
        width, height = (1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
        return Header(width, height, 3, 8, bool(head[20] & 0x10), "WEBP")
    if kind == b"VP8L" and head[20] == 0x2F:
        packed = int.from_bytes(head[21:25], "little")
        return Header(1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF), 3, 8, bool(packed >> 28 & 1), "WEBP")
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return Header(width, height, 3, 8, False, "WEBP")
    return None


def _avif(file: BinaryIO) -> Header:
    from PIL.AvifImagePlugin import AvifImageFile

    picture = AvifImageFile(file)
    file.seek(0)
    data = file.read()
    # Depth and greyness stand in the AV1 configuration box (AV1 in ISOBMFF, section 2.3.3), at the same place each.
    flags = data[data.index(b"av1C") + 6]
    grey = bool(flags & 0x10)
    return Header(*picture.size, 1 if grey else 3, 16 if flags & 0x40 else 8, picture.mode.endswith("A"), "AVIF")


def _bmp(file: BinaryIO) -> Header:
    from PIL.BmpImagePlugin import BmpImageFile

    picture = BmpImageFile(file)
    return _eight_bit(picture.size, picture.mode, picture.has_transparency_data, "BMP")


def _gif(file: BinaryIO) -> Header:
    from PIL.GifImagePlugin import GifImageFile

    picture = GifImageFile(file)
    return _eight_bit(picture.size, picture.mode, picture.has_transparency_data, "GIF")


def _eight_bit(size: tuple[int, int], mode: str, transparent: bool, kind: str) -> Header:
    """As `restore.codecs.bmp.from_pillow` will have it."""
    grey = mode == "LA" or (mode in ("1", "L") and not transparent)
    return Header(*size, 1 if grey else 3, 8, transparent, kind)


def _pnm(file: BinaryIO) -> Header | None:
    head = file.read(_PNM_HEAD)
    found = _PNM.match(head)
    if found is None:
        return None
    deep = head[1:2] not in b"14" and int(found[3] or 0) > 255
    return Header(int(found[1]), int(found[2]), 3 if head[1:2] in b"36" else 1, 16 if deep else 8, False, "PPM")


def _heif(file: BinaryIO) -> Header:
    import pillow_heif

    container = pillow_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    picture = container[container.primary_index]
    deep = int(picture.info.get("bit_depth", 8)) > 8
    channels = 1 if picture.mode.startswith(("L", "I")) else 3
    width, height = picture.size
    return Header(width, height, channels, 16 if deep else 8, "a" in picture.mode.lower(), "HEIF")


def _raw(file: BinaryIO) -> Header:
    """Only opened, not unpacked as `rawpy.imread` would; by name, as LibRaw reads beyond the end of buffers."""
    import rawpy

    name = Path(f"/dev/fd/{file.fileno()}")
    with rawpy.RawPy() as raw:
        if name.exists():
            raw.open_file(str(name))
        else:
            raw.open_buffer(file)
        return Header(raw.sizes.iwidth, raw.sizes.iheight, 3, 16, False, "RAW")


_READERS = {
    "JPEG": _jpeg,
    "PNG": _png,
    "TIFF": _tiff,
    "WEBP": _webp,
    "AVIF": _avif,
    "BMP": _bmp,
    "GIF": _gif,
    "PPM": _pnm,
    "HEIF": _heif,
    "RAW": _raw,
}
