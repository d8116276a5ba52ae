"""Suffixes, first bytes, and the suffix a result gets."""

from __future__ import annotations

import subprocess
import sys

import pytest

from restore.codecs.formats import (
    READABLE_SUFFIXES,
    WRITABLE_SUFFIXES,
    WRITERS,
    holds_xmp,
    output_suffix,
    sniff,
    suffix_format,
    xmp_limit,
)
from restore.codecs.writing import CANNOT_KEEP


@pytest.mark.parametrize("suffix", sorted(WRITABLE_SUFFIXES))
def test_what_can_be_written_keeps_its_suffix(suffix: str) -> None:
    assert output_suffix(suffix) == suffix
    assert output_suffix(suffix.upper()) == suffix.upper()
    assert suffix in READABLE_SUFFIXES


@pytest.mark.parametrize(
    ("source", "result"),
    [(".heic", ".jpg"), (".HEIF", ".jpg"), (".NEF", ".tif"), (".cr3", ".tif"), (".gif", ".png"), (".pbm", ".pgm")],
)
def test_what_can_only_be_read_gets_a_suffix_that_can_be_written(source: str, result: str) -> None:
    assert output_suffix(source) == result
    assert result in WRITABLE_SUFFIXES


def test_an_unknown_suffix_is_left_alone() -> None:
    assert output_suffix(".docx") == ".docx"
    assert suffix_format(".docx") is None


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"II*\0", "TIFF"),
        (b"MM\0+", "TIFF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WEBP"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"BM\0\0", "BMP"),
        (b"GIF89a", "GIF"),
        (b"P6\n1 1", "PPM"),
        (b"P2#c\n1", "PPM"),
        (b"Pretty text", None),
        (b"P9\n", None),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "AVIF"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heicmiaf", "HEIF"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "RAW"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", None),
        (b"", None),
    ],
)
def test_the_first_bytes_name_the_format(head: bytes, name: str | None) -> None:
    assert sniff(head) == name


def test_a_raw_suffix_decides_where_the_content_looks_like_a_tiff() -> None:
    assert sniff(b"II*\0", ".NEF") == "RAW"
    assert sniff(b"II*\0", ".tif") == "TIFF"
    assert sniff(b"\xff\xd8\xff\xe1", ".dng") == "JPEG", "a renamed JPEG stays a JPEG"


@pytest.mark.parametrize(("suffix", "kind"), sorted(WRITERS.items()))
def test_a_format_holds_xmp_where_its_writer_does_not_leave_it_out(suffix: str, kind: str) -> None:
    assert holds_xmp(suffix) == holds_xmp(suffix.upper()) == ("xmp" not in CANNOT_KEEP.get(kind, ()))


@pytest.mark.parametrize(("suffix", "limit"), [(".JPG", 65502), (".png", None), (".bmp", 0), (".heic", 0), ("", 0)])
def test_how_much_xmp_a_format_holds(suffix: str, limit: int | None) -> None:
    assert xmp_limit(suffix) == limit


def test_knowing_the_formats_costs_no_codec() -> None:
    code = "import restore.codecs.formats, restore.codecs.core, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"cv2", "imagecodecs", "tifffile", "PIL", "torch"} & set(loaded)
