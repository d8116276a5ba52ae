"""What a dry run shows."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.cli import plan_view
from restore.errors import ExitCode

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny import Tiny

Cli = Callable[..., "Outcome"]
Photo = Callable[..., Path]
Listing = Callable[[Path], list[str]]
Usage = namedtuple("Usage", "total used free")


def test_a_dry_run_shows_the_tree_and_what_it_takes_and_writes_nothing(
    tmp_path: Path, photo: Photo, cli: Cli, tiny: Tiny, listing_of: Listing
) -> None:
    for name in ("a.png", "b.png", "sub/deep/c.heic", "sub/d.jpg"):
        photo(tmp_path / "in" / name) if name != "sub/deep/c.heic" else None
    (tmp_path / "in" / "sub" / "deep").mkdir()
    (tmp_path / "in" / "sub" / "deep" / "c.heic").write_bytes(b"?")
    photo(tmp_path / "out" / "b.png")
    before = listing_of(tmp_path)
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out", "--dry-run")
    assert outcome.code == ExitCode.OK
    lines = outcome.out.splitlines()
    assert lines[:7] == [
        f"{tmp_path}/out/ (3 files)",
        "  sub/ (2 files)",
        "    deep/ (1 file)",
        "      c.jpg (from c.heic)",
        "    d.jpg",
        "  a.png",
        f"skip {tmp_path}/in/b.png: {tmp_path}/out/b.png exists already (--overwrite replaces it)",
    ]
    assert lines[7].startswith("disk: about ") and f" to write to {tmp_path}/out (" in lines[7]
    assert lines[8].startswith("memory: about ")
    assert lines[9].startswith("time: about ") and "(from a probe with " in lines[9]
    assert lines[10].startswith("4 inputs = 3 to do + 1 to skip + 0 that cannot be done (0.0008 MP and 1 of unknown")
    assert listing_of(tmp_path) == before
    assert len(tiny.loads) == 1, "for the probe"


def test_json_has_all_of_it(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "c.gif").write_bytes(b"?")
    words = ("--in-place", "--backup", tmp_path / "kept", "--dry-run", "--json")
    document = json.loads(cli("denoise", tmp_path / "in", *words).out)
    assert document["folder"] == str(tmp_path / "in")
    assert (document["inputs"], document["unknown"], document["collisions"]) == (2, 0, [])
    assert document["bytes"] == (tmp_path / "in" / "a.png").stat().st_size
    assert document["megapixels"] == pytest.approx(24 * 16 / 1e6)
    (disk,) = document["disk"]
    assert 0 < disk["needed"] <= disk["written"] < disk["free"]
    assert document["memory"] > 0 and document["seconds"] >= 0
    assert document["probe"]["path"] == str(tmp_path / "in" / "a.png")
    planned, failed = document["results"]
    assert (planned["state"], planned["backup"], planned["reason"]) == ("planned", str(tmp_path / "kept/a.png"), None)
    assert failed["state"] == "failed" and "GIF is only read" in failed["reason"]
    assert any("each original is kept in" in note for note in document["notes"])


def test_collisions_are_listed_all_at_once_and_give_the_runs_exit_code(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    for name in ("a.png", "a.jpg", "b.png", "b.jpg", "c.png"):
        photo(tmp_path / "in" / name)
    words = ("denoise", tmp_path / "in", "-o", tmp_path / "out", "--format", "png")
    outcome = cli(*words, "--dry-run")
    assert outcome.code == ExitCode.OUTPUT == cli(*words).code
    assert outcome.err.count("error: ") == 2 and "a.png: would be the result of" in outcome.err
    assert "  c.png" in outcome.out.splitlines() and "fail" not in outcome.out
    document = json.loads(cli(*words, "--dry-run", "--json").out)
    assert len(document["collisions"]) == 2 and document["exit_code"] == ExitCode.OUTPUT


def test_a_disk_without_room_is_told_and_refused(
    tmp_path: Path, photo: Photo, cli: Cli, tiny: Tiny, monkeypatch: pytest.MonkeyPatch, listing_of: Listing
) -> None:
    photo(tmp_path / "in" / "a.png")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(100, 90, 10))
    words = ("denoise", tmp_path / "in", "-o", tmp_path / "out")
    outcome = cli(*words, "--dry-run")
    assert outcome.code == ExitCode.OUTPUT and "are needed: not enough)" in outcome.out
    tiny.loads.clear()
    outcome = cli(*words)
    assert outcome.code == ExitCode.OUTPUT and f"{tmp_path}/out: about " in outcome.err
    assert tiny.loads == [] and listing_of(tmp_path) == ["in", "in/a.png"]


def test_many_files_are_shown_as_folders_with_counts(
    tmp_path: Path, photo: Photo, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_view, "MANY", 2)
    for name in ("a.png", "b.png", "sub/c.png"):
        photo(tmp_path / "in" / name)
    for name in ("x", "y", "z"):
        (tmp_path / "in" / f"{name}.png").symlink_to(tmp_path / "nowhere" / name)
    words = ("denoise", tmp_path / "in", "-o", tmp_path / "out", "--dry-run")
    lines = cli(*words).out.splitlines()
    assert lines[:4] == [f"{tmp_path}/out/ (3 files)", "  sub/ (1 file)", "    1 file", "  2 files"]
    assert lines[6] == "… and 1 more cannot be done (-v shows them)"
    more = cli(*words, "-v").out
    assert "    c.png" in more.splitlines() and more.count("fail ") == 3


def test_a_single_file_has_no_folder(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    outcome = cli("denoise", photo(tmp_path / "a.png"), "-o", tmp_path / "b.png", "--dry-run")
    assert outcome.out.splitlines()[0] == f"{tmp_path}/b.png (from a.png)"


def test_on_a_terminal_the_tree_is_drawn_and_names_are_no_markup(
    tmp_path: Path, photo: Photo, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_view, "on_terminal", lambda: True)
    photo(tmp_path / "in" / "sub" / "[red]a.png")
    out = cli("denoise", tmp_path / "in", "-o", tmp_path / "out", "--dry-run").out
    assert "└── sub/ (1 file)" in out and "└── [red]a.png" in out


def test_a_probe_that_fails_says_why(tmp_path: Path, photo: Photo, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png", width=13)
    words = ("denoise", tmp_path / "in", "-o", tmp_path / "out", "--dry-run", "--trouble", "refusal")
    outcome = cli(*words)
    assert outcome.code == ExitCode.OK
    assert f"time: unknown ({tmp_path}/in/a.png: cannot be restored by tiny. Try another model.)" in outcome.out


def test_where_nothing_is_to_be_done_nothing_is_tried(tmp_path: Path, photo: Photo, cli: Cli, tiny: Tiny) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "out" / "a.png")
    outcome = cli("denoise", tmp_path / "in", "-o", tmp_path / "out", "--dry-run")
    assert tiny.loads == [] and len(outcome.out.splitlines()) == 2
