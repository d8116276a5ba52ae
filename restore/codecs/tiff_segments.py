"""The strips and tiles of a TIFF, checked before they are decoded.

A TIFF can promise far more than it holds: tiles larger than any picture, hundreds of samples per pixel, and JPEG
strips that state a size of their own, for which the decoder makes room before anything is compared.
"""

from __future__ import annotations

from math import prod

import tifffile

from restore.codecs import jpeg_header
from restore.codecs.ifd import Buffer
from restore.codecs.source import DAMAGED_HINT, Source

JPEG = frozenset({6, 7, 34892})
FAX = frozenset({2, 3, 4})
READ = frozenset({1, 5, 8, 32773, 32946, 50000}) | JPEG | FAX
"""None, LZW, deflate, PackBits, Zstandard; and JPEG, whose size is checked, and fax. What stores pictures within the
picture (JPEG 2000, JPEG XL, WebP, PNG) or reserves memory as its data ask (LZMA) is for other trades."""
LARGEST_TILE = 1 << 24
SAMPLES = 8
"""Pixels of a tile, and samples per pixel, that `Source.max_pixels` need not allow for."""
CONVERT_ADVICE = "Convert it to an LZW- or deflate-compressed TIFF first."


def check(page: tifffile.TiffPage, view: Buffer, source: Source) -> None:
    """Refuse a page that cannot be what it says, or is compressed in a way that is not read.

    Args:
        page: The page; its width and height are checked already.
        view: The whole file.
        source: Takes a warning where parts are left out on purpose.

    Raises:
        restore.errors.InputError: Strips or tiles are missing, cut off or too large.
    """
    if int(page.compression) not in READ:
        name = getattr(page.compression, "name", str(int(page.compression))).lower()
        raise source.unsupported(f"is compressed by {name}, which is not read in a TIFF.", CONVERT_ADVICE)
    pixels = page.imagewidth * page.imagelength
    if page.samplesperpixel > SAMPLES and pixels * page.samplesperpixel > SAMPLES * source.max_pixels:
        raise source.unsupported(f"has {page.samplesperpixel} samples per pixel.", "Keep the colour channels only.")
    if page.is_tiled and not 0 < page.tilewidth * page.tilelength <= max(LARGEST_TILE, source.max_pixels):
        raise source.truncated()
    if int(page.planarconfig) not in (1, 2):  # tifffile would fill a third of the picture
        raise source.unsupported("is laid out in an unknown way (PlanarConfiguration).", DAMAGED_HINT)
    offsets, counts = page.dataoffsets, page.databytecounts
    if len(offsets) != len(counts) or not (page.is_contiguous or len(offsets) >= prod(page.chunked)):
        raise source.truncated()
    pieces = list(zip(offsets, counts, strict=True))
    # Not left to the decoders: fax fills what is missing, half a code of LZW is another code, and tifffile makes room
    # for as many bytes as are stated before it reads any. libtiff refuses such files, too.
    if not page.is_contiguous and any(offset + count > len(view) for offset, count in pieces):
        raise source.truncated()
    if not all(offset and count for offset, count in pieces):
        source.warn("Parts of it hold no data and were filled with black.")
    if int(page.compression) in JPEG:
        _check_jpeg(page, view, source)


def _check_jpeg(page: tifffile.TiffPage, view: Buffer, source: Source) -> None:
    """Check what libjpeg would not notice: a size of its own, and missing rows, which it fills, silently."""
    width, height = (
        (page.tilewidth, page.tilelength)
        if page.is_tiled
        else (page.imagewidth, min(page.rowsperstrip, page.imagelength))
    )
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        if not count:
            continue
        data = bytes(view[offset : offset + count])
        try:
            header = jpeg_header.parse(data)
        except ValueError:
            raise source.truncated() from None
        # Some writers pad the last strip to its full height, others pad every edge to whole blocks of 16.
        fits = header.width <= width + 16 and header.height <= height + 16
        if not (fits and jpeg_header.is_complete(data, header) and jpeg_header.is_long_enough(data, header)):
            raise source.truncated()
