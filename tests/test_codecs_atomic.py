"""Files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from restore.codecs.atomic import atomic_path, atomic_paths, keep_times
from restore.codecs.writing import write
from restore.errors import ExitCode, OutputError
from restore.image import Image, Metadata


def test_the_file_appears_under_its_name_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    with atomic_path(target) as temporary:
        temporary.write_bytes(b"whole")
        assert not target.exists()
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".png"
        assert temporary.name.startswith("."), "folders being watched must not pick it up"
    assert target.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [target]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    target.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), atomic_path(target) as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("name", ["a" * 251 + ".png", "ü" * 125 + ".png", " two  spaces .png", "写真 📷.png"])
def test_names_may_be_as_long_and_as_odd_as_the_disk_allows(tmp_path: Path, name: str) -> None:
    with atomic_path(tmp_path / name) as temporary:
        temporary.write_bytes(b"x")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_new_file_gets_the_permissions_new_files_have(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with atomic_path(tmp_path / "out.png"):
        pass
    assert (tmp_path / "out.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_a_full_disk_names_the_target_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    with pytest.raises(OutputError, match="the disk is full") as caught, atomic_path(target) as temporary:
        temporary.unlink()
        temporary.symlink_to("/dev/full")
        write(Image(np.zeros((64, 64, 3), np.uint8)), temporary)
    assert caught.value.path == target
    assert caught.value.exit_code == ExitCode.OUTPUT
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="Create the output folder"), atomic_path(tmp_path / "no" / "out.png"):
        pytest.fail("there is nothing to write to")


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="is a file"), atomic_path(tmp_path / "file" / "out.png"):
        pytest.fail("there is nothing to write to")


@contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Be somebody whom permissions stop: root, whom none do, becomes nobody for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_without_permission_is_named() -> None:
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders let nobody else in
        folder = Path(name)
        folder.chmod(0o555)
        with as_an_ordinary_user(), pytest.raises(OutputError, match="may write to"), atomic_path(folder / "out.png"):
            pytest.fail("there is nothing to write to")
        assert list(folder.iterdir()) == []


def test_a_refusal_of_the_system_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OutputError, match="may write to"), atomic_path(tmp_path / "out.png"):
        pytest.fail("there is nothing to write to")


def test_a_name_that_is_too_long_is_an_output_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="shorter name"), atomic_path(tmp_path / ("a" * 300 + ".png")):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_times_of_the_source_are_set(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    with atomic_path(target) as temporary:
        temporary.write_bytes(b"x")
        keep_times(temporary, Metadata(accessed_ns=1_600_000_000_000_000_000, modified_ns=1_500_000_000_123_000_000))
    assert target.stat().st_mtime_ns == 1_500_000_000_123_000_000
    assert target.stat().st_atime_ns == 1_600_000_000_000_000_000


def test_without_known_times_the_file_keeps_its_own(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    target.write_bytes(b"x")
    before = target.stat().st_mtime_ns
    keep_times(target, Metadata())
    assert target.stat().st_mtime_ns == before


def test_files_that_belong_together_appear_in_their_order_when_all_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    targets = [tmp_path / name for name in ("b.map.tif", "b.mask.png", "b.png")]
    seen: list[object] = []
    monkeypatch.setattr("restore.codecs.atomic.flush", lambda path: seen.append(path.suffix or "folder"))
    replace = Path.replace

    def replaced(path: Path, target: Path) -> Path:
        seen.append(target.name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", replaced)
    with atomic_paths(targets, before_rename=lambda paths: seen.append(len(paths))) as temporaries:
        for temporary in temporaries:
            temporary.write_bytes(b"whole")
        assert not any(target.exists() for target in targets)
    flushed = [".tif", ".png", ".png"]
    assert seen == [*flushed, 3, "b.map.tif", "b.mask.png", "folder", "b.png", "folder"], (
        "the last one only when the disk holds the others"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == [target.name for target in targets]


def test_if_one_of_them_fails_none_appears_and_the_right_one_is_named(tmp_path: Path) -> None:
    targets = [tmp_path / "b.map.tif", tmp_path / "b.png"]
    with pytest.raises(OutputError) as caught, atomic_paths(targets) as temporaries:
        temporaries[1].write_bytes(b"whole")
        raise OutputError("cannot be written.", path=temporaries[0])
    assert caught.value.path == targets[0]
    with pytest.raises(OutputError) as caught, atomic_paths(targets) as temporaries:
        raise OSError(28, "No space left on device", str(temporaries[0]))
    assert caught.value.path == targets[0]
    assert list(tmp_path.iterdir()) == []
