"""`--watch`: what is there, then what arrives, until Ctrl-C; then an account of everything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.errors import ExitCode
from restore.folder_lock import folder_lock
from restore.journal import FOLDER
from restore.journal_reading import read_journal
from tests.standing_by import meanwhile, until

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]
FLAGS = ("--watch", "--settle", "0.2s")


def copied(source: Path, target: Path) -> Path:
    """A file that appears under another name first, as editors and downloads do."""
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(source.read_bytes())
    return part.rename(target)


@pytest.fixture
def folders(tmp_path: Path, photo: Photo) -> tuple[Path, Path]:
    """An input folder with a picture, and the output folder inside it."""
    photo(tmp_path / "in" / "a.png")
    return tmp_path / "in", tmp_path / "in" / "out"


def test_what_is_there_and_what_arrives_is_restored(folders: tuple[Path, Path], photo: Photo, cli: Cli) -> None:
    source, out = folders
    with meanwhile(
        lambda: until((out / "a.png").exists),
        lambda: photo(source / "new" / "deep" / "b.png"),
        lambda: until((out / "new" / "deep" / "b.png").exists),
        lambda: copied(source / "a.png", source / "c.png"),
        lambda: until((out / "c.png").exists),
        lambda: time.sleep(0.5),
    ):
        outcome = cli("denoise", source, "-o", out, *FLAGS)
    assert outcome.code == ExitCode.OK
    assert "in all: 3 inputs = 3 done + 0 skipped + 0 failed (" in outcome.out.splitlines()[-1]
    assert f"watching {source} for new pictures; Ctrl-C ends it" in outcome.err
    assert sorted(path.name for path in out.rglob("*.png")) == ["a.png", "b.png", "c.png"]
    assert len(read_journal(out).runs) == 3, "results do not wake it up"


def test_a_changed_picture_is_restored_again_and_counts_once(
    folders: tuple[Path, Path], photo: Photo, cli: Cli
) -> None:
    source, out = folders

    def restored_again() -> bool:
        return (out / "a.png").read_bytes() != first[0]

    first: list[bytes] = []
    with meanwhile(
        lambda: until((out / "a.png").exists),
        lambda: first.append((out / "a.png").read_bytes()),
        lambda: photo(source / "a.png", width=40),
        lambda: until(restored_again),
        lambda: time.sleep(0.3),
    ):
        outcome = cli("denoise", source, "-o", out, *FLAGS)
    assert outcome.code == ExitCode.OK
    assert "in all: 1 input = 1 done + 0 skipped + 0 failed (" in outcome.out


def test_a_bad_file_is_named_once_and_tried_again_only_when_it_changes(
    folders: tuple[Path, Path], photo: Photo, cli: Cli
) -> None:
    source, out = folders

    def runs() -> int:
        return len(read_journal(out).runs)

    with meanwhile(
        lambda: until((out / "a.png").exists),
        lambda: (source / "bad.png").write_bytes(b""),
        lambda: until(lambda: runs() == 2),
        lambda: photo(source / "b.png"),
        lambda: until((out / "b.png").exists),
        lambda: until(lambda: read_journal(out).runs[-1].ended),
        lambda: photo(source / "bad.png"),
        lambda: until((out / "bad.png").exists),
        lambda: (source / "worse.png").write_bytes(b""),
        lambda: until(lambda: runs() == 5),
        lambda: until(lambda: read_journal(out).runs[-1].ended),
    ):
        outcome = cli("denoise", source, "-o", out, *FLAGS)
    assert outcome.code == ExitCode.SOME_FAILED
    assert [run.inputs for run in read_journal(out).runs] == [1, 1, 1, 1, 1]
    assert outcome.err.count("bad.png: is empty.") == 1
    assert "in all: 4 inputs = 3 done + 0 skipped + 1 failed (" in outcome.out


def test_an_empty_folder_is_waited_at(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    (tmp_path / "in").mkdir()
    with meanwhile(
        lambda: until((tmp_path / "out" / FOLDER / "run.json").exists),
        lambda: photo(tmp_path / "in" / "a.png"),
        lambda: until((tmp_path / "out" / "a.png").exists),
        lambda: time.sleep(0.3),
    ):
        outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out", *FLAGS)
    assert outcome.code == ExitCode.OK
    assert "in all: 1 input = 1 done" in outcome.out


def test_what_is_still_growing_at_the_end_is_left(folders: tuple[Path, Path], photo: Photo, cli: Cli) -> None:
    source, out = folders
    os.utime(source / "a.png", ns=(0, 0))
    with meanwhile(lambda: until((out / FOLDER / "run.json").exists), lambda: time.sleep(0.5)):
        outcome = cli("denoise", source, "-o", out, "--watch", "--settle", "1h")
    assert outcome.code == ExitCode.INTERRUPTED
    assert "1 picture left: run the same command again" in outcome.err
    assert "in all: 1 input = 0 done + 0 skipped + 0 failed + 1 left (" in outcome.out
    assert not (out / "a.png").exists()


def test_a_picture_whose_result_would_take_anothers_place_fails_and_harms_nothing(
    folders: tuple[Path, Path], photo: Photo, cli: Cli
) -> None:
    source, out = folders
    with meanwhile(
        lambda: until((out / "a.jpg").exists),
        lambda: photo(source / "a.bmp"),
        lambda: time.sleep(1.5),
        lambda: photo(source / "b.png"),
        lambda: until((out / "b.jpg").exists),
        lambda: time.sleep(0.3),
    ):
        outcome = cli("denoise", source, "-o", out, "--format", "jpg", *FLAGS)
    assert outcome.code == ExitCode.SOME_FAILED
    assert outcome.err.count("would be the result of") == 1 and f"{source}/a.bmp: " in outcome.err
    assert "in all: 3 inputs = 2 done + 0 skipped + 1 failed (" in outcome.out
    assert {entry.output: entry.state for entry in read_journal(out).entries} == {"a.jpg": "done", "b.jpg": "done"}


def test_pictures_restored_in_place_do_not_wake_it_up(folders: tuple[Path, Path], tmp_path: Path, cli: Cli) -> None:
    source, _ = folders
    before = (source / "a.png").read_bytes()
    with meanwhile(
        lambda: until(lambda: (source / "a.png").read_bytes() != before),
        lambda: time.sleep(1.2),
    ):
        outcome = cli("denoise", source, "--in-place", "--backup", tmp_path / "kept", *FLAGS)
    assert outcome.code == ExitCode.OK
    assert (tmp_path / "kept" / "a.png").read_bytes() == before
    assert len(read_journal(source).runs) == 1


def test_the_documents_are_one_per_line_and_the_last_is_the_sum(
    folders: tuple[Path, Path], photo: Photo, cli: Cli
) -> None:
    source, out = folders
    with meanwhile(
        lambda: until((out / "a.png").exists),
        lambda: photo(source / "b.png"),
        lambda: until((out / "b.png").exists),
        lambda: time.sleep(0.3),
    ):
        outcome = cli("denoise", source, "-o", out, "--json", *FLAGS)
    documents = [json.loads(line) for line in outcome.out.splitlines()]
    assert [(each["final"], each["inputs"], each["done"]) for each in documents] == [
        (False, 1, 1),
        (False, 1, 1),
        (True, 2, 2),
    ]
    assert documents[-1]["exit_code"] == 0 and outcome.err == ""


def test_the_output_folder_is_held_all_the_time(folders: tuple[Path, Path], cli: Cli) -> None:
    source, out = folders
    outcomes = []

    def second() -> None:
        from restore.errors import OutputError

        with pytest.raises(OutputError, match="is in use by another run"), folder_lock(out / FOLDER):
            outcomes.append("got in")

    with meanwhile(lambda: until((out / "a.png").exists), lambda: time.sleep(0.5), second):
        assert cli("denoise", source, "-o", out, *FLAGS).code == ExitCode.OK
    assert outcomes == []


def test_an_input_folder_that_goes_away_ends_it_with_the_account_so_far(
    folders: tuple[Path, Path], tmp_path: Path, cli: Cli
) -> None:
    source, _ = folders
    out, ended = tmp_path / "out", threading.Event()

    def by_itself() -> None:
        shutil.rmtree(source)
        until(ended.is_set)

    interrupts = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with meanwhile(lambda: until((out / "a.png").exists), lambda: time.sleep(0.5), by_itself):
            outcome = cli("denoise", source, "-o", out, *FLAGS)
            ended.set()
    finally:
        signal.signal(signal.SIGINT, interrupts)
    assert outcome.code == ExitCode.INPUT
    assert "in all: 1 input = 1 done" in outcome.out
    assert f"error: {source}: " in outcome.err and ("does not exist" in outcome.err or "is gone" in outcome.err)
