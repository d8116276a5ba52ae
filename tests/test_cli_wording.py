"""Words and numbers for people, and the flags that take amounts."""

from __future__ import annotations

import click
import pytest

from restore.cli.wording import Bytes, Device, Pixels, counted, duration, number, printable, size


@pytest.mark.parametrize(
    ("text", "amount"),
    [("2GiB", 2**31), ("800MB", 800 * 10**6), ("1.5G", 1_500_000_000), ("512 mib", 2**29), ("4096", 4096)],
)
def test_memory_is_read_as_people_write_it(text: str, amount: int) -> None:
    assert Bytes().convert(text, None, None) == amount


@pytest.mark.parametrize(("text", "amount"), [("250M", 250_000_000), ("1.5k", 1500), ("300mp", 300_000_000), ("7", 7)])
def test_pixels_are_read_as_people_write_them(text: str, amount: int) -> None:
    assert Pixels().convert(text, None, None) == amount


@pytest.mark.parametrize("text", ["", "much", "-1", "0", "2 apples", "1e9"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    for kind in (Bytes(), Pixels()):
        with pytest.raises(click.BadParameter):
            kind.convert(text, None, None)


def test_devices_are_checked_for_their_spelling() -> None:
    assert [Device().convert(text, None, None) for text in ("auto", "CPU", "cuda:1")] == ["auto", "cpu", "cuda:1"]
    with pytest.raises(click.BadParameter, match="use auto, cpu"):
        Device().convert("gpu", None, None)


def test_numbers_are_short_and_never_in_powers_of_ten() -> None:
    shown = [number(value) for value in (0, 0.00012, 0.0123, 1.234, 35.24, 123456.7)]
    assert shown == ["0", "0.0001", "0.012", "1.2", "35.2", "123457"]


def test_times_and_sizes_have_units_of_their_own_scale() -> None:
    assert [duration(value) for value in (0.04, 21.3, 200, 7500)] == ["0.0 s", "21 s", "3 min 20 s", "2 h 5 min"]
    assert [size(value) for value in (0, 999, 340_000, 1.24e9, 5e12)] == [
        "0 bytes",
        "999 bytes",
        "340 kB",
        "1.2 GB",
        "5.0 TB",
    ]


def test_one_is_not_many_and_broken_names_are_printable() -> None:
    assert (counted(1, "input"), counted(2, "input")) == ("1 input", "2 inputs")
    assert printable("caf\udce9") == "caf\ufffd"
