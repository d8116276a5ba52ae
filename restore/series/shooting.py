"""When and how a picture was taken, from its file's EXIF, without decoding a pixel.

Tags: EXIF 2.32 (CIPA DC-008), sections 4.6.4 and 4.6.5.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from restore.codecs.exif import strip_prefix
from restore.codecs.formats import sniff
from restore.codecs.ifd import EXIF_IFD, Buffer, Ifd, Tag, byte_order, integers, rational, read_tree
from restore.codecs.tiff_tags import FileView

MAKE, MODEL = 0x010F, 0x0110
EXPOSURE_TIME, F_NUMBER, SENSITIVITY = 0x829A, 0x829D, 0x8827
TAKEN, SPLIT_SECOND, BIAS, EXPOSURE_MODE, SERIAL = 0x9003, 0x9291, 0x9204, 0xA402, 0xA431
MANUAL = 1
"""The exposure mode in which the bias says nothing."""

_HEAD = 64


@dataclass(frozen=True)
class Shot:
    """How one picture was taken.

    Attributes:
        camera: Maker, model and serial number, as far as they are known.
        taken: When the exposure began, to the second or better.
        lasted: Seconds of exposure; 0 where that is unknown.
        exposure: In steps: what was added to the metered exposure, or, set by hand, the exposure itself; None where
            nothing says.
    """

    camera: str
    taken: datetime
    lasted: float
    exposure: float | None


def shot_of(path: Path) -> Shot | None:
    """Read how a picture was taken; None where its file does not say when, or cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            file.seek(0)
            block = _BLOCKS.get(sniff(head, path.suffix) or "", _nothing)(file)
            return None if block is None else _shot(block)
    except Exception:  # decoders raise whatever they like on damaged data; the reader will say what is wrong
        return None


def _shot(block: Buffer) -> Shot | None:
    order = byte_order(block)
    main, sub = read_tree(block)
    tags = main | sub.get(EXIF_IFD, {})
    taken = _time(_text(tags, TAKEN), _text(tags, SPLIT_SECOND))
    if taken is None:
        return None
    camera = " ".join(filter(None, (_text(tags, number) for number in (MAKE, MODEL, SERIAL))))
    lasted = rational(tags[EXPOSURE_TIME], order) if EXPOSURE_TIME in tags else None
    return Shot(camera, taken, lasted or 0.0, _exposure(tags, lasted, order))


def _exposure(tags: Ifd, lasted: float | None, order: str) -> float | None:
    """The bias, to a tenth of a step; set by hand, how much light there was, to half a step."""
    mode = integers(tags[EXPOSURE_MODE], order) if EXPOSURE_MODE in tags else ()
    if mode != (MANUAL,):
        bias = _signed(tags[BIAS], order) if BIAS in tags else None
        return None if bias is None else round(bias, 1)
    if not lasted:
        return None
    opening = (rational(tags[F_NUMBER], order) if F_NUMBER in tags else None) or 1.0
    speed = (integers(tags[SENSITIVITY], order) if SENSITIVITY in tags else ()) or (100,)
    return round(2 * math.log2(lasted * max(speed[0], 1) / opening**2)) / 2


def _signed(tag: Tag, order: str) -> float | None:
    """The first value of an SRATIONAL tag; some programs write RATIONAL where it is not negative."""
    if tag.type != 10 or tag.number < 1:
        return rational(tag, order)
    over, under = struct.unpack(order + "ii", tag.value[:8])
    return over / under if under else None


def _text(tags: Ifd, number: int) -> str:
    tag = tags.get(number)
    return "" if tag is None else tag.value.split(b"\0")[0].decode("ascii", "replace").strip()


def _time(text: str, split: str) -> datetime | None:
    """``2026:11:21 15:14:27`` with the digits after the second, or None; many cameras write zeros for nothing."""
    try:
        whole = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    return whole + timedelta(seconds=float(f"0.{split}") if split.isdecimal() else 0.0)


def _nothing(_: BinaryIO) -> Buffer | None:
    return None


def _jpeg(file: BinaryIO) -> Buffer | None:
    from PIL.JpegImagePlugin import JpegImageFile

    return _stripped(JpegImageFile(file).info.get("exif"))


def _avif(file: BinaryIO) -> Buffer | None:
    from PIL.AvifImagePlugin import AvifImageFile

    return _stripped(AvifImageFile(file).info.get("exif"))


def _heif(file: BinaryIO) -> Buffer | None:
    import pillow_heif

    container = pillow_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    return _stripped(container[container.primary_index].info.get("exif"))


def _png(file: BinaryIO) -> Buffer | None:
    """The chunk eXIf, which may stand behind the pixels (PNG, 3rd edition, section 11.3.2.6)."""
    file.seek(8)
    while len(start := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", start)
        if kind == b"eXIf":
            return _stripped(file.read(size))
        file.seek(size + 4, 1)
    return None


def _webp(file: BinaryIO) -> Buffer | None:
    """The chunk EXIF (WebP container specification)."""
    file.seek(12)
    while len(start := file.read(8)) == 8:
        kind, size = struct.unpack("<4sI", start)
        if kind == b"EXIF":
            return _stripped(file.read(size))
        file.seek(size + size % 2, 1)
    return None


def _stripped(block: bytes | None) -> bytes | None:
    return strip_prefix(block) if block else None


_BLOCKS: dict[str, Callable[[BinaryIO], Buffer | None]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "WEBP": _webp,
    "AVIF": _avif,
    "HEIF": _heif,
    "TIFF": FileView,
    "RAW": FileView,
}
"""How the EXIF block of a format is found. Most cameras' RAW files are TIFFs as far as that goes."""
