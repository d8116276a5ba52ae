"""Netpbm (PBM, PGM, PPM), plain and raw, 1 to 16 bit. Formats: the Netpbm manual pages pbm, pgm and ppm.

OpenCV and Pillow both cut 16-bit colour PPM to 8 bit, hence a reader of our own.
"""

from __future__ import annotations

import re
from typing import BinaryIO

import numpy as np

from restore.codecs.depth import stretch
from restore.codecs.source import Source
from restore.image import Image, Metadata, Pixels

_TOKEN = re.compile(rb"(?:[ \t\r\n]|#[^\n]*\n)*([0-9]+)")
_COMMENT = re.compile(rb"#[^\n]*")
_SPACE = re.compile(rb"\s")
LONGEST = 10  # digits of a number in the header; more would fill the error message
PIECE = 1 << 20  # bytes of decimal numbers at a time: as Python objects they take tens of bytes each


def read(source: Source) -> Image:
    """Read one picture: uint8 where white is at most 255, else uint16, scaled to the full range.

    Raises:
        restore.errors.InputError: Truncated, too large or damaged.
    """
    data = source.data()
    kind = data[1:2]
    numbers, position = [], 2
    for _ in range(2 if kind in b"14" else 3):
        token = _TOKEN.match(data, position)
        if token is None:
            raise source.truncated()
        if len(token[1]) > LONGEST:
            raise ValueError(f"a number of {len(token[1])} digits in its header")
        numbers.append(int(token[1]))
        position = token.end()
    width, height, white = (*numbers, 1)[:3]
    source.check_size(width, height)
    if not 0 < white < 65536:
        raise ValueError(f"a largest value of {white}")
    shape = (height, width, 3 if kind in b"36" else 1)
    values = _plain(data, position, shape, kind) if kind in b"123" else _raw(data, position + 1, shape, white, kind)
    if values.size < np.prod(shape):
        raise source.truncated()
    if kind in b"23" and data[-1:].isdigit():
        source.warn("It ends with its last number, of which digits may be missing.")
    pixels = stretch(values.reshape(shape), 255 if kind in b"14" else white)
    return Image(np.ascontiguousarray(pixels), metadata=Metadata(source_format="PPM"))


def _plain(data: bytes, position: int, shape: tuple[int, int, int], kind: bytes) -> Pixels:
    """Read decimal numbers; in a plain PBM the digits may stand without spaces between them."""
    text = _COMMENT.sub(b" ", data[position:])
    count = int(np.prod(shape))
    if kind == b"1":
        digits = np.frombuffer(text, np.uint8)
        digits = digits[(digits == ord("0")) | (digits == ord("1"))][:count]
        return np.where(digits == ord("0"), 255, 0).astype(np.uint8)
    values = np.empty(min(count, len(text) // 2 + 1), np.uint16)
    filled, begin = 0, 0
    while filled < len(values) and begin < len(text):
        space = _SPACE.search(text, begin + PIECE)
        end = space.start() if space else len(text)
        part = np.array(text[begin:end].split()[: len(values) - filled], dtype=np.int64)
        values[filled : filled + part.size] = part.clip(0, 65535)
        filled, begin = filled + part.size, end
    return values[:filled]


def _raw(data: bytes, position: int, shape: tuple[int, int, int], white: int, kind: bytes) -> Pixels:
    height, width, channels = shape
    if kind == b"4":
        row = (width + 7) // 8
        packed = np.frombuffer(data, np.uint8, min(row * height, len(data) - position), position)
        if packed.size < row * height:
            return packed[:0]
        bits = np.unpackbits(packed.reshape(height, row), axis=1)[:, :width]
        return np.where(bits == 0, 255, 0).astype(np.uint8)
    stored = np.dtype(">u2" if white > 255 else np.uint8)
    count = min(height * width * channels, max(0, len(data) - position) // stored.itemsize)
    values = np.frombuffer(data, stored, count, position) if count else np.empty(0, stored)
    return values.astype(np.uint16 if white > 255 else np.uint8)


def write(image: Image, file: BinaryIO) -> None:
    """Write 8- or 16-bit grey as PGM (P5) or RGB as PPM (P6), whatever the suffix says; readers go by content.

    Args:
        image: The picture, without alpha.
        file: Where to.
    """
    white = int(np.iinfo(image.pixels.dtype).max)
    kind = "P5" if image.is_grey else "P6"
    file.write(f"{kind}\n{image.width} {image.height}\n{white}\n".encode())
    for row in range(0, image.height, 256):
        part = image.pixels[row : row + 256]
        file.write(part.astype(">u2").tobytes() if white > 255 else part.tobytes())
