"""Camera RAW, developed through its extra; the fixture is a small DNG made by hand."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile

from restore.codecs import raw
from restore.codecs.header import Header, peek
from restore.codecs.reading import read
from restore.errors import InputError
from tests.fuzz.corpus import corpus


def dng(path: Path, orientation: int = 1) -> Path:
    """Write a DNG of 96 x 64 sensor pixels (Adobe DNG specification 1.4, the required tags only)."""
    identity = b"".join(struct.pack("<ii", int(i % 4 == 0), 1) for i in range(9))
    tags = [
        (271, 2, 0, "Maker", True),
        (274, 3, 1, orientation, True),
        (33421, 3, 2, (2, 2), True),
        (33422, 1, 4, bytes([0, 1, 1, 2]), True),
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (50708, 2, 0, "Maker Model", True),
        (50714, 3, 1, 0, True),
        (50717, 3, 1, 65535, True),
        (50721, 10, 9, identity, True),
        (50728, 5, 3, struct.pack("<6I", *[1] * 6), True),
        (50778, 3, 1, 21, True),
    ]
    sensor = (np.add.outer(np.arange(64), np.arange(96)) * 300).astype(np.uint16)
    tifffile.imwrite(path, sensor, photometric=32803, metadata=None, extratags=tags)
    return path


def test_it_becomes_16_bit_colour_with_its_exif(tmp_path: Path) -> None:
    image = read(dng(tmp_path / "a.dng"))
    assert image.pixels.shape == (64, 96, 3)
    assert image.pixels.dtype == np.uint16
    assert image.metadata.source_format == "RAW"
    assert image.metadata.exif is not None
    assert b"Maker" in image.metadata.exif
    assert image.pixels[-8:].mean() > 1.4 * image.pixels[:8].mean(), "the ramp runs downwards"


def test_its_size_is_known_before_it_is_developed(tmp_path: Path) -> None:
    assert peek(dng(tmp_path / "a.dng")) == Header(96, 64, 3, 16, False, "RAW")


def test_the_cameras_rotation_is_applied_once(tmp_path: Path) -> None:
    upright, turned = read(dng(tmp_path / "a.dng")), read(dng(tmp_path / "b.dng", orientation=6))
    assert np.array_equal(turned.pixels, np.rot90(upright.pixels, -1))


def test_a_file_that_only_claims_to_be_raw_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.nef").write_bytes(b"no photo " * 50)
    with pytest.raises(InputError, match=r"a\.nef: is not a RAW file LibRaw knows"):
        read(tmp_path / "a.nef")


def test_a_truncated_file_is_an_input_error(tmp_path: Path) -> None:
    data = dng(tmp_path / "a.dng").read_bytes()
    (tmp_path / "a.dng").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="damaged or incomplete"):
        read(tmp_path / "a.dng")


def test_too_many_pixels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--max-pixels"):
        read(dng(tmp_path / "a.dng"), max_pixels=100)


def test_sensor_data_named_tif_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"suffix \.dng"):
        read(dng(tmp_path / "a.tif"))


def test_without_the_extra_the_error_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rawpy", None)
    with pytest.raises(InputError, match=r"needs the extra `raw`.*restore-photos\[raw\]"):
        read(dng(tmp_path / "a.dng"))


def test_damaged_sensor_data_are_refused_without_a_word(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """LibRaw prints a line of its own for them."""
    data = bytearray(corpus()["lossless-jpeg.dng"])
    scan = data.rfind(b"\xff\xda")
    data[scan + 200 : scan + 260] = b"\xff\xd9" * 30
    (tmp_path / "a.dng").write_bytes(data)
    with pytest.raises(InputError, match="cannot be developed"):
        read(tmp_path / "a.dng")
    assert capfd.readouterr() == ("", "")


def test_a_picture_that_libraw_calls_corrupted_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import os; os.write(1, b'{\"shape\": [1, 1, 3]}\\n' + bytes(6)); os.write(2, b'f: data corrupted at 9')"
    (tmp_path / "says.py").write_text(program)
    monkeypatch.setattr(raw, "PROGRAM", tmp_path / "says.py")
    with pytest.raises(InputError, match="its data are damaged"):
        read(dng(tmp_path / "a.dng"))


def test_a_dng_that_lacks_its_last_byte_is_truncated(tmp_path: Path) -> None:
    path = dng(tmp_path / "a.dng")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match="truncated"):
        read(path)


def test_colours_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    """LibRaw would look them up beyond the end of a table."""
    path = dng(tmp_path / "a.dng")
    data = path.read_bytes()
    assert data.count(bytes([0, 1, 1, 2])) == 1
    path.write_bytes(data.replace(bytes([0, 1, 1, 2]), bytes([0, 1, 0x81, 2])))
    with pytest.raises(InputError, match="its colour filter has colours that do not exist"):
        read(path)


def test_a_crash_of_the_decoder_is_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "crash.py").write_text("import os; os.abort()")
    monkeypatch.setattr(raw, "PROGRAM", tmp_path / "crash.py")
    with pytest.raises(InputError, match=r"a\.dng: cannot be developed \(LibRaw ended with code -6"):
        read(dng(tmp_path / "a.dng"))


def test_a_decoder_that_dies_half_way_gives_no_half_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import os; os.write(1, b'{\"shape\": [64, 96, 3]}\\n' + bytes(1000)); os.abort()"
    (tmp_path / "crash.py").write_text(program)
    monkeypatch.setattr(raw, "PROGRAM", tmp_path / "crash.py")
    with pytest.raises(InputError, match="cannot be developed"):
        read(dng(tmp_path / "a.dng"))


def test_modules_in_the_current_folder_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rawpy.py").write_text("raise SystemExit('wrong rawpy')")
    monkeypatch.chdir(tmp_path)
    assert read(dng(tmp_path / "a.dng")).width == 96
