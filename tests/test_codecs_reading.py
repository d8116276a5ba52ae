"""Every kind of file a folder may hold: read upright, or refused with its name and the next step."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image as Pillow
from PIL import ImageOps

from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.errors import InputError
from restore.image import Image, Metadata, Pixels

SIZE = (53, 37)  # width, height


def picture(width: int = SIZE[0], height: int = SIZE[1]) -> Pixels:
    """A smooth picture in which every corner is different."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    out: Pixels = np.rint(np.dstack([x * 255, y * 255, (1 - x * y) * 200])).astype(np.uint8)
    return out


def orientation_block(orientation: int) -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def saved(name: str, path: Path, **settings: Any) -> Path:
    Pillow.fromarray(picture()).save(path / name, **settings)
    return path / name


ORIENTED: dict[str, dict[str, Any]] = {
    "a.jpg": {"quality": 98, "subsampling": 0},
    "a.png": {},
    "a.webp": {"lossless": True},
    "a.avif": {"quality": 98, "subsampling": "4:4:4"},
    "a.tif": {},
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ORIENTED)
def test_all_eight_orientations_are_applied_once_and_reset(tmp_path: Path, name: str, orientation: int) -> None:
    path = saved(name, tmp_path, exif=orientation_block(orientation), **ORIENTED[name])
    with Pillow.open(path) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored))
    image = read(path)
    assert image.pixels.shape == expected.shape
    assert np.abs(image.pixels.astype(int) - expected).max() <= (3 if name in ("a.jpg", "a.avif") else 0)
    assert image.pixels.flags.c_contiguous
    assert image.metadata.orientation == orientation
    write(image, tmp_path / f"out{path.suffix}")
    again = read(tmp_path / f"out{path.suffix}")
    assert again.metadata.orientation == 1
    assert again.pixels.shape == image.pixels.shape
    with Pillow.open(tmp_path / f"out{path.suffix}") as result:
        assert result.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_alpha_turns_with_its_pixels(tmp_path: Path, orientation: int) -> None:
    stored = Pillow.fromarray(np.dstack([picture(), picture()[..., 0]]))
    stored.save(tmp_path / "a.png", exif=orientation_block(orientation))
    image = read(tmp_path / "a.png")
    assert image.alpha is not None
    assert np.array_equal(image.alpha, image.pixels[..., 0])


def test_a_heic_turned_by_its_container_is_not_turned_twice(tmp_path: Path) -> None:
    heif = pillow_heif.from_pillow(Pillow.fromarray(picture(64, 48)))
    heif.save(tmp_path / "a.heic", quality=95, exif=orientation_block(6))
    image = read(tmp_path / "a.heic")
    assert (image.width, image.height) == (48, 64)
    assert np.abs(image.pixels.astype(int) - np.rot90(picture(64, 48), -1)).mean() < 4


def test_the_orientation_of_an_xmp_packet_counts_where_exif_has_none(tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    path = saved("a.jpg", tmp_path, xmp=xmp)
    image = read(path)
    assert (image.width, image.height) == SIZE[::-1]
    assert image.metadata.xmp == xmp.replace(b'"6"', b'"1"')


def test_exif_and_xmp_that_both_state_an_orientation_turn_the_picture_once(tmp_path: Path) -> None:
    xmp = b"<x:xmpmeta><tiff:Orientation>6</tiff:Orientation></x:xmpmeta>"
    image = read(saved("a.jpg", tmp_path, exif=orientation_block(6), xmp=xmp))
    assert (image.width, image.height) == SIZE[::-1]
    assert image.metadata.xmp is not None
    assert b">1<" in image.metadata.xmp


def test_the_times_of_the_file_are_remembered(tmp_path: Path) -> None:
    path = saved("a.png", tmp_path)
    os.utime(path, ns=(1_400_000_000_000_000_000, 1_300_000_000_000_000_000))
    assert read(path).metadata.modified_ns == 1_300_000_000_000_000_000
    assert read(path).metadata.accessed_ns is not None


@pytest.mark.parametrize("name", ["ünï 写真.png", " with  spaces .png", "a" * 251 + ".png"])
def test_any_file_name_can_be_read(tmp_path: Path, name: str) -> None:
    assert read(saved(name, tmp_path)).width == SIZE[0]


@pytest.mark.parametrize(("suffix", "kind"), [(".png", "PNG"), (".tif", "TIFF"), (".webp", "WEBP"), (".bmp", "BMP")])
def test_the_content_decides_and_a_wrong_suffix_is_a_warning(tmp_path: Path, suffix: str, kind: str) -> None:
    wrong = saved(f"a{suffix}", tmp_path).rename(tmp_path / "a.jpg")
    metadata = read(wrong).metadata
    assert metadata.source_format == kind
    assert metadata.warnings == (f"It is named .jpg but is a {kind} file, and was read as one.",)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.jpg: does not exist"):
        read(tmp_path / "no.jpg")


def test_a_folder_is_not_a_picture(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read(tmp_path)


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(InputError, match="is empty"):
        read(tmp_path / "a.jpg")


def test_text_renamed_is_not_a_picture(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("Dear diary, today I renamed a file.")
    with pytest.raises(InputError, match=r"is not a picture.*named \.jpg but does not begin like one"):
        read(tmp_path / "a.jpg")


def test_a_file_without_read_permission_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved("a.png", tmp_path)
    if os.geteuid() == 0:  # root may read everything, so the system's refusal is played

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    path.chmod(0)
    with pytest.raises(InputError, match=r"a\.png: may not be read: permission denied"):
        read(path)


TRUNCATED = [
    ("a.jpg", {}),
    ("a.jpg", {"progressive": True}),
    ("a.png", {}),
    ("a.tif", {}),
    ("a.tif", {"compression": "tiff_lzw"}),
    ("a.tif", {"compression": "tiff_adobe_deflate"}),
    ("a.webp", {}),
    ("a.webp", {"lossless": True}),
    ("a.avif", {}),
    ("a.bmp", {}),
    ("a.ppm", {}),
    ("a.gif", {}),
]


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
@pytest.mark.parametrize(("name", "settings"), TRUNCATED)
def test_half_a_file_is_never_half_a_picture(
    tmp_path: Path, name: str, settings: dict[str, object], kept: float
) -> None:
    path = saved(name, tmp_path, **settings)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(InputError, match=r"damaged or incomplete") as caught:
        read(path)
    assert caught.value.path == path


def test_the_rest_of_a_broken_transfer_filled_with_zeros_is_noticed(tmp_path: Path) -> None:
    path = saved("a.jpg", tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) // 2))
    with pytest.raises(InputError, match="truncated"):
        read(path)


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"")
    idat = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body)) + idat


def jpeg_header(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    scan = b"\x01\x01\x00\x00\x3f\x00"
    return b"\xff\xd8\xff\xc0\x00\x0b" + frame + b"\xff\xda\x00\x08" + scan + b"\0\0\xff\xd9"


def bmp_header(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def tiff_header(width: int, height: int) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((1, 1), np.uint8), metadata=None)
    data = bytearray(file.getvalue())
    for code, value in ((256, width), (257, height)):
        entry = data.find(struct.pack("<HH", code, 4))
        data[entry + 8 : entry + 12] = struct.pack("<I", value)
    return bytes(data)


HEADERS: dict[str, Callable[[int, int], bytes]] = {
    "a.png": png_header,
    "a.jpg": jpeg_header,
    "a.bmp": bmp_header,
    "a.tif": tiff_header,
    "a.ppm": lambda width, height: f"P6\n{width} {height}\n255\n".encode(),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_promises_too_many_pixels_is_refused_before_decoding(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HEADERS[name](65500, 65500))
    with pytest.raises(InputError, match=r"65500 x 65500 pixels, 4,290 megapixels; the limit is 500.*--max-pixels"):
        read(tmp_path / name)


@pytest.mark.parametrize("name", HEADERS)
def test_a_picture_of_no_pixels_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(HEADERS[name](0, 0))
    with pytest.raises(InputError):
        read(tmp_path / name)


def test_a_bomb_below_the_limit_is_refused_without_its_memory(tmp_path: Path) -> None:
    """65500 x 7000 is legal, but 8 bytes of data cannot hold it."""
    (tmp_path / "a.png").write_bytes(png_header(65500, 7000))
    with pytest.raises(InputError, match="truncated"):
        read(tmp_path / "a.png")


def test_the_limit_is_the_callers(tmp_path: Path) -> None:
    path = saved("a.png", tmp_path)
    assert read(path, max_pixels=SIZE[0] * SIZE[1]).width == SIZE[0]
    with pytest.raises(InputError, match="--max-pixels"):
        read(path, max_pixels=SIZE[0] * SIZE[1] - 1)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.bmp", "a.ppm", "a.gif"])
@pytest.mark.filterwarnings("error")
def test_legal_sizes_never_meet_pillows_own_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = saved(name, tmp_path)
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", 10)
    assert read(path).width == SIZE[0]


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.avif"])
def test_an_animation_is_refused_with_its_number_of_frames(tmp_path: Path, name: str) -> None:
    frames = [Pillow.fromarray(np.roll(picture(), 9 * i, axis=1)) for i in range(3)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    with pytest.raises(InputError, match=r"an animation of 3 frames.*Split it"):
        read(tmp_path / name)


def test_a_gif_of_one_frame_is_read(tmp_path: Path) -> None:
    stored = Pillow.fromarray(picture()).quantize(64)
    stored.info["transparency"] = 3
    stored.save(tmp_path / "a.gif", transparency=3)
    image = read(tmp_path / "a.gif")
    assert image.channels == 3
    assert image.alpha is not None
    with Pillow.open(tmp_path / "a.gif") as expected:
        assert np.array_equal(np.dstack([image.pixels, image.alpha]), np.asarray(expected.convert("RGBA")))


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
@pytest.mark.parametrize("damage", [b"II*\0\xff\xff\xff\x7f", b"nonsense", b"MM\0*\0\0\0\x08\xff\xff", b"II"])
def test_damaged_exif_is_a_warning_and_never_a_lost_picture(tmp_path: Path, name: str, damage: bytes) -> None:
    saved(name, tmp_path, exif=b"Exif\0\0" + damage)
    image = read(tmp_path / name)
    assert (image.width, image.height) == SIZE
    assert image.metadata.exif is None
    assert any("EXIF is damaged" in warning for warning in image.metadata.warnings)


def test_a_broken_colour_profile_is_a_warning(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a.webp", "a.tif"):
        image = read(saved(name, tmp_path, icc_profile=b"not a profile" * 20))
        assert image.metadata.icc is None
        assert any("colour profile" in warning for warning in image.metadata.warnings)


def test_nothing_is_printed_about_odd_metadata(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = saved("a.png", tmp_path, icc_profile=b"not a profile" * 20)
    read(path)
    assert capfd.readouterr() == ("", "")


def test_several_threads_may_read_at_once(tmp_path: Path) -> None:
    paths = [saved(name, tmp_path) for name in ("a.jpg", "a.png", "a.tif", "a.webp", "a.bmp", "a.ppm")] * 4
    alone = {path: read(path).pixels for path in set(paths)}
    barrier = threading.Barrier(4)

    def together(path: Path) -> bool:
        barrier.wait(timeout=30)
        return np.array_equal(read(path).pixels, alone[path])

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(together, paths))


MEMORY = """
import resource, sys
from pathlib import Path
from restore.codecs.reading import read
from restore.codecs.writing import write
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
read(Path(sys.argv[2]))
before = peak()
image = read(Path(sys.argv[1]))
reading = peak() - before
write(image, Path(sys.argv[1]).with_name("out.jpg"))
print(reading, peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts differently elsewhere")
def test_a_100_megapixel_jpeg_takes_its_pixels_of_memory_and_little_more(tmp_path: Path) -> None:
    pixels = np.zeros((10000, 10000, 3), np.uint8)
    pixels[::50] = 200
    (tmp_path / "big.jpg").write_bytes(imagecodecs.jpeg8_encode(pixels, level=92, subsampling="420"))
    del pixels
    small = saved("small.jpg", tmp_path)
    command = [sys.executable, "-c", MEMORY, str(tmp_path / "big.jpg"), str(small)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    reading, both = map(int, output.split())
    assert reading < 340, f"reading took {reading} MB for 300 MB of pixels"
    assert both < 400, f"reading and writing took {both} MB for 300 MB of pixels"


def test_metadata_of_an_unread_field_keep_their_defaults(tmp_path: Path) -> None:
    write(Image(picture()), tmp_path / "a.png")
    metadata = read(tmp_path / "a.png").metadata
    assert metadata == Metadata(source_format="PNG", accessed_ns=metadata.accessed_ns, modified_ns=metadata.modified_ns)
