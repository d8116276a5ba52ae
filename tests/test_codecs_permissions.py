"""A private photo stays private, in its own place, in its backup and in its result; a read-only one can be replaced."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.codecs.atomic import atomic_path
from restore.codecs.permissions import keep_permissions, permissions_of
from restore.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="permissions on Windows are the folder's")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("bits", [0o600, 0o444, 0o664, 0o640])
def test_in_place_the_restored_photo_and_the_backup_have_the_permissions_of_the_original(
    tmp_path: Path, photo: Photo, cli: Cli, bits: int
) -> None:
    picture = photo(tmp_path / "in" / "a.png")
    original = picture.read_bytes()
    picture.chmod(bits)
    for words in ((), ("--strength", "0.5"), ("--strength", "0")):  # again from the backup, and back
        outcome = cli("denoise", tmp_path / "in", "--in-place", "--backup", tmp_path / "old", *words)
        assert outcome.code == ExitCode.OK, outcome.err
        assert "permissions" not in outcome.err
        assert mode(picture) == mode(tmp_path / "old" / "a.png") == bits
    assert picture.read_bytes() == (tmp_path / "old" / "a.png").read_bytes() == original
    assert cli("verify", tmp_path / "in").code == ExitCode.OK


@pytest.mark.parametrize(("bits", "wanted"), [(0o600, 0o600), (0o640, 0o640), (0o444, 0o644), (0o666, 0o644)])
@pytest.mark.parametrize("strength", [0, 1])
def test_a_result_is_shown_to_nobody_who_could_not_see_the_photo(
    tmp_path: Path, photo: Photo, cli: Cli, bits: int, wanted: int, strength: int
) -> None:
    picture = photo(tmp_path / "in" / "a.png")
    picture.chmod(bits)
    assert cli("denoise", picture, "-o", tmp_path / "out.png", "--strength", strength).code == ExitCode.OK
    assert mode(tmp_path / "out.png") == wanted


def test_what_somebody_allowed_of_a_restored_photo_stays(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    picture = photo(tmp_path / "in" / "a.png")
    words = ("denoise", tmp_path / "in", "--in-place", "--backup", tmp_path / "old")
    cli(*words)
    picture.chmod(0o600)
    assert cli(*words, "--strength", "0.5").code == ExitCode.OK
    assert mode(picture) == 0o600


def test_a_disk_that_knows_no_permissions_costs_no_picture(
    tmp_path: Path, photo: Photo, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = photo(tmp_path / "in" / "a.png")
    original = picture.read_bytes()
    picture.chmod(0o640)

    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    os.umask(0o077)  # less than was there is nothing to warn of
    outcome = cli("denoise", tmp_path / "in", "--in-place", "--backup", tmp_path / "old")
    assert (outcome.code, "permissions" in outcome.err) == (ExitCode.OK, False)
    assert (tmp_path / "old" / "a.png").read_bytes() == original != picture.read_bytes()


def test_where_others_see_more_than_they_should_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.touch()

    def refuse(path: Path, mode: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    assert keep_permissions(path, 0o600) == ("its permissions (0600) could not be kept: Operation not permitted",)
    assert keep_permissions(path, 0o664) == ()


def test_of_several_pictures_only_what_all_allow_is_allowed(tmp_path: Path) -> None:
    for name, bits in (("a", 0o644), ("b", 0o660)):
        (tmp_path / name).touch(bits)
        (tmp_path / name).chmod(bits)
    assert permissions_of([tmp_path / "a", tmp_path / "b"]) == 0o640
    assert permissions_of([tmp_path / "a", tmp_path / "gone"]) == 0o700


def test_a_file_that_may_only_be_read_is_flushed_and_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def as_any_user(path: Path, flags: int, *rest: int) -> int:
        """As for those whom permissions bind, also where these tests are run by root."""
        if flags & os.O_RDWR and not mode(path) & 0o200:
            raise PermissionError(13, "Permission denied")
        return opened(path, flags, *rest)

    monkeypatch.setattr(os, "open", as_any_user)
    with atomic_path(tmp_path / "a.png") as temporary:
        temporary.write_bytes(b"whole")
        assert keep_permissions(temporary, 0o444) == ()
    assert (tmp_path / "a.png").read_bytes() == b"whole"
    assert mode(tmp_path / "a.png") == 0o444
