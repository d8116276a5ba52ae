"""CMYK through a profile; the profile is made here, so that nothing has to be shipped."""

from __future__ import annotations

import io
import itertools
import struct
from pathlib import Path

import numpy as np
from PIL import Image as Pillow
from PIL import ImageCms

from restore.codecs.colour import cmyk_to_srgb, srgb_profile
from restore.codecs.reading import read
from restore.codecs.source import Source
from restore.image import Pixels


def press_profile() -> bytes:
    """A CMYK output profile with a colour table of two points per ink (ICC.1:2001-04, lut16Type)."""
    inks = {0: (60.0, -35.0, -45.0), 1: (50.0, 70.0, 0.0), 2: (90.0, -5.0, 90.0), 3: (15.0, 0.0, 0.0)}
    table = b""
    for corner in itertools.product((0, 1), repeat=4):
        lightness, a, b = 100.0, 0.0, 0.0
        for ink, amount in enumerate(corner):
            if amount:
                lightness, a, b = lightness * inks[ink][0] / 100, (a + inks[ink][1]) / 1.5, (b + inks[ink][2]) / 1.5
        table += struct.pack(">3H", round(lightness * 652.8), round((a + 128) * 256), round((b + 128) * 256))
    matrix = b"".join(struct.pack(">i", 65536 * (i % 4 == 0)) for i in range(9))
    ramp = struct.pack(">2H", 0, 65535)
    lut = b"mft2\0\0\0\0" + bytes([4, 3, 2, 0]) + matrix + struct.pack(">2H", 2, 2) + ramp * 4 + table + ramp * 3
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    text = b"desc\0\0\0\0" + struct.pack(">I", 6) + b"press\0" + bytes(78)
    tags, body, offset = b"", b"", 132 + 12 * 3
    for name, content in ((b"A2B0", lut), (b"wtpt", white), (b"desc", text)):
        content += bytes(-len(content) % 4)
        tags += name + struct.pack(">2I", offset + len(body), len(content))
        body += content
    head = struct.pack(">I4sI", offset + len(body), b"lcms", 0x02100000) + b"prtrCMYKLab " + bytes(12) + b"acsp"
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", 3) + tags + body


def inks() -> Pixels:
    return np.random.default_rng(5).integers(0, 256, (20, 30, 4), dtype=np.uint8)


def reference() -> Pixels:
    """The same conversion by Pillow's own Little CMS."""
    press = ImageCms.ImageCmsProfile(io.BytesIO(press_profile()))
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    picture = Pillow.frombytes("CMYK", (30, 20), inks().tobytes())
    result = ImageCms.profileToProfile(
        picture,
        press,
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=flags,
    )
    assert result is not None
    return np.asarray(result)


def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "a.jpg", io.BytesIO(), 10**6)


def test_the_profile_decides_about_the_colours(tmp_path: Path) -> None:
    there = source(tmp_path)
    rgb, icc = cmyk_to_srgb(inks(), press_profile(), there)
    assert there.warnings == []
    assert icc[16:20] == b"RGB "
    assert np.abs(rgb.astype(int) - reference()).max() <= 2
    plain, _ = cmyk_to_srgb(inks(), None, there)
    assert np.abs(plain.astype(int) - rgb).mean() > 10, "the test could not tell the two apart"


def test_16_bit_inks_keep_their_depth(tmp_path: Path) -> None:
    rgb, _ = cmyk_to_srgb(inks().astype(np.uint16) * np.uint16(257), press_profile(), source(tmp_path))
    assert rgb.dtype == np.uint16
    assert np.abs(rgb / 257 - reference()).max() <= 2


def test_a_profile_of_another_kind_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    there = source(tmp_path)
    rgb, _ = cmyk_to_srgb(inks(), srgb_profile(), there)
    assert np.array_equal(rgb, cmyk_to_srgb(inks(), None, source(tmp_path))[0])
    assert any("profile cannot be used" in warning for warning in there.warnings)


def test_a_cmyk_jpeg_is_converted_by_its_profile_and_marked_srgb(tmp_path: Path) -> None:
    stored = Pillow.frombytes("CMYK", (30, 20), np.repeat(inks()[:, :1], 30, axis=1).tobytes())
    stored.save(tmp_path / "a.jpg", quality=100, subsampling=0, icc_profile=press_profile())
    image = read(tmp_path / "a.jpg")
    expected, _ = cmyk_to_srgb(np.asarray(stored), press_profile(), source(tmp_path))
    assert np.abs(image.pixels.astype(int) - expected).mean() < 3
    assert image.metadata.icc == srgb_profile()
    assert image.metadata.warnings == ()


def test_the_srgb_profile_is_the_same_bytes_every_time() -> None:
    assert srgb_profile() == srgb_profile()
    assert ImageCms.getProfileName(ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))).strip() != ""
