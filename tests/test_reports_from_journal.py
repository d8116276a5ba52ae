"""A report's account out of a journal: of runs that ended well, badly, or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from restore.errors import ExitCode
from restore.folder_lock import folder_lock
from restore.journal import FOLDER, Journal
from restore.journal_reading import read_journal
from restore.journal_rows import Recipe
from restore.plugin_manager import PluginManager
from restore.reporting import FileResult
from restore.reports.from_journal import account_of
from restore.reports.photo import Account, Photo

PhotoFile = Callable[..., Path]
Cli = Callable[..., Any]
RECIPE = Recipe("tiny", None, '{"strength": 1.0}', "{}", "0.1.0")


def account(folder: Path, since_run: int = 0) -> Account:
    """What a folder's journal says."""
    return account_of(read_journal(folder), since_run=since_run)


def by_name(found: Account) -> dict[str, Photo]:
    """Its photos."""
    return {photo.name: photo for photo in found.photos}


def test_what_was_done_failed_and_skipped_is_told_with_its_reason(tmp_path: Path, photo: PhotoFile, cli: Cli) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "there.png")
    photo(tmp_path / "out" / "there.png")
    (tmp_path / "in" / "broken.png").write_bytes(b"nothing")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out", "--companions", "1")
    photos = by_name(account(tmp_path / "out"))
    assert {name: each.state for name, each in photos.items()} == {
        "a.png": "done",
        "broken.png": "failed",
        "there.png": "skipped",
    }
    done = photos["a.png"]
    assert [file.path for file in done.inputs] == [tmp_path / "in" / "a.png"]
    assert done.result.path == tmp_path / "out" / "a.png" and done.seconds > 0 and done.megapixels > 0
    assert [(file.role, file.path.name) for file in done.beside] == [("negative", "a.negative.png")]
    assert done.steps[0].model == "tiny" and done.steps[0].options["strength"] == 1.0
    assert "not a picture" in str(photos["broken.png"].reason) and not photos["broken.png"].is_dangerous
    assert photos["broken.png"].inputs[0].path.name == "broken.png"
    assert "exists already" in str(photos["there.png"].reason)


def test_a_resumed_run_is_told_as_one_with_every_photo_and_every_run(
    tmp_path: Path, photo: PhotoFile, cli: Cli
) -> None:
    photo(tmp_path / "in" / "a.png")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    photo(tmp_path / "in" / "b.png")
    cli("denoise", tmp_path / "in", "-o", tmp_path / "out")
    found = account(tmp_path / "out")
    assert [(each.name, each.state) for each in found.photos] == [("a.png", "done"), ("b.png", "done")]
    assert [(run["run"], run["inputs"], run["ending"]) for run in found.runs] == [
        ("1", "1", "finished"),
        ("2", "2", "finished"),
    ]


def test_the_last_run_alone_has_what_it_found_done_but_not_what_others_did(
    tmp_path: Path, photo: PhotoFile, cli: Cli
) -> None:
    photo(tmp_path / "one" / "a.png")
    photo(tmp_path / "two" / "b.png")
    cli("denoise", tmp_path / "one", "-o", tmp_path / "out")
    cli("denoise", tmp_path / "two", "-o", tmp_path / "out")
    assert list(by_name(account(tmp_path / "out", since_run=2))) == ["b.png"]
    cli("denoise", tmp_path / "two", "-o", tmp_path / "out")
    last = account(tmp_path / "out", since_run=3)
    assert list(by_name(last)) == ["b.png"] and len(last.runs) == 1


def test_what_a_killed_run_left_is_told_and_never_opened(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "out") as journal:
        journal.begin(RECIPE, [tmp_path / "out" / "a.png"], 1)
        shutil.copytree(tmp_path / "out", tmp_path / "killed")
    found = account(tmp_path / "killed")
    (left,) = found.photos
    assert (left.state, left.is_dangerous) == ("left", True) and "same command" in str(left.reason)
    assert "killed" in found.runs[0]["ending"]


def test_while_a_run_goes_on_what_it_has_not_made_is_not_called_lost(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal, folder_lock(tmp_path / FOLDER):
        journal.begin(RECIPE, [tmp_path / "a.png"], 1)
        found = account(tmp_path)
    assert "going on" in str(found.photos[0].reason) and found.facts[0][0] == "running"


def test_what_took_a_worker_down_is_marked_as_dangerous(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [tmp_path / "a.png"], 1)
        source = tmp_path / "in.png"
        journal.book(FileResult(source, tmp_path / "a.png", "failed", "crashed", exit_code=ExitCode.DEVICE))
    (failed,) = account(tmp_path).photos
    assert failed.is_dangerous and failed.inputs[0].path == source


def test_of_a_picture_restored_in_its_place_the_kept_original_is_the_before(
    tmp_path: Path, photo: PhotoFile, cli: Cli
) -> None:
    photos, backup = tmp_path / "photos", tmp_path / "backup"
    photo(photos / "deep" / "a.png")
    photo(photos / "b.png")
    cli("denoise", photos, "--in-place", "--backup", backup)
    found = by_name(account(photos))
    assert found["deep/a.png"].inputs[0].path == backup / "deep" / "a.png"
    cli("denoise", photos, "--in-place", "--backup", backup, "--strength", "0.5")
    again = by_name(account(photos))["deep/a.png"]
    assert again.inputs[0].path == backup / "deep" / "a.png" and again.inputs[0].trouble() is None
    shutil.rmtree(backup)
    assert by_name(account(photos))["b.png"].inputs[0].trouble() is not None


def test_frames_and_masks_are_told_apart_by_how_the_run_was_made(tmp_path: Path, tiny_manager: PluginManager) -> None:
    def told(settings: str) -> Photo:
        folder = tmp_path / settings.strip('{}":1 ')
        recipe = replace(RECIPE, settings=settings)
        with Journal.open(folder) as journal:
            journal.begin(recipe, [folder / "a.png"], 1)
        record = read_journal(folder)
        sources = tuple(_source(tmp_path / name) for name in ("1.png", "2.png"))
        entry = replace(record.entries[0], state="done", sources=sources)
        return account_of(replace(record, entries=(entry,))).photos[0]

    fused, filled = told('{"series": 1}'), told('{"mask": 1}')
    assert [file.role for file in fused.inputs] == ["frame", "frame"] and fused.mask is None
    assert [file.path.name for file in filled.inputs] == ["1.png"]
    assert filled.mask is not None and filled.mask.path.name == "2.png"


def _source(path: Path) -> Any:
    from restore.journal_rows import Source
    from restore.stamps import Stamp

    return Source(str(path), Stamp(1, 1, 1), "ab")


def test_photos_come_in_natural_order(tmp_path: Path) -> None:
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [tmp_path / name for name in ("scan10.png", "scan9.png", "Scan1.png")], 3)
    assert [photo.name for photo in account(tmp_path).photos] == ["Scan1.png", "scan9.png", "scan10.png"]


@pytest.mark.parametrize("state", ["done", "failed"])
def test_a_journal_without_the_recipe_is_told_without_steps(tmp_path: Path, state: str) -> None:
    with Journal.open(tmp_path) as journal:
        journal.begin(RECIPE, [tmp_path / "a.png"], 1)
    record = read_journal(tmp_path)
    entry = replace(record.entries[0], state=state, recipe="unknown")
    assert account_of(replace(record, entries=(entry,))).photos[0].steps == ()
