"""`restore status`: what became of a run, for people and scripts."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.cli import following
from restore.errors import ExitCode
from restore.folder_lock import folder_lock
from restore.journal import FOLDER, Journal
from restore.journal_rows import Recipe

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]
RECIPE = Recipe("tiny", "ab" * 32, '{"strength": 1.0}', "{}", "0.1.0")


@pytest.fixture
def out(tmp_path: Path, photo: Photo, cli: Cli) -> Path:
    """The results of a run over two good pictures and two broken ones, and one whose place is taken."""
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "taken.png")
    for name in ("broken.png", "cut\n.png"):
        (tmp_path / "in" / name).write_bytes(b"")
    photo(tmp_path / "out" / "taken.png", width=5)
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    return tmp_path / "out"


def test_the_last_run_and_the_sum_are_shown(out: Path, cli: Cli) -> None:
    outcome = cli("status", out)
    assert outcome.code == ExitCode.OK
    assert 'last run   tiny {"companions": 0, "strength": 1.0, "trouble": ""}, restore ' in outcome.out
    assert "ended after" in outcome.out and ": finished" in outcome.out
    assert "4 inputs = 1 done + 1 skipped + 2 failed\n" in outcome.out
    assert "1 run      4 results = 1 done + 1 skipped + 2 failed (" in outcome.out
    assert "skipped    1: exists already (--overwrite replaces it)\n" in outcome.out
    assert f"failed     2: `restore status {out} --failed` lists them" in outcome.out
    assert "left" not in outcome.out


def test_failed_files_are_one_line_each_for_scripts(out: Path, tmp_path: Path, cli: Cli) -> None:
    lines = [line.split("\t") for line in cli("status", out, "--failed").out.splitlines()]
    assert [source for source, _ in lines] == [f"{tmp_path}/in/broken.png", f"{tmp_path}/in/cut .png"]
    assert all(reason.startswith("is empty.") for _, reason in lines)


def test_failed_files_are_a_table_on_a_terminal(out: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "on_terminal", lambda: True)
    text = cli("status", out, "--failed").out
    assert "2 failed" in text and "reason" in text and "is empty." in text


def test_the_document_has_it_all(out: Path, tmp_path: Path, cli: Cli) -> None:
    document = json.loads(cli("status", out, "--json", "--failed").out)
    sums = {"done": 1, "skipped": 1, "failed": 2, "left": 0}
    assert document["last_run"].items() >= {"inputs": 4, "model": "tiny", "ending": "finished", **sums}.items()
    assert document["totals"].items() >= {"results": 4, **sums}.items()
    assert document["skipped"] == [{"reason": "exists already (--overwrite replaces it)", "count": 1}]
    assert document["failed"][0]["source"] == f"{tmp_path}/in/broken.png"
    assert document["running"] is None
    assert "failed" not in json.loads(cli("status", out, "--json").out)


def test_a_run_that_is_going_on_is_named_and_not_disturbed(tmp_path: Path, cli: Cli) -> None:
    with Journal.open(tmp_path) as journal, folder_lock(tmp_path / FOLDER):
        journal.begin(RECIPE, [tmp_path / "a.png", tmp_path / "b.png"], 3)
        outcome = cli("status", tmp_path)
    assert f"running    process {os.getpid()} on {socket.gethostname()} since " in outcome.out
    assert "still going on" in outcome.out
    assert "3 inputs = 0 done + 0 skipped + 0 failed + 3 left" in outcome.out
    assert "weights abababababab" in outcome.out
    assert "run the same command again" not in outcome.out


def test_a_killed_run_is_told_from_one_that_is_going_on(tmp_path: Path, cli: Cli) -> None:
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [tmp_path / "a.png"], 1)
    note = {
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": "2001-01-01T00:00:00+00:00",
        "command": ["r"],
    }
    (tmp_path / FOLDER / "run.json").write_text(
        json.dumps(note)
    )  # as a kill leaves it; the number was given anew since
    outcome = cli("status", tmp_path)
    assert "was killed" in outcome.out and "running" not in outcome.out
    assert "left       1: run the same command again" in outcome.out
    assert json.loads(cli("status", tmp_path, "--json").out)["last_run"]["ended"] is None


def test_a_run_on_another_machine_is_not_called_dead(tmp_path: Path, cli: Cli) -> None:
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [tmp_path / "a.png"], 1)
    note = {"process": 1, "host": "elsewhere", "since": "2026-01-01T00:00:00+00:00", "command": ["restore"]}
    (tmp_path / FOLDER / "run.json").write_text(json.dumps(note))
    assert "running    process 1 on elsewhere" in cli("status", tmp_path).out


def test_a_folder_without_a_journal_is_an_error(tmp_path: Path, cli: Cli) -> None:
    outcome = cli("status", tmp_path)
    assert outcome.code == ExitCode.OUTPUT
    assert f"error: {tmp_path}: holds no journal of a run." in outcome.err


def test_a_folder_of_many_results_is_summed_up_at_once(tmp_path: Path, cli: Cli) -> None:
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, (tmp_path / f"{number}.png" for number in range(20_000)), 20_000)
    began = time.perf_counter()
    assert "20000 left" in cli("status", tmp_path).out
    assert time.perf_counter() - began < 4, "measured: under 1 s for 50,000; slow machines get leave"
