"""Originals that a run has replaced are found by what the journal knows."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from restore.journal_rows import Source
from restore.originals import Originals
from restore.stamps import Stamp, content_hash


def source_of(path: Path) -> Source:
    """What a journal notes of an input."""
    stamp = Stamp.of(path)
    assert stamp is not None
    return Source(str(path), stamp, content_hash(path))


def test_an_original_is_found_by_its_name_and_content(tmp_path: Path) -> None:
    for folder, text in (("photos/deep", b"original"), ("backup/deep", b"original"), ("other/deep", b"stranger")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.jpg").write_bytes(text)
    photo = tmp_path / "photos" / "deep" / "a.jpg"
    source = source_of(photo)
    photo.write_bytes(b"restored")
    folders = [tmp_path / each for each in ("photos/deep", "other/deep", "photos/../backup/deep")]
    assert Originals(folders).kept(source, photo) == (tmp_path / "backup" / "deep" / "a.jpg").resolve()


def test_a_copy_with_its_original_times_is_known_without_reading_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, copy = tmp_path / "photos" / "a.jpg", tmp_path / "backup" / "a.jpg"
    for path in (photo, copy):
        path.parent.mkdir()
        path.write_bytes(b"original")
        os.utime(path, ns=(1, 1_000_000_000))
    monkeypatch.setattr("restore.originals.holds", lambda path, sha256: False)
    assert Originals([copy.parent]).kept(source_of(photo), photo) == copy.resolve()


def test_where_nothing_was_kept_nothing_is_found(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.write_bytes(b"original")
    assert Originals([tmp_path, tmp_path / "gone"]).kept(source_of(photo), photo) is None
