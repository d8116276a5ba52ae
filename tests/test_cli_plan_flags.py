"""The flags that say which pictures are meant and where results go."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]


def planned(outcome: Outcome, below: Path) -> list[str]:
    """The results of a dry run with --json, below a folder."""
    return [str(Path(each["output"]).relative_to(below)) for each in json.loads(outcome.out)["results"]]


def test_patterns_choose_files(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    for name in ("a.png", "b.jpg", "raw/c.jpg", "raw/d.jpg"):
        photo(tmp_path / "in" / name)
    words = ("denoise", tmp_path / "in", "-o", tmp_path / "out", "--include", "*.jpg", "--exclude", "/raw/")
    assert planned(cli(*words, "--dry-run", "--json"), tmp_path / "out") == ["b.jpg"]
    kept = cli(*words, "--exclude", "!raw/d.jpg", "--include", "*.png", "--dry-run", "--json")
    assert planned(kept, tmp_path / "out") == ["a.png", "b.jpg", "raw/d.jpg"]
    assert "note: 2 files left out by --exclude" in cli(*words).err


def test_a_date_chooses_files_and_all_left_out_is_an_input_error(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    os.utime(photo(tmp_path / "in" / "old.png"), (0, 86400))
    photo(tmp_path / "in" / "new.png")
    words = ("denoise", tmp_path / "in", "-o", tmp_path / "out", "--dry-run", "--json")
    assert planned(cli(*words, "--since", "1d"), tmp_path / "out") == ["new.png"]
    outcome = cli(*words, "--since", "1d", "--exclude", "new.*")
    assert outcome.code == ExitCode.INPUT
    assert "nothing is left to restore: 1 file left out by --exclude, 1 file left out by --since" in outcome.err
    assert cli(*words, "--since", "soon").code == ExitCode.USAGE


def test_results_can_be_called_otherwise_and_lie_beside_their_inputs(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    source = photo(tmp_path / "a.png")
    words = ("denoise", tmp_path, "-o", tmp_path, "--suffix", "_restored", "--format", "jpg")
    before = source.read_bytes()
    assert cli(*words).code == ExitCode.OK
    assert (tmp_path / "a_restored.jpg").is_file() and source.read_bytes() == before
    assert cli(*words).out.splitlines()[-1].startswith("1 input = 0 done + 1 skipped")
    outcome = cli("denoise", tmp_path, "-o", tmp_path, "--suffix", "/../b")
    assert outcome.code == ExitCode.USAGE and "is no part of a file's name" in outcome.err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "no place for the results is named. Add -o OUT"),
        (["--in-place"], "--in-place needs a folder for the originals. Add --backup DIR."),
        (["-o", "x", "--in-place", "--backup", "b"], "-o and --in-place contradict each other"),
        (["--suffix", "_r", "--in-place", "--backup", "b"], "--suffix and --in-place contradict each other"),
        (["--format", "png", "--in-place", "--backup", "b"], "--format and --in-place contradict each other"),
        (["-o", "x", "--backup", "b"], "--backup is for --in-place"),
    ],
)
def test_flags_that_name_no_place_or_two_are_refused(
    tmp_path: Path, photo: Photo, cli: Cli, words: list[str], complaint: str
) -> None:
    outcome = cli("denoise", photo(tmp_path / "a.png"), *words)
    assert outcome.code == ExitCode.USAGE
    assert complaint in outcome.err


def test_a_plan_in_place_says_where_originals_are_kept(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "sub" / "a.png")
    words = ("denoise", tmp_path / "in", "--in-place", "--backup", tmp_path / "b", "--dry-run", "--json")
    assert planned(cli(*words), tmp_path / "in") == ["sub/a.png"]
