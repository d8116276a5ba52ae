"""GIF of a single frame: pixels by Pillow, the profile and XMP in its application extensions by hand.

Blocks: GIF89a specification, sections 18 to 26. ICC in GIF: ICC.1:2004, annex B.5. XMP in GIF: XMP specification part
3, section 1.1.2; it stands there bare, and a trailer makes the walk over sub-blocks come out right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PIL.GifImagePlugin import GifImageFile

from restore.codecs.bmp import from_pillow
from restore.codecs.source import SPLIT_ADVICE, Source
from restore.image import Image, Metadata

XMP_ID, ICC_ID = b"XMP DataXMP", b"ICCRGBG1012"
TRAILER = b"\x01" + bytes(range(255, -1, -1)) + b"\0"
EXTENSION, IMAGE, APPLICATION = 0x21, 0x2C, 0xFF


def read(source: Source) -> Image:
    """Read a GIF of a single frame, its palette and transparency expanded.

    Raises:
        restore.errors.InputError: Animated, truncated, too large or damaged.
    """
    source.file.seek(0)
    # The plugin's class and not `Image.open`, whose own limit on pixels is a global of the process.
    picture = GifImageFile(source.file)
    source.check_size(*picture.size)
    source.check_single(picture.n_frames, "frames", SPLIT_ADVICE)
    meta = Metadata(source_format="GIF")
    data = source.data()
    for name, begin, end in _applications(data):
        if name == XMP_ID and data[begin:end].endswith(TRAILER):
            meta = replace(meta, xmp=data[begin : end - len(TRAILER)])
        elif name == ICC_ID:
            meta = replace(meta, icc=b"".join(data[at + 1 : at + 1 + size] for at, size in _sub_blocks(data, begin)))
    return replace(from_pillow(picture), metadata=meta)


def _applications(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, begin and end of the content of each application extension; a cut-off file ends the walk."""
    position = 13 + _table_size(data[10])
    while position + 10 < len(data) and data[position] in (EXTENSION, IMAGE):
        if data[position] == IMAGE:
            position = _end(data, position + 11 + _table_size(data[position + 9]))
        elif data[position + 1] == APPLICATION and data[position + 2] == 11:
            begin = position + 14
            position = _end(data, begin)
            yield data[begin - 11 : begin], begin, position
        else:
            position = _end(data, position + 2)


def _table_size(flags: int) -> int:
    """Bytes of the colour table that these flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _sub_blocks(data: bytes, position: int) -> Iterator[tuple[int, int]]:
    """Yield where each sub-block's length stands, and that length, up to the empty one."""
    while position < len(data) and data[position]:
        yield position, data[position]
        position += 1 + data[position]


def _end(data: bytes, position: int) -> int:
    """Return where the sub-blocks that begin here, and the empty one behind them, end."""
    for at, size in _sub_blocks(data, position):
        position = at + 1 + size
    return position + 1
