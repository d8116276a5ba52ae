"""Decoders do not talk to the user."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest

from restore.codecs.quiet import LOGGERS, printable, quieten
from restore.codecs.reading import read
from restore.codecs.source import Source
from tests.fuzz.corpus import corpus


def test_an_interlaced_png_is_read_without_a_word(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Through imagecodecs, libpng remarks upon every interlaced file."""
    (tmp_path / "a.png").write_bytes(corpus()["type-2-8-bit-interlaced.png"])
    read(tmp_path / "a.png")
    assert capfd.readouterr() == ("", "")


def test_who_sets_up_logging_still_hears_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "a.png").write_bytes(corpus()["type-2-8-bit-interlaced.png"])
    read(tmp_path / "a.png")
    assert [record.name for record in caplog.records] == ["imagecodecs"]


def test_calling_it_twice_changes_nothing() -> None:
    with warnings.catch_warnings():
        quieten()
        before = [len(logging.getLogger(name).handlers) for name in LOGGERS], len(warnings.filters)
        quieten()
        assert ([len(logging.getLogger(name).handlers) for name in LOGGERS], len(warnings.filters)) == before


def test_warnings_of_pillow_are_ignored_and_those_of_others_are_not() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        quieten()
        warnings.warn_explicit("Corrupt EXIF data", UserWarning, "TiffImagePlugin.py", 1, "PIL.TiffImagePlugin")
        warnings.warn_explicit("Look out", UserWarning, "mine.py", 1, "mine")
    assert [str(warning.message) for warning in caught] == ["Look out"]


def test_what_a_file_holds_becomes_one_short_line(tmp_path: Path) -> None:
    assert printable("bad\nworse \x1b[31m\t red \x00") == "bad worse [31m red"
    assert len(printable("x" * 10_000)) == 200
    with (tmp_path / "a").open("wb+") as file:
        source = Source(tmp_path / "a", file, 1)
        source.warn("Its profile is for \x12GB")
    assert source.warnings == ["Its profile is for GB"]
