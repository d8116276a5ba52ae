"""XMP, Photoshop resources and profiles, as far as they are looked into."""

from __future__ import annotations

import pytest

from restore.codecs import embedded

RECORDS = b"\x1c\x02\x05\0\x03abc"


@pytest.mark.parametrize(
    "packet",
    [
        b'<rdf:Description tiff:Orientation="6"/>',
        b"<rdf:Description tiff:Orientation='6'/>",
        b"<tiff:Orientation>6</tiff:Orientation>",
        b"<tiff:Orientation> 6 </tiff:Orientation>",
    ],
)
def test_the_orientation_is_found_and_reset_in_every_spelling(packet: bytes) -> None:
    assert embedded.xmp_orientation(packet) == 6
    assert embedded.upright_xmp(packet) == packet.replace(b"6", b"1")


@pytest.mark.parametrize("packet", [b"", b"<x/>", b'<x tiff:Orientation="9"/>'])
def test_without_an_orientation_there_is_none(packet: bytes) -> None:
    assert embedded.xmp_orientation(packet) is None


def test_records_are_wrapped_and_unwrapped() -> None:
    block = embedded.photoshop_block(RECORDS)
    assert block.startswith(b"8BIM\x04\x04")
    assert embedded.photoshop_block(block) == block
    assert embedded.iptc_records(block) == RECORDS
    assert embedded.iptc_records(RECORDS) == RECORDS


def test_a_block_without_records_has_none() -> None:
    assert embedded.iptc_records(b"8BIM\x03\xed\0\0\0\0\0\x02ab") is None


def test_other_resources_survive_the_loss_of_the_thumbnail() -> None:
    named = b"8BIM\x03\xed\x04name\0\0\0\0\x03abc\0"
    thumbnail = b"8BIM\x04\x0c\0\0\0\0\0\x04JPEG"
    assert embedded.without_thumbnail(named + thumbnail + embedded.photoshop_block(RECORDS)) == (
        named + embedded.photoshop_block(RECORDS)
    )


def test_records_in_two_places_become_those_of_one() -> None:
    flag, other = b"8BIM\x04\x0a\0\0\0\0\0\x01\x01\0", b"\x1c\x02\x78\0\x05other"
    block = embedded.photoshop_block(RECORDS)
    assert embedded.joined_iptc(None, RECORDS) == RECORDS
    assert embedded.joined_iptc(flag, None) == flag
    assert embedded.joined_iptc(None, None) is None
    assert embedded.joined_iptc(flag, RECORDS) == block + flag
    assert embedded.joined_iptc(flag + block, RECORDS + b"\0\0") == flag + block
    assert embedded.joined_iptc(flag + block, other) == embedded.photoshop_block(other) + flag
    assert embedded.joined_iptc(flag + block, b"\0\0\0\0") == flag + block
    with pytest.raises(ValueError, match="Photoshop"):
        embedded.joined_iptc(block + b"nonsense nonsense", RECORDS)


@pytest.mark.parametrize("damaged", [b"8BIM\x04\x04\0\0\0\0\0\xffabc", b"8BIM" + bytes(4) + b"nonsense nonsense"])
def test_damaged_resources_are_a_value_error(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="Photoshop"):
        embedded.without_thumbnail(damaged)


def profile(space: bytes) -> bytes:
    return bytes(16) + space + bytes(16) + b"acsp" + bytes(100)


def test_a_profile_must_belong_to_the_pixels() -> None:
    assert embedded.icc_problem(profile(b"RGB "), 3) is None
    assert embedded.icc_problem(profile(b"GRAY"), 1) is None
    assert embedded.icc_problem(profile(b"RGB "), 1) is None
    assert "CMYK" in str(embedded.icc_problem(profile(b"CMYK"), 3))
    assert "GRAY" in str(embedded.icc_problem(profile(b"GRAY"), 3))
    assert "damaged" in str(embedded.icc_problem(b"short", 3))
