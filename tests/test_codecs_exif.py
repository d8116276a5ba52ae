"""EXIF blocks are changed where they stand; nothing else moves."""

from __future__ import annotations

import io
import struct
from typing import Literal

import numpy as np
import pytest
from PIL import Image as Pillow

from restore.codecs import exif, ifd


def block(**tags: int) -> bytes:
    out = Pillow.Exif()
    out[0x0112] = tags.get("orientation", 6)
    out[0x010F] = "Maker"
    out[0x011A], out[0x011B] = 300.0, 200.0
    if "unit" in tags:
        out[0x0128] = tags["unit"]
    out.get_ifd(0x8769)[0x927C] = b"private"
    out.get_ifd(0x8769)[0xA002] = 4000
    return exif.strip_prefix(out.tobytes())


def with_thumbnail() -> bytes:
    """The block of a camera: a second directory with a JPEG behind everything else."""
    main, sub = ifd.read_tree(block())
    order = ifd.byte_order(block())
    packed = bytearray(exif.pack_block(main, sub, order))
    file = io.BytesIO()
    Pillow.fromarray(np.zeros((16, 16), np.uint8)).save(file, "JPEG")
    start = len(packed) + len(packed) % 2

    def number(value: int) -> bytes:
        return value.to_bytes(4, "big" if order == ">" else "little")

    tags = {0x0201: ifd.Tag(4, 1, number(start + 30)), 0x0202: ifd.Tag(4, 1, number(len(file.getvalue())))}
    packed += bytes(len(packed) % 2) + ifd.pack_ifd(tags, start, order) + file.getvalue()
    first = ifd.first_offset(packed)
    entries = len(ifd.read_ifd(packed, first)[0])
    packed[first + 2 + 12 * entries : first + 6 + 12 * entries] = number(start)
    return bytes(packed)


def test_the_orientation_is_read_and_reset_in_place() -> None:
    before = block(orientation=6)
    after = exif.upright(before)
    assert (exif.orientation(before), exif.orientation(after)) == (6, 1)
    assert len(after) == len(before)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize("value", [0, 9, 700])
def test_an_impossible_orientation_is_none(value: int) -> None:
    assert exif.orientation(block(orientation=value)) is None


def test_a_stale_thumbnail_is_cut_off() -> None:
    before = with_thumbnail()
    assert ifd.read_ifd(before, ifd.first_offset(before))[1] > 0
    after = exif.upright(before)
    assert ifd.read_ifd(after, ifd.first_offset(after))[1] == 0
    assert b"\xff\xd8" not in after
    assert ifd.read_tree(after)[1][ifd.EXIF_IFD][0x927C].value == b"private"


def test_the_orientation_entry_can_be_taken_out_without_moving_anything() -> None:
    before = block()
    after = exif.without_orientation(before)
    assert exif.orientation(after) is None
    assert len(after) == len(before)
    assert ifd.read_tree(after)[0][0x010F].value == b"Maker\0"
    assert ifd.read_tree(after)[1][ifd.EXIF_IFD][0x927C].value == b"private"


@pytest.mark.parametrize("size", [10, 70000])
def test_sizes_that_are_stated_follow_the_picture(size: int) -> None:
    after = exif.with_size(block(), size, 5)
    _, sub = ifd.read_tree(after)
    assert ifd.integers(sub[ifd.EXIF_IFD][0xA002], ifd.byte_order(after)) == (size,)
    assert 0xA003 not in sub[ifd.EXIF_IFD], "a height nobody stated is not invented"


@pytest.mark.parametrize(("unit", "dpi"), [(None, (300.0, 200.0)), (1, None), (2, (300.0, 200.0)), (3, (762.0, 508.0))])
def test_the_resolution_respects_its_unit(unit: int | None, dpi: tuple[float, float] | None) -> None:
    assert exif.dpi(block() if unit is None else block(unit=unit)) == dpi


def test_the_makers_notes_can_be_left_out() -> None:
    main, sub = ifd.read_tree(exif.without_maker_note(block()))
    assert 0x927C not in sub[ifd.EXIF_IFD]
    assert main[0x010F].value == b"Maker\0"


@pytest.mark.parametrize(
    "damaged", [b"", b"II", b"II*\0", b"MM\0*\0\0\0\x08\xff\xff", b"hello world", b"II*\0\xff\xff\xff\xff"]
)
def test_damage_is_a_value_error_everywhere(damaged: bytes) -> None:
    for function in (exif.orientation, exif.upright, exif.without_orientation, exif.dpi, exif.without_maker_note):
        with pytest.raises(ValueError):
            function(damaged)


def test_any_cut_and_any_flipped_byte_is_survived() -> None:
    whole = with_thumbnail()
    rng = np.random.default_rng(0)
    spoilt = [whole[:n] for n in range(0, len(whole), 3)]
    for _ in range(500):
        flipped = bytearray(whole)
        flipped[int(rng.integers(len(whole)))] = int(rng.integers(256))
        spoilt.append(bytes(flipped))
    for data in spoilt:
        for function in (exif.orientation, exif.upright, exif.without_orientation, exif.dpi, exif.without_maker_note):
            try:
                function(data)
            except ValueError:
                continue


def test_a_directory_that_points_at_itself_ends() -> None:
    loop = bytearray(block())
    order: Literal["big", "little"] = "big" if ifd.byte_order(loop) == ">" else "little"
    start = ifd.first_offset(loop)
    entries = int.from_bytes(loop[start : start + 2], order)
    loop[start + 2 + 12 * entries : start + 6 + 12 * entries] = start.to_bytes(4, order)
    assert exif.orientation(exif.upright(bytes(loop))) == 1


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_resolution_is_added_without_moving_anything(order: str) -> None:
    notes = b"notes that count from the block's start, an odd number"
    exif_ifd = {0x927C: ifd.Tag(7, len(notes), notes)}
    block = exif.pack_block({0x010F: ifd.Tag(2, 6, b"Maker\0")}, {ifd.EXIF_IFD: exif_ifd}, order)
    result = exif.with_resolution(block, (300.0, 254.5))
    assert exif.dpi(result) == (300.0, 254.5)
    assert result[8 : len(block)] == block[8:], "only the pointer to the main directory changes"
    main, sub = ifd.read_tree(result)
    assert main[0x010F].value == b"Maker\0"
    assert sub[ifd.EXIF_IFD][0x927C].value == notes


def test_an_incomplete_resolution_is_replaced() -> None:
    half = exif.pack_block({exif.X_RESOLUTION: ifd.Tag(5, 1, struct.pack("<II", 72, 1))}, {}, "<")
    assert exif.dpi(exif.with_resolution(half, (300.0, 300.0))) == (300.0, 300.0)


@pytest.mark.parametrize("dpi", [(5e9, 5e9), (1e-9, 1e-9)])
def test_a_senseless_resolution_is_no_error(dpi: tuple[float, float]) -> None:
    assert exif.dpi(exif.of_resolution(dpi)) is not None
