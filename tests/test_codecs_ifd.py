"""Directories that would cost more than they hold. What whole ones give is in the tests of EXIF and TIFF."""

from __future__ import annotations

import io
import struct
import tracemalloc

import pytest

from restore.codecs.ifd import read_ifd
from restore.codecs.tiff_tags import FileView


def directory(*entries: tuple[int, int, int, int]) -> bytes:
    """A TIFF with one directory of tags: number, type, count, offset."""
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + packed + bytes(4)


def test_tags_that_lie_upon_each_other_are_refused() -> None:
    """4096 tags, each of which is the whole file, would take 4096 times its memory."""
    data = directory(*((number, 1, 10_000, 0) for number in range(100)), (200, 1, 4, 0)) + bytes(20_000)
    with pytest.raises(ValueError, match="lie upon each other"):
        read_ifd(data, 8)


def test_a_tag_said_to_be_larger_than_the_file_takes_no_memory() -> None:
    view = FileView(io.BytesIO(directory((700, 1, 2**31, 8), (256, 3, 1, 7))))
    tracemalloc.start()
    tags, _ = read_ifd(view, 8)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert set(tags) == {256}
    assert peak < 1 << 20


def test_a_view_ends_where_its_file_ends() -> None:
    view = FileView(io.BytesIO(b"0123456789"))
    assert (view[8:20], view[12:20], view[2**63 : 2**63 + 8], view[2:4]) == (b"89", b"", b"", b"23")
