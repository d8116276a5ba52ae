"""Whether a file is still the one it was: by what the file system says, and where that differs by its content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from restore.stamps import Stamp, content_hash, is_unchanged


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"a picture")
    return path


def known(path: Path) -> tuple[Stamp, str]:
    stamp = Stamp.of(path)
    assert stamp is not None
    return stamp, content_hash(path)


def test_the_content_hash_is_the_sha256(file: Path) -> None:
    assert content_hash(file) == hashlib.sha256(b"a picture").hexdigest()


def test_a_file_that_is_not_there_or_may_not_be_has_no_stamp(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    assert [Stamp.of(tmp_path / name) for name in ("none", "link", "a\0b")] == [None, None, None]


def test_a_file_that_nobody_touched_is_not_read_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp, digest = known(file)
    monkeypatch.setattr("restore.stamps.content_hash", lambda path: pytest.fail("it was read"))
    assert is_unchanged(file, stamp, digest)


def test_a_file_that_was_only_moved_or_touched_is_unchanged(file: Path) -> None:
    stamp, digest = known(file)
    os.utime(file, ns=(1, 1))
    moved = file.rename(file.with_name("b.jpg"))
    assert Stamp.of(moved) != stamp
    assert is_unchanged(moved, stamp, digest)


def test_other_content_of_the_same_size_and_time_is_a_change(file: Path) -> None:
    stamp, digest = known(file)
    file.write_bytes(b"A PICTURE")
    os.utime(file, ns=(stamp.modified_ns, stamp.modified_ns))
    assert not is_unchanged(file, stamp, digest)


def test_another_size_is_a_change_and_nothing_is_read_for_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp, digest = known(file)
    file.write_bytes(b"")
    monkeypatch.setattr("restore.stamps.content_hash", lambda path: pytest.fail("it was read"))
    assert not is_unchanged(file, stamp, digest)
    file.unlink()
    assert not is_unchanged(file, stamp, digest)


def test_a_changed_file_that_cannot_be_read_counts_as_changed(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp, digest = known(file)
    os.utime(file, ns=(1, 1))

    def refuse(path: Path) -> str:
        raise PermissionError

    monkeypatch.setattr("restore.stamps.content_hash", refuse)
    assert not is_unchanged(file, stamp, digest)
