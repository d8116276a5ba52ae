"""The journal: durable before a result appears, one row per result, readable whatever happened."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from restore.errors import ExitCode, OutputError
from restore.journal import FOLDER, NAME, Journal
from restore.journal_reading import read_journal
from restore.journal_rows import Entry, Recipe, Source
from restore.journal_schema import FIRST
from restore.reporting import FileResult
from restore.stamps import Stamp

RECIPE = Recipe("tiny", None, "{}", "{}", "1.0")
OTHER = Recipe("tiny", None, '{"strength": 2}', "{}", "1.0")
SOURCES = (Source("/in/a.png", Stamp(1, 2, 3), "5e"),)


def intend(journal: Journal, output: Path, sha256: str = "ab") -> None:
    journal.intend(output, SOURCES, Stamp(9, 8, 7), sha256, seconds=1.0, megapixels=2.0, warnings=("w",))


def entry(journal: Journal, key: str = "a.png") -> Entry:
    found = journal.entry(journal.path(key))
    assert found is not None
    return found


def seen_by_another(folder: Path) -> dict[str, Entry]:
    """What a process that opens the journal now would find: what is really written."""
    return {one.output: one for one in read_journal(folder).entries}


def test_a_result_is_planned_then_about_to_appear_then_done(tmp_path: Path) -> None:
    output = tmp_path / "a.png"
    with Journal.open(tmp_path) as journal:
        number = journal.begin(RECIPE, [output], inputs=1)
        assert (entry(journal).state, entry(journal).run, entry(journal).sha256) == ("planned", number, None)
        intend(journal, output)
        now = entry(journal)
        assert (now.state, now.sha256, now.sources, now.stamp) == ("writing", "ab", SOURCES, Stamp(9, 8, 0))
        journal.finish(output, Stamp(9, 8, 70))
        journal.end(number, done=1, skipped=0, failed=0, ending="finished")
        assert (entry(journal).state, entry(journal).stamp, entry(journal).warnings) == (
            "done", Stamp(9, 8, 70), ("w",),
        )  # fmt: skip
        (run,) = read_journal(tmp_path).runs
        assert (run.recipe, run.inputs, run.done, run.ending, run.process) == (RECIPE, 1, 1, "finished", os.getpid())


def test_what_is_intended_is_written_before_the_call_returns_and_the_rest_with_it(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [tmp_path / "a.png", tmp_path / "b.png"], inputs=2)
        intend(journal, tmp_path / "a.png")
        journal.finish(tmp_path / "a.png", Stamp(9, 8, 70))
        assert seen_by_another(tmp_path)["a.png"].state == "writing"
        intend(journal, tmp_path / "b.png")
        assert {key: one.state for key, one in seen_by_another(tmp_path).items()} == {
            "a.png": "done",
            "b.png": "writing",
        }


def test_a_process_that_kills_itself_after_intending_has_left_its_word(tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from restore.journal import Journal
from restore.journal_reading import read_journal
from restore.journal_rows import Recipe
from restore.stamps import Stamp
folder = Path({str(tmp_path)!r})
journal = Journal.open(folder)
journal.begin(Recipe("tiny", None, "", "", ""), [folder / "a.png"], 1)
journal.intend(folder / "a.png", (), Stamp(1, 2, 3), "ab", seconds=0, megapixels=0, warnings=())
journal.finish(folder / "a.png", Stamp(1, 2, 3))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    assert seen_by_another(tmp_path)["a.png"].state == "writing"


def test_a_failure_is_booked_with_its_reason_and_gone_when_it_is_tried_again(tmp_path: Path) -> None:
    output = tmp_path / "a.png"
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [output], inputs=1)
        journal.book(FileResult(Path("in/a.png"), output, "failed", "is empty.", exit_code=ExitCode.INPUT))
        journal.flush()
        assert (entry(journal).state, entry(journal).reason, entry(journal).exit_code) == ("failed", "is empty.", 3)
        assert journal.begin(RECIPE, [output], inputs=1) == 2
        assert (entry(journal).state, entry(journal).reason, entry(journal).exit_code) == ("planned", None, 0)


def test_names_and_reasons_that_are_not_utf8_are_kept(tmp_path: Path) -> None:
    name = os.fsdecode(b"photo \xff.png")
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [tmp_path / name], inputs=1)
        journal.uses(tmp_path / os.fsdecode(b"folder \xff"))
        journal.book(FileResult(Path(name), tmp_path / name, "skipped", f"{tmp_path / name} exists already"))
    found = seen_by_another(tmp_path)[name]
    assert (found.state, found.reason) == ("skipped", f"{tmp_path / name} exists already")
    with Journal.open(tmp_path) as journal:
        assert journal.folders() == [tmp_path / os.fsdecode(b"folder \xff")]


def test_what_stood_there_stays_known_until_its_successor_is_in_place(tmp_path: Path) -> None:
    """Killed twice in a row before the renaming, the first result is still told from somebody's own file."""
    output = tmp_path / "a.png"
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [output], inputs=1)
        intend(journal, output, "first")
        journal.finish(output, Stamp(9, 8, 7))
        for sha256 in ("second", "third"):
            journal.begin(OTHER, [output], inputs=1)
            intend(journal, output, sha256)
        assert (entry(journal).previous, entry(journal).sha256) == ("first", "third")
        journal.finish(output, Stamp(9, 8, 7))
        journal.flush()
        assert entry(journal).previous is None


def test_results_that_are_kept_count_to_the_new_run_and_stay_done(tmp_path: Path) -> None:
    output = tmp_path / "a.png"
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [output], inputs=1)
        intend(journal, output)
        journal.finish(output, Stamp(9, 8, 7))
        second = journal.begin(RECIPE, [], inputs=1)
        journal.keep([output], second)
        journal.restamp(output, (Source("/in/a.png", Stamp(1, 2, 33), "5e"),))
        journal.flush()
        assert (entry(journal).run, entry(journal).state) == (second, "done")
        assert entry(journal).sources[0].stamp == Stamp(1, 2, 33)


def test_results_are_named_relative_to_their_folder_so_it_can_be_moved(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "out") as journal:
        assert journal.key(tmp_path / "out" / "sub" / "a.png") == "sub/a.png"
        assert journal.key(tmp_path / "backup") == "../backup"
        assert journal.path("sub/a.png") == tmp_path / "out" / "sub" / "a.png"


def test_every_journal_has_a_token_of_its_own_for_temporary_files(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "a") as one, Journal.open(tmp_path / "b") as two:
        assert len(one.token) == 8 and one.token != two.token
    with Journal.open(tmp_path / "a") as again:
        assert again.token == one_token(tmp_path / "a")


def one_token(folder: Path) -> str:
    with sqlite3.connect(folder / FOLDER / NAME) as connection:
        return str(connection.execute("SELECT value FROM about WHERE key='token'").fetchone()[0])


def test_threads_that_book_at_once_lose_nothing(tmp_path: Path) -> None:
    outputs = [tmp_path / f"{number}.png" for number in range(40)]
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, outputs, inputs=40)

        def write(part: list[Path]) -> None:
            for output in part:
                intend(journal, output)
                journal.finish(output, Stamp(9, 8, 7))

        threads = [threading.Thread(target=write, args=(outputs[k::4],)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert {one.state for one in seen_by_another(tmp_path).values()} == {"done"}


def test_bookings_that_cannot_be_written_are_tried_again(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal._connection.execute("PRAGMA max_page_count=1")  # a disk without room
        with pytest.raises(OutputError, match=r"full.*what is finished is safe"):
            for number in range(100):
                journal.uses(tmp_path / f"{'x' * 200}{number:02}")
        before = len(journal.folders())
        journal._connection.execute("PRAGMA max_page_count=100000")
        journal.flush()
        assert len(journal.folders()) == before + 1 < 100, "the one that was refused is there"


def test_closing_on_a_full_disk_warns_instead_of_hiding_the_account(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal.open(tmp_path)
    journal._connection.execute("PRAGMA max_page_count=1")
    for number in range(100):
        journal.book(FileResult(Path("a"), tmp_path / str(number), "failed", "x" * 200))
        journal._later(("INSERT INTO folders VALUES (?)", (f"{'x' * 200}{number}",)))
    journal.close()
    assert "full" in caplog.text


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look at" * 100])
def test_a_damaged_journal_is_named_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FOLDER / NAME
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(OutputError, match=r"Move the folder \.restore away") as error:
        Journal.open(tmp_path)
    assert error.value.path == path


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    Journal.open(tmp_path).close()
    with sqlite3.connect(tmp_path / FOLDER / NAME) as connection:
        connection.execute("PRAGMA user_version=99")
    with pytest.raises(OutputError, match="newer version"):
        Journal.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot hold a journal") as error:
        Journal.open(tmp_path / "file")
    assert error.value.path == tmp_path / "file"


def beside(folder: Path, content: str) -> list[tuple[Path, Stamp, str]]:
    return [
        (folder / "a.map.tif", Stamp(4, 5, 6), f"map {content}"),
        (folder / "a.x.png", Stamp(7, 8, 9), f"x {content}"),
    ]


def test_companions_are_booked_with_their_result_and_former_ones_known_until_it_is_in_place(tmp_path: Path) -> None:
    output = tmp_path / "a.png"
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [output], inputs=1)
        for content in ("old", "lost", "new"):  # the second was killed before anything arrived
            companions = beside(tmp_path, content)
            journal.intend(
                output, SOURCES, Stamp(9, 8, 7), content, seconds=1, megapixels=2, warnings=(), companions=companions
            )
            assert seen_by_another(tmp_path)["a.png"].companions == entry(journal).companions
            if content == "old":
                journal.finish(output, Stamp(9, 8, 70), [(path, Stamp(4, 5, 60)) for path, *_ in companions[:1]])
                journal.flush()
                assert [row.stamp.changed_ns for row in entry(journal).companions] == [60, 0]
        known = {(row.path, row.sha256, row.former) for row in entry(journal).companions}
        assert known == {
            (path, f"{name} {content}", content != "new")
            for path, name in (("a.map.tif", "map"), ("a.x.png", "x"))
            for content in ("old", "lost", "new")
        }
        assert {owner for owner, _ in journal.companions_at(tmp_path / "a.x.png")} == {output}
        assert journal.companions_at(output) == []
        journal.finish(output, Stamp(9, 8, 70), [])
        journal.flush()
        assert {row.sha256 for row in entry(journal).companions} == {"map new", "x new"}


def test_a_journal_of_the_first_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / FOLDER / NAME
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.executescript(FIRST)
        connection.execute("INSERT INTO about VALUES ('token', '01234567')")
        done = ("a.png", 1, RECIPE.digest, "done", None, None, "[]", 9, 8, 7, "ab", None, 1.0, 2.0, "[]")
        connection.execute(f"INSERT INTO items VALUES ({', '.join('?' * 15)})", done)
        connection.execute("PRAGMA user_version=1")
    connection.close()
    before = path.read_bytes()
    assert seen_by_another(tmp_path)["a.png"].companions == ()
    assert seen_by_another(tmp_path)["a.png"].account is None
    assert path.read_bytes() == before, "who only looks changes nothing"
    with Journal.open(tmp_path) as journal:
        assert (journal.token, entry(journal).state, entry(journal).companions) == ("01234567", "done", ())
        assert journal.begin(RECIPE, [], inputs=1) == 1
        journal.intend(
            tmp_path / "a.png", SOURCES, Stamp(9, 8, 7), "new", seconds=1, megapixels=2, warnings=(),
            companions=beside(tmp_path, "new"),
        )  # fmt: skip
    with Journal.open(tmp_path) as journal:
        assert (entry(journal).sha256, entry(journal).previous, len(entry(journal).companions)) == ("new", "ab", 2)
