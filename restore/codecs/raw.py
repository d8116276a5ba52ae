"""Camera RAW, developed by LibRaw through rawpy (the extra ``[raw]``), in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from restore.codecs import exif, jpeg_header, raw_metadata
from restore.codecs.colour import srgb_profile
from restore.codecs.ifd import Ifd, byte_order, first_offset, integers, read_ifd
from restore.codecs.quiet import printable
from restore.codecs.source import DAMAGED_HINT, Source
from restore.errors import InputError
from restore.image import Image, Metadata, Pixels

DNG_VERSION, SUB_IFDS, CFA_PATTERN = 50706, 330, 33422
WHITE = 6  # the last colour a filter can have (TIFF/EP, tag CFAPattern)
DATA = ((273, 279), (324, 325))  # offsets and byte counts of strips, of tiles
PROGRAM = Path(__file__).with_name("raw_process.py")
DAMAGE = (b"data corrupted", b"Unexpected end of file")
"""What LibRaw prints about damaged data, and about nothing else."""


def read(source: Source) -> Image:
    """Develop a RAW file: camera white balance, sRGB, no automatic brightening, upright.

    Returns:
        uint16 RGB.

    Raises:
        restore.errors.InputError: The extra is not installed, the camera is unknown, or the file is damaged.
    """
    try:
        import rawpy  # noqa: F401
    except ImportError:
        raise source.unsupported(
            "is a camera RAW file; reading it needs the extra `raw`.",
            "Install it with: pip install 'restore-photos[raw]'.",
        ) from None
    data = source.data()
    pages, order = _dng_pages(data)
    if _lacks_data(pages, order, len(data)):
        raise source.truncated()
    if any(max(page[CFA_PATTERN].value) > WHITE for page in pages if CFA_PATTERN in page):
        # LibRaw would look them up beyond the end of a table: other pixels each time.
        raise _damaged(source, "its colour filter has colours that do not exist")
    block = _exif(data, source)
    xmp, iptc = raw_metadata.blocks(data, source)
    del data
    metadata = Metadata(source_format="RAW", exif=block, xmp=xmp, iptc=iptc, icc=srgb_profile())
    return Image(_develop(source), metadata=metadata)


def _develop(source: Source) -> Pixels:
    os.lseek(source.file.fileno(), 0, os.SEEK_SET)
    # -P: nothing in the current folder is imported. A session of its own: Ctrl-C lets the file in hand be finished.
    command = [sys.executable, "-P", str(PROGRAM), str(source.max_pixels)]
    with tempfile.TemporaryFile() as said, subprocess.Popen(
        command, stdin=source.file, stdout=subprocess.PIPE, stderr=said, start_new_session=True
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            message, pixels = _received(process.stdout)
        finally:
            process.stdout.close()
            code = process.wait()
        said.seek(0)
        words = said.read(4096)
    error = message.get("error")
    if error == "unsupported":
        raise source.unsupported(
            "is not a RAW file LibRaw knows.", "Update rawpy, or convert the file to DNG or TIFF first."
        )
    if error == "size":
        source.check_size(*message["size"])
    if error == "memory":
        raise MemoryError
    if error is not None:
        raise _damaged(source, message.get("text") or "its sizes contradict each other")
    if any(damage in words for damage in DAMAGE):
        raise _damaged(source, "its data are damaged")
    if pixels is None:
        raise _damaged(source, f"LibRaw ended with code {code}: {words[-100:].decode('utf-8', 'replace')}")
    return pixels


def _received(pipe: IO[bytes]) -> tuple[dict[str, Any], Pixels | None]:
    """Return the message and the pixels; an empty one and None where the process died before it was done."""
    line = pipe.readline(65536)
    message: dict[str, Any] = json.loads(line) if line.endswith(b"\n") else {}
    if "shape" not in message:
        return message, None
    pixels: Pixels = np.empty(message["shape"], np.uint16)
    rest, begin = pixels.data.cast("B"), 0
    while begin < len(rest):
        size = pipe.readinto(rest[begin:])  # type: ignore[attr-defined]
        if not size:
            return message, None
        begin += size
    return message, pixels


def _damaged(source: Source, why: str) -> InputError:
    return InputError(f"cannot be developed ({printable(why)}).", path=source.path, hint=DAMAGED_HINT)


def _dng_pages(data: bytes) -> tuple[list[Ifd], str]:
    """Return a DNG's directories and their byte order; none for other makers' files, which are not exact."""
    try:
        order, pages = byte_order(data), [read_ifd(data, first_offset(data))[0]]
        if DNG_VERSION not in pages[0]:
            return [], order
        if SUB_IFDS in pages[0]:
            pages += [read_ifd(data, offset)[0] for offset in integers(pages[0][SUB_IFDS], order)[:16]]
    except ValueError:
        return [], "<"  # LibRaw will say what is wrong with it
    return pages, order


def _lacks_data(pages: list[Ifd], order: str, size: int) -> bool:
    """Whether strips or tiles reach beyond the end of the file; LibRaw overlooks up to a row."""
    for page in pages:
        for offsets, counts in DATA:
            if offsets in page and counts in page:
                pieces = zip(integers(page[offsets], order), integers(page[counts], order), strict=False)
                if any(offset + count > size for offset, count in pieces):
                    return True
    return False


def _exif(data: bytes, source: Source) -> bytes | None:
    """Return the camera's EXIF with the orientation reset: from the file where it is a TIFF, else from its preview."""
    try:
        if data[:4] in (b"II*\0", b"MM\0*"):
            block = exif.from_tiff(data)
        else:
            preview = data.find(b"\xff\xd8\xff\xe1")
            block = jpeg_header.parse(data[preview:]).exif if preview >= 0 else None
        return exif.upright(block) if block else None
    except ValueError as error:
        source.warn(f"Its EXIF cannot be read ({error}) and is left out.")
        return None
