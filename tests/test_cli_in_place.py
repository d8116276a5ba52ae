"""Pictures restored in their own places, in one way and then in another: the original is what it begins with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]


def in_place(cli: Cli, photos: Path, backup: Path, *words: str) -> Outcome:
    return cli("denoise", photos, "--in-place", "--backup", backup, *words)


def test_left_as_it_is_in_the_end_the_original_comes_back(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    picture = photo(tmp_path / "in" / "a.png")
    original = picture.read_bytes()
    in_place(cli, tmp_path / "in", tmp_path / "old")
    assert picture.read_bytes() != original
    assert in_place(cli, tmp_path / "in", tmp_path / "old", "--strength", "0").code == ExitCode.OK
    assert picture.read_bytes() == original
    assert cli("verify", tmp_path / "in").code == ExitCode.OK


def test_one_backup_folder_for_two_albums_loses_no_picture(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "first" / "a.png")
    picture = photo(tmp_path / "second" / "a.png", 20, 30)
    original = picture.read_bytes()
    in_place(cli, tmp_path / "first", tmp_path / "old")
    in_place(cli, tmp_path / "second", tmp_path / "old", "--strength", "0")  # left as it is: nothing to be kept
    outcome = in_place(cli, tmp_path / "second", tmp_path / "old")
    assert "is another file of that name already" in outcome.err
    assert picture.read_bytes() == original


def test_with_another_backup_folder_the_original_is_kept_there_too(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    picture = photo(tmp_path / "in" / "a.png")
    original = picture.read_bytes()
    in_place(cli, tmp_path / "in", tmp_path / "old")
    once = picture.read_bytes()
    in_place(cli, tmp_path / "in", tmp_path / "new", "--overwrite")
    assert (tmp_path / "new" / "a.png").read_bytes() == original
    assert picture.read_bytes() == once
