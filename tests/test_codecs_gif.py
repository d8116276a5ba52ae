"""GIF: single frames, with the profile and the XMP of their application extensions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from restore.codecs.colour import srgb_profile
from restore.codecs.gif import TRAILER
from restore.codecs.reading import read
from restore.errors import InputError

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + b"text " * 200 + b"</x:xmpmeta>"


def gif(path: Path, *extensions: bytes) -> Path:
    """Write a GIF with application extensions in front of its picture."""
    pixels = np.arange(12 * 10, dtype=np.uint8).reshape(10, 12) * 2
    Pillow.fromarray(pixels).save(path)
    data = path.read_bytes()
    head = 13 + 3 * 2 ** ((data[10] & 7) + 1)
    path.write_bytes(data[:head] + b"".join(extensions) + data[head:])
    return path


def extension(name: bytes, content: bytes) -> bytes:
    return b"!\xff\x0b" + name + content


def sub_blocks(content: bytes) -> bytes:
    parts = (content[i : i + 255] for i in range(0, len(content), 255))
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def test_profile_and_xmp_come_along(tmp_path: Path) -> None:
    loop = extension(b"NETSCAPE2.0", sub_blocks(b"\1\0\0"))
    profile = extension(b"ICCRGBG1012", sub_blocks(srgb_profile()))
    comment = b"!\xfe" + sub_blocks(b"a comment")
    path = gif(tmp_path / "a.gif", loop, profile, comment, extension(b"XMP DataXMP", XMP + TRAILER))
    meta = read(path).metadata
    assert (meta.source_format, meta.warnings) == ("GIF", ())
    assert meta.icc == srgb_profile()
    assert meta.xmp == XMP


def test_the_pixels_are_those_without_extensions(tmp_path: Path) -> None:
    plain = read(gif(tmp_path / "a.gif"))
    with_xmp = read(gif(tmp_path / "b.gif", extension(b"XMP DataXMP", XMP + TRAILER)))
    assert plain.pixels.tobytes() == with_xmp.pixels.tobytes()
    assert plain.metadata.xmp is None and plain.metadata.icc is None


def test_extensions_behind_the_picture_are_found(tmp_path: Path) -> None:
    path = gif(tmp_path / "a.gif")
    data = path.read_bytes()
    path.write_bytes(data[:-1] + extension(b"XMP DataXMP", XMP + TRAILER) + data[-1:])
    assert read(path).metadata.xmp == XMP


def test_xmp_without_its_trailer_is_not_taken_for_xmp(tmp_path: Path) -> None:
    path = gif(tmp_path / "a.gif", extension(b"XMP DataXMP", sub_blocks(XMP)))
    assert read(path).metadata.xmp is None


def test_every_truncation_is_an_error_or_a_picture(tmp_path: Path) -> None:
    path = gif(tmp_path / "a.gif", extension(b"ICCRGBG1012", sub_blocks(srgb_profile())))
    data = path.read_bytes()
    for size in range(1, len(data), 7):
        path.write_bytes(data[:size])
        try:
            read(path)
        except InputError as error:
            assert error.hint


def test_animations_are_refused(tmp_path: Path) -> None:
    frames = [Pillow.fromarray(np.full((8, 8), value, np.uint8)) for value in (0, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match="animation of 2 frames"):
        read(tmp_path / "a.gif")
