"""XMP and IPTC of RAW files, as far as they are true of the developed picture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pillow

from restore.codecs.embedded import photoshop_block
from restore.codecs.raw_metadata import blocks
from restore.codecs.source import Source

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
SETTINGS = b'<r xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="1" kept="yes"/>'
IPTC = b"\x1c\x02\x05\0\x03abc\0"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "a.dng", io.BytesIO(), 10**6)


def tiff(*tags: tuple[int, int, int, bytes, bool]) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((4, 4), np.uint8), metadata=None, extratags=tags)
    return file.getvalue()


def test_a_tiff_of_a_camera_gives_its_xmp_upright_and_its_iptc(source: Source) -> None:
    data = tiff((700, 1, len(XMP), XMP, True), (33723, 7, len(IPTC), IPTC, True))
    assert blocks(data, source) == (XMP.replace(b'"6"', b'"1"'), IPTC)


def test_iptc_beside_a_photoshop_block_is_put_into_it(source: Source) -> None:
    flag = b"8BIM\x04\x0a\0\0\0\0\0\x01\x01\0"
    data = tiff((33723, 7, len(IPTC), IPTC, True), (34377, 1, len(flag), flag, True))
    assert blocks(data, source) == (None, photoshop_block(IPTC) + flag)


def test_settings_for_developing_are_left_out(source: Source) -> None:
    packet, _ = blocks(tiff((700, 1, len(SETTINGS), SETTINGS, True)), source)
    assert packet is not None and b"Exposure" not in packet and b'kept="yes"' in packet


def test_other_files_give_what_their_preview_has(source: Source) -> None:
    preview = io.BytesIO()
    Pillow.new("RGB", (8, 8)).save(preview, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0", xmp=XMP)
    jpeg = preview.getvalue()
    exif_first = jpeg[:2] + jpeg[jpeg.index(b"\xff\xe1") :]
    assert blocks(b"FUJIFILM" + exif_first, source)[0] == XMP.replace(b'"6"', b'"1"')
    assert blocks(b"FUJIFILM without a preview", source) == (None, None)


@pytest.mark.parametrize("data", [b"II*\0\xff\xff\0\0", b"FUJI\xff\xd8\xff\xe1\0\x20"])
def test_damage_is_a_warning(source: Source, data: bytes) -> None:
    assert blocks(data, source) == (None, None)
    assert source.warnings[0].startswith("Its XMP and IPTC cannot be read (")


def test_settings_in_damaged_xmp_are_named(source: Source) -> None:
    assert blocks(tiff((700, 1, 80, SETTINGS[:80], True)), source) == (None, None)
    assert source.warnings == ["Its XMP cannot be used (the XMP is damaged) and is left out."]
