"""Reading a journal: what it says, at any moment, without a trace of the reader."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from restore.errors import OutputError
from restore.journal import FOLDER, NAME, Journal
from restore.journal_reading import companions_in, read_journal
from restore.journal_rows import Recipe
from restore.journal_schema import FORMAT
from restore.stamps import Stamp

RECIPE = Recipe("tiny", None, "{}", "{}", "0.1.0")
Contents = Callable[[Path], dict[str, bytes | None]]


@pytest.fixture
def contents() -> Contents:
    """Every file below a folder with its bytes."""
    return lambda folder: {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")
    }


def test_runs_and_rows_are_read_and_nothing_is_changed(tmp_path: Path, contents: Contents) -> None:
    with Journal.open(tmp_path) as journal:
        number = journal.begin(RECIPE, [tmp_path / "b.png", tmp_path / "sub" / "a.png"], 2)
        journal.end(number, done=0, skipped=0, failed=0, ending="interrupted")
    before = contents(tmp_path)
    record = read_journal(tmp_path)
    assert [entry.output for entry in record.entries] == ["b.png", "sub/a.png"]
    assert [(run.inputs, run.ending, run.recipe) for run in record.runs] == [(2, "interrupted", RECIPE)]
    assert contents(tmp_path) == before, "not even SQLite's own files appear"


def test_folders_that_were_written_to_are_told_wherever_they_lie(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "out") as journal:
        journal.uses(tmp_path / "out" / "deep")
        journal.uses(tmp_path / "backup")
    folders = read_journal(tmp_path / "out").folders
    assert {folder.resolve() for folder in folders} == {tmp_path / "out" / "deep", tmp_path / "backup"}


def test_a_run_that_is_going_on_is_read_up_to_its_last_booking(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [tmp_path / "a.png"], 1)
        assert [entry.state for entry in read_journal(tmp_path).entries] == ["planned"]
        assert read_journal(tmp_path).runs[-1].ended is None
        journal.begin(RECIPE, [tmp_path / "b.png"], 1)
        assert len(read_journal(tmp_path).entries) == 2


def test_a_killed_run_is_read_with_what_only_its_log_knows(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "out") as journal:
        journal.begin(RECIPE, [tmp_path / "out" / "a.png"], 1)
        shutil.copytree(tmp_path / "out", tmp_path / "killed")
    assert (tmp_path / "killed" / FOLDER / f"{NAME}-wal").stat().st_size > 0
    before = (tmp_path / "killed" / FOLDER / NAME).read_bytes()
    assert [entry.output for entry in read_journal(tmp_path / "killed").entries] == ["a.png"]
    assert (tmp_path / "killed" / FOLDER / NAME).read_bytes() == before


def test_a_folder_without_a_journal_is_answered_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"holds no journal of a run\. Name the folder that was given after -o"):
        read_journal(tmp_path)
    with pytest.raises(OutputError, match="is not a folder"):
        read_journal(tmp_path / "nowhere")


def test_a_damaged_or_newer_journal_is_refused_in_words(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [], 0)
    path = tmp_path / FOLDER / NAME
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version={FORMAT + 1}")
    with pytest.raises(OutputError, match="newer version of restore"):
        read_journal(tmp_path)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(OutputError, match=r"cannot be read .*not a database.* Move the folder \.restore away"):
        read_journal(tmp_path)


def test_names_that_are_not_utf8_and_odd_folders_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "100% sure? #1"
    with Journal.open(folder) as journal:
        journal.begin(RECIPE, [folder / "caf\udce9.png"], 1)
    assert [entry.output for entry in read_journal(folder).entries] == ["caf\udce9.png"]


def test_companions_are_found_from_any_folder_below_the_journals(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with Journal.open(out) as journal:
        journal.begin(RECIPE, [out / "sub" / "a.png"], 1)
        beside = [(out / "sub" / "a.map.png", Stamp(1, 2, 3), "ab")]
        journal.intend(
            out / "sub" / "a.png", (), Stamp(1, 2, 3), "cd", seconds=0, megapixels=0, warnings=(), companions=beside
        )
    assert companions_in(out) == companions_in(out / "sub") == {out / "sub" / "a.map.png"}
    assert companions_in(tmp_path) == frozenset()
