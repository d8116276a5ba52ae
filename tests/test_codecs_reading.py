"""Every kind of picture a folder may hold is read upright, whatever is odd about it; oddities are warnings."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from restore.codecs.reading import read
from restore.codecs.writing import write
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
