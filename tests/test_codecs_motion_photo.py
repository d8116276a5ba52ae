"""Motion photos: the video behind them is told of, and the result's XMP no longer promises it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image as Pillow

from restore.codecs.motion_photo import without_video
from restore.codecs.reading import read
from restore.codecs.writing import write

SAID = "It is a motion photo; its video is not kept."
VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(4976)
OPEN = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:GCamera="http://ns.google.com/photos/1.0/camera/" '
    b'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    b'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" '
    b'xmlns:xmp="http://ns.adobe.com/xap/1.0/" rdf:about="" xmp:Rating="4"'
)
CLOSE = b"</rdf:Description></rdf:RDF></x:xmpmeta>"
MICRO = OPEN + b' GCamera:MicroVideo="1" GCamera:MicroVideoOffset="5000" GCamera:MotionPhoto="1">' + CLOSE
ELEMENTS = OPEN + b"><GCamera:MotionPhoto>1</GCamera:MotionPhoto><GCamera:BurstID>7</GCamera:BurstID>" + CLOSE
ITEMS = [
    b'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Semantic="Primary"/></rdf:li>',
    b'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" Item:Semantic="GainMap"/></rdf:li>',
    b'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="video/mp4" Item:Semantic="MotionPhoto" '
    b'Item:Length="5000"/></rdf:li>',
    b'<rdf:li rdf:parseType="Resource"><Item:Semantic>MotionPhoto</Item:Semantic></rdf:li>',
]
SHELF = OPEN + b"><Container:Directory><rdf:Seq>" + b"".join(ITEMS) + b"</rdf:Seq></Container:Directory>" + CLOSE
PLAIN = OPEN + b">" + CLOSE


def jpeg(xmp: bytes | None = None, *, pictures: int = 1) -> bytes:
    file = io.BytesIO()
    first, *others = [Pillow.new("RGB", (24, 16), "red") for _ in range(pictures)]
    settings = {} if xmp is None else {"xmp": xmp}
    if others:
        first.save(file, "MPO", save_all=True, append_images=others, **settings)
    else:
        first.save(file, "JPEG", **settings)
    return file.getvalue()


@pytest.mark.parametrize("xmp", [None, PLAIN, MICRO, ELEMENTS, SHELF])
def test_the_video_is_told_of_and_the_result_does_not_promise_it(tmp_path: Path, xmp: bytes | None) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(xmp) + VIDEO)
    image = read(tmp_path / "a.jpg")
    assert image.metadata.left_out == (SAID,)
    assert image.metadata.warnings == ()
    write(image, tmp_path / "b.jpg")
    written = (tmp_path / "b.jpg").read_bytes()
    assert all(word not in written for word in (b"MotionPhoto", b"MicroVideo", b"video/mp4"))
    assert xmp is None or b'xmp:Rating="4"' in written


def test_a_video_of_another_kind_is_believed_of_the_xmp(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg(MICRO) + b"something of 5000 bytes")
    assert read(tmp_path / "a.jpg").metadata.left_out == (SAID,)


@pytest.mark.parametrize("data", [jpeg(), jpeg(PLAIN) + b"camera rubbish" * 9, jpeg(MICRO), jpeg(ELEMENTS)])
def test_where_no_video_follows_nothing_is_said(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    metadata = read(tmp_path / "a.jpg").metadata
    assert metadata.left_out == ()
    assert metadata.xmp is None or b"MotionPhoto" not in metadata.xmp


def test_further_pictures_are_told_of_once_and_a_video_behind_them_too(tmp_path: Path) -> None:
    pictures = "It holds 2 pictures (previews, depth or gain map); only the first is kept."
    (tmp_path / "a.jpg").write_bytes(jpeg(SHELF, pictures=2))
    assert read(tmp_path / "a.jpg").metadata.left_out == (pictures,)
    (tmp_path / "b.jpg").write_bytes(jpeg(SHELF, pictures=2) + VIDEO)
    assert read(tmp_path / "b.jpg").metadata.left_out == (pictures, SAID)


def test_only_what_tells_of_the_video_is_taken_out() -> None:
    assert b"BurstID>7<" in without_video(ELEMENTS)
    kept = without_video(SHELF)
    assert kept.count(b"<rdf:li") == 2
    assert b"Primary" in kept and b"GainMap" in kept


@pytest.mark.parametrize("xmp", [PLAIN, OPEN + b' GCamera:BurstID="7">' + CLOSE, MICRO[:-5], b"anything"])
def test_the_bytes_stay_where_there_is_nothing_to_take_out_or_the_packet_is_damaged(xmp: bytes) -> None:
    assert without_video(xmp) == xmp
