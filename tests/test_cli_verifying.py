"""`restore verify`: every result against the journal, and an exit code to rely on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.cli import verifying
from restore.errors import ExitCode
from restore.folder_lock import folder_lock
from restore.journal import FOLDER, Journal
from restore.journal_rows import Recipe

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]


@pytest.fixture
def out(tmp_path: Path, photo: Photo, cli: Cli) -> Path:
    """Three results."""
    for name in ("a.png", "b.png", "sub/c.png"):
        photo(tmp_path / "in" / name)
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    return tmp_path / "out"


def test_whole_results_are_summed_up_and_give_0(out: Path, cli: Cli) -> None:
    outcome = cli("verify", out)
    assert (outcome.code, outcome.out, outcome.err) == (ExitCode.OK, "3 results = 3 whole\n", "")


def test_trouble_is_named_line_by_line_and_gives_8(out: Path, cli: Cli) -> None:
    (out / "a.png").unlink()
    (out / "sub" / "c.png").write_bytes(b"")
    outcome = cli("verify", out)
    assert outcome.code == ExitCode.SOME_FAILED
    assert outcome.out.splitlines() == [
        f"missing {out}/a.png",
        f"changed {out}/sub/c.png: has 0 bytes instead of {(out / 'b.png').stat().st_size}",
        "3 results = 1 whole + 1 missing + 1 changed",
    ]
    assert "run the same command again" in outcome.err


def test_nothing_is_mended_or_left_behind(out: Path, cli: Cli, listing_of: Callable[[Path], list[str]]) -> None:
    (out / "a.png").unlink()
    before = listing_of(out)
    cli("verify", out)
    assert listing_of(out) == before


def test_failures_and_what_is_left_are_no_success(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "broken.png").write_bytes(b"")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    assert cli("verify", tmp_path / "out").code == ExitCode.SOME_FAILED
    with Journal.open(tmp_path / "new") as journal:
        journal.begin(Recipe("tiny", None, "{}", "{}", "0"), [tmp_path / "new" / "a.png"], 1)
    outcome = cli("verify", tmp_path / "new")
    assert (outcome.code, outcome.out) == (8, f"left {tmp_path}/new/a.png\n1 result = 0 whole + 1 left\n")


def test_unknown_pictures_are_counted_and_with_v_named(out: Path, photo: Photo, cli: Cli) -> None:
    photo(out / "mine.png")
    assert "1 picture in the folder that no run knows (-v names them)" in cli("verify", out).out
    outcome = cli("verify", out, "-v")
    assert outcome.code == ExitCode.OK and f"unknown {out}/mine.png" in outcome.out


def test_the_document_names_what_is_not_whole(out: Path, cli: Cli) -> None:
    (out / "a.png").unlink()
    outcome = cli("verify", out, "--json")
    document = json.loads(outcome.out)
    assert outcome.code == document["exit_code"] == 8
    assert (document["whole"], document["missing"], document["changed"]) == (2, 1, 0)
    assert document["results"] == [{"output": f"{out}/a.png", "finding": "missing", "reason": None}]


def test_a_run_that_is_going_on_is_mentioned(out: Path, cli: Cli) -> None:
    with folder_lock(out / FOLDER):
        assert "note: a run is going on (process " in cli("verify", out).err


def test_a_bar_shows_how_far_it_is_on_a_terminal(out: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "on_terminal", lambda: True)
    assert cli("verify", out).out == "3 results = 3 whole\n"
