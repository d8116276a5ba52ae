"""The journal's word in numbers, and checked against the files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore import accounting
from restore.accounting import Finding, Tally, check_all, reasons, set_aside, tally, tally_of_run, unknown_pictures
from restore.batch import run_batch
from restore.errors import ExitCode
from restore.job import Job
from restore.journal import Journal
from restore.journal_reading import Record, read_journal
from restore.journal_rows import Entry, Recipe, RunRow
from restore.planning import EXISTS, plan
from restore.plugin_manager import PluginManager
from restore.reporting import FileResult
from restore.stamps import Stamp, content_hash

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]
RECIPE = Recipe("tiny", None, "{}", "{}", "0.1.0")


@pytest.fixture
def folder(tmp_path: Path, photo: Photo, tiny: Tiny, tiny_manager: PluginManager) -> Path:
    """The results of a run over three good pictures, a broken one, and one whose place is taken."""
    for name in ("a.png", "sub/b.png", "sub/c.png", "taken.png"):
        photo(tmp_path / "in" / name)
    (tmp_path / "in" / "broken.png").write_bytes(b"")
    photo(tmp_path / "out" / "taken.png", width=5)
    run_batch(Job(plan([str(tmp_path / "in")], tmp_path / "out"), tiny.spec, tiny.options()), tiny_manager)
    return tmp_path / "out"


def findings(folder: Path) -> dict[str, Finding]:
    checks = check_all(read_journal(folder), 2, lambda _: None)
    return {check.entry.output: check.finding for check in checks}


def entry(state: str, run: int = 1, reason: str | None = None, output: str = "a.png") -> Entry:
    return Entry(output, run, "", state, reason, 0, (), None, None, None, 0, 0, ())


def test_states_add_up() -> None:
    rows = [entry(state) for state in ("done", "done", "skipped", "failed", "planned", "writing")]
    assert tally(rows) == Tally(done=2, skipped=1, failed=1, left=2)
    assert tally(rows).results == len(rows)


def test_the_last_run_adds_up_to_its_inputs_also_when_it_was_killed() -> None:
    run = RunRow(None, 2, "", None, "host", 1, 5, None, None, None, None)
    rows = [entry("done", run=1), entry("done", run=2), entry("failed", run=2), entry("planned", run=2)]
    assert tally_of_run(run, rows) == Tally(done=1, skipped=0, failed=1, left=3)


def test_reasons_are_grouped_without_the_names_of_files() -> None:
    rows = [entry("skipped", reason=f"out/{name} {EXISTS}") for name in "abc"] + [entry("skipped", reason="too small")]
    assert reasons([*rows, entry("failed", reason="broken")]) == [(EXISTS, 3), ("too small", 1)]


def test_whole_results_are_found_whole(folder: Path) -> None:
    assert findings(folder) == {
        "a.png": Finding.WHOLE,
        "broken.png": Finding.FAILED,
        "sub/b.png": Finding.WHOLE,
        "sub/c.png": Finding.WHOLE,
        "taken.png": Finding.SKIPPED,
    }


def test_what_is_missing_cut_off_or_changed_is_found(folder: Path, tmp_path: Path) -> None:
    (folder / "a.png").unlink()
    content = (folder / "sub" / "b.png").read_bytes()
    (folder / "sub" / "b.png").write_bytes(content[:-1])
    status = (folder / "sub" / "c.png").stat()
    content = (folder / "sub" / "c.png").read_bytes()
    (folder / "sub" / "c.png").write_bytes(content[:-1] + b"?")
    os.utime(folder / "sub" / "c.png", ns=(status.st_atime_ns, status.st_mtime_ns))
    found = findings(folder)
    assert (found["a.png"], found["sub/b.png"], found["sub/c.png"]) == ("missing", "changed", "changed")


def test_a_result_that_is_a_folder_or_cannot_be_read_is_trouble(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "a.png").unlink()
    (folder / "a.png").mkdir()

    def fail(path: Path) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(accounting, "content_hash", fail)
    found = findings(folder)
    assert (found["a.png"], found["sub/b.png"]) == ("changed", "unreadable")
    assert all(found[name].is_trouble for name in ("a.png", "sub/b.png"))


@pytest.mark.parametrize(("holds", "finding"), [("new", "whole"), ("old", "left"), ("", "left"), ("odd", "changed")])
def test_what_a_killed_run_was_putting_into_place_is_told_by_its_content(
    tmp_path: Path, holds: str, finding: str
) -> None:
    path = tmp_path / "a.png"
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [path], 1)
        for content in ("old", "new"):
            path.write_text(content)
            stamp = Stamp.of(path)
            assert stamp is not None
            journal.intend(path, (), stamp, content_hash(path), seconds=0, megapixels=0, warnings=())
    path.write_text(holds) if holds else path.unlink()
    assert findings(tmp_path) == {"a.png": finding}


def test_more_rows_than_are_read_at_a_time_are_all_checked_in_order(tmp_path: Path) -> None:
    rows = tuple(entry("planned", output=f"{number:03}.png") for number in range(300))
    told: list[str] = []
    checks = check_all(Record(tmp_path, (), rows), 3, lambda check: told.append(check.entry.output))
    assert [check.entry for check in checks] == list(rows)
    assert sorted(told) == [row.output for row in rows]


def test_pictures_that_no_run_knows_are_found(folder: Path, photo: Photo) -> None:
    photo(folder / "sub" / "mine.jpg")
    (folder / "notes.txt").write_text("no picture")
    assert list(unknown_pictures(read_journal(folder))) == [folder / "sub" / "mine.jpg"]


def test_inputs_beside_their_results_are_not_unknown(tmp_path: Path, tiny: Tiny, tiny_manager: PluginManager) -> None:
    (tmp_path / "broken.png").write_bytes(b"")
    run_batch(Job(plan([str(tmp_path / "broken.png")], f"{tmp_path}/out/"), tiny.spec, tiny.options()), tiny_manager)
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [tmp_path / "b.png"], 1)
        broken = FileResult(tmp_path / "broken.png", tmp_path / "b.png", "failed", "no", exit_code=ExitCode.INPUT)
        journal.book(broken)
    assert list(unknown_pictures(read_journal(tmp_path))) == []


def test_files_that_were_set_aside_are_listed(folder: Path, tmp_path: Path, photo: Photo, tiny: Tiny) -> None:
    assert set_aside(folder) == []
    (folder / "a.png").write_bytes(b"mine")
    job = Job(plan([str(tmp_path / "in")], folder), tiny.spec, tiny.options())
    run_batch(job, PluginManager.of({"tiny": tiny}))
    assert [path.read_bytes() for path in set_aside(folder)] == [b"mine"]
