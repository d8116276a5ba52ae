"""Masks when runs come again, are only tried, or watch a folder: what counts as done, and what is told."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from restore.codecs.reading import read
from restore.errors import ExitCode, OutputError
from restore.journal_reading import read_journal
from restore.provenance import treatments
from tests.masked_runs import BOX, Inpaint, Photo, check, inpaint, mask, restore_
from tests.standing_by import meanwhile, until

if TYPE_CHECKING:
    from tests.tiny_neighbours import Painter

__all__ = ["inpaint", "restore_"]


def test_a_changed_mask_means_the_picture_is_done_again(
    tmp_path: Path, photo: Photo, inpaint: Inpaint, painter: Painter
) -> None:
    source = photo(tmp_path / "in" / "a.png")
    words = ["--mask", mask(tmp_path / "masks" / "a.png", BOX)]
    inpaint(*words)
    assert "1 done already" in inpaint(*words).out
    os.utime(tmp_path / "masks" / "a.png")
    assert "1 done already" in inpaint(*words).out, "touched only"
    other = (slice(0, 3), slice(0, 3))
    mask(tmp_path / "masks" / "a.png", other)
    assert "1 input = 1 done" in inpaint(*words).out
    check(source, tmp_path / "out" / "a.png", [other])
    assert "1 done already" in inpaint("--mask", tmp_path / "masks").out, "the same mask, named otherwise"
    assert "1 input = 1 done" in inpaint(*words, "--grow", "1").out
    assert "1 input = 1 done" in inpaint("--box", "0,0,3,3").out
    assert len(painter.seen) == 4


def test_in_place_a_changed_mask_begins_with_the_original(tmp_path: Path, photo: Photo, restore_: Inpaint) -> None:
    source = photo(tmp_path / "in" / "a.png")
    original = source.read_bytes()
    words = ["inpaint", tmp_path / "in", "--in-place", "--backup", tmp_path / "old", "--mask", tmp_path / "m.png"]
    mask(tmp_path / "m.png", BOX)
    restore_(*words)
    assert "1 done already" in restore_(*words).out
    other = (slice(0, 3), slice(0, 3))
    mask(tmp_path / "m.png", other)
    assert "1 input = 1 done" in restore_(*words).out
    assert (tmp_path / "old" / "a.png").read_bytes() == original
    check(tmp_path / "old" / "a.png", source, [other])


def test_a_dry_run_tells_masks_and_what_is_missing(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    photo(tmp_path / "in" / "a.png")
    photo(tmp_path / "in" / "b.png")
    mask(tmp_path / "masks" / "a.png", BOX)
    told = json.loads(inpaint("--mask", tmp_path / "masks", "--dry-run", "--json").out)
    first, second = told["results"]
    assert (first["mask"], first["state"]) == (f"{tmp_path}/masks/a.png", "planned")
    assert second["mask"] is None and second["state"] == "failed" and "has no mask" in second["reason"]
    assert told["seconds"] is not None and told["trouble"] is None, "the probe has a mask too"
    assert not (tmp_path / "out").exists()


def test_a_picture_that_has_lost_its_mask_is_an_error_again(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    photo(tmp_path / "in" / "a.png")
    mask(tmp_path / "masks" / "b.png", BOX)
    mask(tmp_path / "masks" / "a.png", BOX)
    assert inpaint("--mask", tmp_path / "masks").code == ExitCode.OK
    (tmp_path / "masks" / "a.png").unlink()
    outcome = inpaint("--mask", tmp_path / "masks")
    assert (outcome.code, "a.png: has no mask: " in outcome.err) == (ExitCode.INPUT, True)


def test_the_probe_of_a_dry_run_leaves_something_to_fill_from(
    tmp_path: Path, photo: Photo, inpaint: Inpaint, painter: Painter
) -> None:
    photo(tmp_path / "in" / "a.png", width=300, height=200)
    assert inpaint("--box", "10,10,280,180", "--dry-run").code == ExitCode.OK
    assert painter.seen and all(seen.any() and not seen.all() for seen in painter.seen)


def test_memory_is_foretold_with_the_mask(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    photo(tmp_path / "in" / "a.png")
    ways = (["--box", "1,2,3,4"], ["--mask", mask(tmp_path / "m.png", BOX)], ["-m", "guesser"])
    boxed, masked, bare = (json.loads(inpaint(*way, "--dry-run", "--json").out)["memory"] for way in ways)
    assert (boxed - bare, masked - boxed) == (3 * 24 * 16, 24 * 16)


def test_a_watched_folder_waits_for_masks_too(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    source = photo(tmp_path / "in" / "a.png")
    mask(tmp_path / "masks" / "other.png", BOX)

    out = tmp_path / "out"

    def has_tried() -> bool:
        with suppress(OutputError):  # no journal yet
            return any(run.ended for run in read_journal(out).runs)
        return False

    with meanwhile(
        lambda: until(has_tried),
        lambda: mask(tmp_path / "masks" / "a.png", BOX),
        lambda: until((out / "a.png").exists),
    ):
        outcome = inpaint("--mask", tmp_path / "masks", "--watch", "--settle", "0.2s")
    assert "a.png: has no mask" in outcome.err
    assert "in all: 1 input = 1 done + 0 skipped + 0 failed" in outcome.out
    check(source, tmp_path / "out" / "a.png", [BOX])


def test_the_history_of_a_result_tells_what_was_asked_for(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    photo(tmp_path / "in" / "a.png")
    inpaint("--box", "1,2,3,4", "--grow", "2")
    xmp = read(tmp_path / "out" / "a.png").metadata.xmp
    assert xmp is not None and treatments(xmp)[0].options == {"mask": {"boxes": ["1,2,3,4"], "grow": 2}}
