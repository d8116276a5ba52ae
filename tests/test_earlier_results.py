"""Results and kept originals of earlier runs are no inputs, wherever their journal lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from restore.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*") if path.suffix in (".jpg", ".png"))


def test_results_of_another_format_beside_their_inputs_are_known_again(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.jpg")
    words = ("denoise", tmp_path / "in", "-o", tmp_path / "in", "--format", "png")
    cli(*words)
    outcome = cli(*words)
    assert "1 file is the result" in outcome.err and "1 done already" in outcome.out
    assert names(tmp_path / "in") == ["a.jpg", "a.png"]


def test_results_of_another_suffix_are_known_again(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    for name in ("a", "b"):
        photo(tmp_path / "in" / f"{name}.png")
    for suffix in ("_r", "_s"):
        cli("denoise", tmp_path / "in", "-o", tmp_path / "in", "--suffix", suffix, "--exclude", "b.png")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "in", "--suffix", "_r")
    assert names(tmp_path / "in") == ["a.png", "a_r.png", "a_s.png", "b.png", "b_r.png"]


def test_results_in_a_folder_of_the_inputs_are_no_inputs_unless_it_is_named(
    tmp_path: Path, photo: Photo, cli: Cli
) -> None:
    photo(tmp_path / "in" / "a.png")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "in" / "restored")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert names(tmp_path / "out") == ["a.png"]
    cli("denoise", tmp_path / "in" / "restored", "-o", tmp_path / "twice")
    cli("denoise", tmp_path / "in" / "restored" / "a.png", "-o", tmp_path / "alone")
    assert names(tmp_path / "twice") == ["a.png"] and (tmp_path / "alone").exists()


def test_nothing_but_results_is_told(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    picture = photo(tmp_path / "in" / "a.png")
    words = ("denoise", tmp_path / "in", "-o", tmp_path / "in", "--suffix", "_r")
    cli(*words)
    picture.unlink()
    outcome = cli(*words)
    assert (outcome.code, "holds nothing but results of earlier runs" in outcome.err) == (ExitCode.INPUT, True)


def test_what_was_edited_since_is_a_picture_like_any(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "in" / "restored")
    photo(tmp_path / "in" / "restored" / "a.png", 20, 30)
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert names(tmp_path / "out") == ["a.png", "restored/a.png"]


def test_a_journal_that_cannot_be_read_is_told(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "in" / "restored")
    (tmp_path / "in" / "restored" / ".restore" / "journal.sqlite").write_bytes(b"no database at all")
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert outcome.code == ExitCode.OK and "Results in it are taken as inputs." in outcome.err
    assert names(tmp_path / "out") == ["a.png", "restored/a.png"]


def in_place(cli: Cli, photos: Path, backup: Path) -> Outcome:
    return cli("denoise", photos, "--in-place", "--backup", backup)


def test_an_older_backup_folder_among_the_inputs_is_left_alone(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    original = photo(tmp_path / "in" / "a.png").read_bytes()
    in_place(cli, tmp_path / "in", tmp_path / "in" / "old")
    outcome = in_place(cli, tmp_path / "in", tmp_path / "in" / "new")
    assert "1 file is the original" in outcome.err and "1 done already" in outcome.out
    assert (tmp_path / "in" / "old" / "a.png").read_bytes() == original


def test_what_a_run_over_another_folder_has_restored_in_place_is_left_alone(
    tmp_path: Path, photo: Photo, cli: Cli
) -> None:
    picture = photo(tmp_path / "in" / "sub" / "a.png")
    in_place(cli, tmp_path / "in", tmp_path / "old")
    once = picture.read_bytes()
    for narrower in (picture, picture.parent):
        assert f"run over {tmp_path / 'in'}. Name that folder" in in_place(cli, narrower, tmp_path / "old").out
    other = photo(tmp_path / "in" / "b" / "b.png")
    in_place(cli, other.parent, tmp_path / "old-b")
    twice = other.read_bytes()
    assert f"run over {other.parent}. Name that folder" in in_place(cli, tmp_path / "in", tmp_path / "old").out
    assert (picture.read_bytes(), other.read_bytes()) == (once, twice)


def test_what_was_restored_in_place_and_moved_is_known_again(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    picture = photo(tmp_path / "in" / "a.png")
    in_place(cli, tmp_path / "in", tmp_path / "old")
    once = picture.read_bytes()
    moved = picture.rename(tmp_path / "in" / "holiday.png")
    assert f"is what an earlier run has made of {picture}" in in_place(cli, tmp_path / "in", tmp_path / "old").out
    assert moved.read_bytes() == once
