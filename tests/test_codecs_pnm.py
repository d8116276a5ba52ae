"""Netpbm files: six kinds, any depth, comments anywhere."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from restore.codecs import pnm
from restore.codecs.reading import read
from restore.codecs.writing import write
from restore.errors import InputError
from restore.image import Image

FILES = {
    "plain bits": (b"P1\n# made by hand\n3 2\n1 0 1\n010\n", "uint8", [0, 255, 0, 255, 0, 255]),
    "plain grey": (b"P2 3 1\n15\n0 1 # one\n15\n", "uint8", [0, 17, 255]),
    "plain grey of 16 bit": (b"P2 2 1 1023 0 1023", "uint16", [0, 65535]),
    "plain colour": (b"P3\n1 1\n255\n1 2 3\n", "uint8", [1, 2, 3]),
    "raw bits": (b"P4\n9 2\n\xff\x80\x00\x00", "uint8", [0] * 9 + [255] * 9),
    "raw grey": (b"P5\n#c\n2 1\n255\n\x07\x09", "uint8", [7, 9]),
    "raw grey of 10 bit": (b"P5 2 1 1023\n\x03\xff\x00\x01", "uint16", [65535, 64]),
    "raw colour of 16 bit": (b"P6 1 1 65535\n\x01\x02\x03\x04\x05\x06", "uint16", [0x0102, 0x0304, 0x0506]),
    "raw colour of 5 levels": (b"P6 1 1 4\n\x00\x01\x04", "uint8", [0, 64, 255]),
}


@pytest.mark.parametrize("name", FILES)
def test_every_kind_is_read(tmp_path: Path, name: str) -> None:
    data, dtype, values = FILES[name]
    (tmp_path / "a.ppm").write_bytes(data)
    pixels = read(tmp_path / "a.ppm").pixels
    assert pixels.dtype == np.dtype(dtype)
    assert pixels.ravel().tolist() == values
    assert pixels.shape[2] == (3 if "colour" in name else 1)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_last_sample_is_noticed(tmp_path: Path, name: str) -> None:
    data = FILES[name][0].rstrip(b"\n")
    (tmp_path / "a.ppm").write_bytes(
        data[: data.rfind(b" ")] if name.endswith("16 bit") and b"P2" in data else data[:-1]
    )
    if name == "plain grey":  # "1" instead of "15" is a complete file
        assert read(tmp_path / "a.ppm").pixels[0, 2, 0] == 17
        return
    if name == "plain colour":
        (tmp_path / "a.ppm").write_bytes(data[:-2])
    with pytest.raises(InputError, match="truncated"):
        read(tmp_path / "a.ppm")


@pytest.mark.parametrize("data", [b"P6\n", b"P5 2", b"P5 2 2 0\n1234", b"P5 2 2 99999\n1234", b"P2 2 1 255 1 x"])
def test_nonsense_is_an_input_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.ppm").write_bytes(data)
    with pytest.raises(InputError):
        read(tmp_path / "a.ppm")


def test_the_header_written_is_the_plain_standard_one(tmp_path: Path) -> None:
    write(Image(np.array([[[1], [2]]], np.uint16)), tmp_path / "a.pgm")
    assert (tmp_path / "a.pgm").read_bytes() == b"P5\n2 1\n65535\n\0\1\0\2"


def test_a_number_that_ends_a_plain_file_may_lack_digits(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P2 2 1 255 7 123")
    assert any("digits may be missing" in warning for warning in read(tmp_path / "a.pgm").metadata.warnings)
    (tmp_path / "a.pgm").write_bytes(b"P2 2 1 255 7 123\n")
    assert read(tmp_path / "a.pgm").metadata.warnings == ()


def test_plain_files_of_several_pieces_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pnm, "PIECE", 50)
    values = np.arange(3000, dtype=np.uint16).reshape(30, 100)
    text = "  \n".join(map(str, values.ravel().tolist()))
    (tmp_path / "a.pgm").write_bytes(f"P2 100 30 65535 {text}\n# the end\n".encode())
    assert np.array_equal(read(tmp_path / "a.pgm").pixels[..., 0], values)


def test_plain_files_take_little_more_memory_than_their_bytes(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P2 1000 1000 255\n" + b"12 " * 1_000_000)
    tracemalloc.start()
    read(tmp_path / "a.pgm")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 45e6, f"{peak / 1e6:.0f} MB for a file of 3 MB and 1 megapixel"


def test_absurd_numbers_do_not_fill_the_message(tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5 " + b"9" * 400 + b" 3 255\n")
    with pytest.raises(InputError, match="a number of 400 digits") as caught:
        read(tmp_path / "a.pgm")
    assert len(caught.value.message) < 100
