"""Masks from the command line to the result: what is missing is filled, all else stays bit for bit."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.cli import main
from restore.codecs.reading import read
from restore.errors import ExitCode
from restore.plugin_manager import PluginManager
from restore.provenance import treatments

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny import Tiny
    from tests.tiny_neighbours import Painter

Photo = Callable[..., Path]
Inpaint = Callable[..., "Outcome"]
BOX = (slice(4, 8), slice(10, 15))


@pytest.fixture
def restore_(painter: Painter, tiny: Tiny, cli: Inpaint, capsys: pytest.CaptureFixture[str]) -> Inpaint:
    """Runs ``restore`` in this process with an inpainter and the tiny plugin."""
    manager, outcome = PluginManager.of({"painter": painter, "tiny": tiny}), type(cli("--version"))

    def call(*words: object) -> Outcome:
        capsys.readouterr()
        code = main([str(word) for word in words], manager)
        said = capsys.readouterr()
        return outcome(code, said.out, said.err)

    return call


@pytest.fixture
def inpaint(restore_: Inpaint, tmp_path: Path) -> Inpaint:
    """``restore inpaint IN -o OUT`` with further words."""
    return lambda *words: restore_("inpaint", tmp_path / "in", "-o", tmp_path / "out", *words)


def mask(path: Path, *places: tuple[slice, slice], height: int = 16, width: int = 24) -> Path:
    """Paints a mask of the usual picture's size."""
    pixels = np.zeros((height, width), np.uint8)
    for place in places:
        pixels[place] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    PillowImage.fromarray(pixels).save(path)
    return path


def check(source: Path, result: Path, places: Sequence[tuple[slice, slice]]) -> None:
    """The result is white in these places and the source everywhere else."""
    before, after = read(source), read(result)
    missing = np.zeros((before.height, before.width), np.bool_)
    for place in places:
        missing[place] = True
    assert missing.any() and (after.pixels[missing] == 255).all()
    assert np.array_equal(before.pixels[~missing], after.pixels[~missing])


def test_one_mask_serves_all_pictures(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    sources = [photo(tmp_path / "in" / name) for name in ("a.png", "sub/b.tif")]
    outcome = inpaint("--mask", mask(tmp_path / "mask.png", BOX))
    assert outcome.code == ExitCode.OK, outcome.err
    for source in sources:
        check(source, tmp_path / "out" / source.relative_to(tmp_path / "in"), [BOX])


def test_a_folder_gives_each_picture_its_own_and_one_without_is_an_error_of_that_picture(
    tmp_path: Path, photo: Photo, inpaint: Inpaint
) -> None:
    first, second = photo(tmp_path / "in" / "a.png"), photo(tmp_path / "in" / "sub" / "b.png")
    photo(tmp_path / "in" / "c.png")
    mask(tmp_path / "masks" / "a.bmp", BOX)
    mask(tmp_path / "masks" / "sub" / "b.png", (slice(0, 2), slice(0, 3)))
    outcome = inpaint("--mask", tmp_path / "masks")
    assert outcome.code == ExitCode.SOME_FAILED
    check(first, tmp_path / "out" / "a.png", [BOX])
    check(second, tmp_path / "out" / "sub" / "b.png", [(slice(0, 2), slice(0, 3))])
    assert f"in/c.png: has no mask: {tmp_path}/masks/c.png (or another image format) is missing." in outcome.err


def test_transparent_holes_are_filled_and_the_result_is_opaque(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    source = photo(tmp_path / "in" / "a.png")
    pixels = np.dstack([read(source).pixels, np.full((16, 24), 255, np.uint8)])
    pixels[(*BOX, 3)] = 0
    PillowImage.fromarray(pixels).save(source)
    assert inpaint("--mask", "alpha").code == ExitCode.OK
    check(source, tmp_path / "out" / "a.png", [BOX])
    assert read(tmp_path / "out" / "a.png").alpha is None


def test_colours_boxes_and_masks_add_up(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    source = photo(tmp_path / "in" / "a.png")
    pixels = read(source).pixels.copy()
    pixels[0:2, 0:2] = (250, 5, 250)
    PillowImage.fromarray(pixels).save(source)
    words = ["--mask", mask(tmp_path / "m.png", BOX), "--mask-color", "#ff00ff", "--tolerance", "5"]
    assert inpaint(*words, "--box", "20,12,2,2", "--box", "-1,-1,1,1").code == ExitCode.OK
    places = [BOX, (slice(0, 2), slice(0, 2)), (slice(12, 14), slice(20, 22)), (slice(15, 16), slice(23, 24))]
    check(source, tmp_path / "out" / "a.png", places)


def test_an_inverted_mask_and_a_grown_one(tmp_path: Path, photo: Photo, inpaint: Inpaint, painter: Painter) -> None:
    source = photo(tmp_path / "in" / "a.png")
    dark = PillowImage.open(mask(tmp_path / "m.png", BOX)).point(lambda value: 255 - value)
    dark.save(tmp_path / "m.png")
    assert inpaint("--mask", tmp_path / "m.png", "--invert-mask", "--grow", "1", "--feather", "2").code == ExitCode.OK
    assert painter.seen[0].sum() == 4 * 5 + 3 * 2 * (4 + 5) + 4 * 4, "the hard mask, grown by both"
    before, after = read(source).pixels.astype(int), read(tmp_path / "out" / "a.png").pixels.astype(int)
    assert np.array_equal(before[~painter.seen[0]], after[~painter.seen[0]])
    assert (after[3:9, 10:15] == 255).all()
    assert (np.abs(after[2, 12] - (before[2, 12] + 2 / 3 * (255 - before[2, 12]))) <= 0.5).all(), "one pixel out"
    assert (np.abs(after[1, 12] - (before[1, 12] + 1 / 3 * (255 - before[1, 12]))) <= 0.5).all(), "two pixels out"


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_masks_of_the_upright_and_of_the_stored_picture_fit(
    tmp_path: Path, inpaint: Inpaint, orientation: int, stored: bool, painter: Painter
) -> None:
    exif = PillowImage.Exif()
    exif[0x0112] = orientation
    pixels = np.random.default_rng(0).integers(0, 200, (16, 24, 3)).astype(np.uint8)
    marked = np.zeros((16, 24), np.uint8)
    marked[BOX] = 255
    (tmp_path / "in").mkdir()
    PillowImage.fromarray(pixels).save(tmp_path / "in" / "a.png", exif=exif)
    PillowImage.fromarray(marked).save(tmp_path / "m.png", exif=exif)
    upright = read(tmp_path / "m.png").pixels
    if not stored:
        PillowImage.fromarray(upright[..., 0]).save(tmp_path / "m.png")
    assert inpaint("--mask", tmp_path / "m.png").code == ExitCode.OK
    assert np.array_equal(painter.seen[0], upright[..., 0] == 255)
    assert (read(tmp_path / "out" / "a.png").pixels[painter.seen[0]] == 255).all()


def test_alpha_profile_and_dpi_survive_a_restorer_that_forgets_them(
    tmp_path: Path, photo: Photo, inpaint: Inpaint
) -> None:
    source = photo(tmp_path / "in" / "a.png", mode="RGBA")
    picture = PillowImage.open(source)
    picture.putalpha(PillowImage.fromarray(np.tile(np.arange(24, dtype=np.uint8) * 9, (16, 1))))
    picture.save(source, dpi=(300, 300))
    assert inpaint("--box", "10,4,5,4").code == ExitCode.OK
    before, after = read(source), read(tmp_path / "out" / "a.png")
    assert before.alpha is not None and after.alpha is not None and np.array_equal(before.alpha, after.alpha)
    assert after.metadata.dpi == before.metadata.dpi == pytest.approx((300, 300), abs=0.1)
    check(source, tmp_path / "out" / "a.png", [BOX])


def test_where_nothing_is_missing_the_file_is_copied_and_that_is_said(
    tmp_path: Path, photo: Photo, inpaint: Inpaint, painter: Painter
) -> None:
    source = photo(tmp_path / "in" / "a.jpg")
    outcome = inpaint("--mask", mask(tmp_path / "m.png"), "-v")
    assert outcome.code == ExitCode.OK
    assert (tmp_path / "out" / "a.jpg").read_bytes() == source.read_bytes()
    assert f"Nothing is missing, so nothing was filled: its mask {tmp_path}/m.png is black all over." in (
        outcome.out + outcome.err
    )
    assert painter.seen == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing says what that is. Give --mask FILE, FOLDER, alpha or auto, --mask-color, or --box"),
        (["--grow", "3"], "nothing says what that is."),
        (["--mask", "auto"], "--mask auto needs a model that finds damage, and none of the plugins has one"),
        (["--mask", "alpha", "--invert-mask"], "--invert-mask is for --mask FILE or FOLDER."),
        (["--box", "1,2,3,4", "--tolerance", "3"], "--tolerance is for --mask-color."),
        (["--box", "1,2,3"], "--box '1,2,3' is not a box. Write x,y,w,h"),
        (["--mask-color", "pinkish"], "--mask-color 'pinkish' is not a colour."),
        (["--mask", "nowhere.png"], "nowhere.png: does not exist. --mask names a mask"),
        (["--mask", "in"], "--mask in holds the pictures of in too. Put the masks into a folder of their own."),
        (["-m", "guesser", "--box", "1,2,3,4"], "the model 'guesser' takes no mask."),
    ],
)
def test_flags_that_make_no_sense_are_refused_before_anything_is_written(
    tmp_path: Path,
    photo: Photo,
    restore_: Inpaint,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    said: str,
) -> None:
    photo(tmp_path / "in" / "a.png")
    monkeypatch.chdir(tmp_path)
    outcome = restore_("inpaint", "in", "-o", "out", *words)
    assert outcome.code in (ExitCode.USAGE, ExitCode.INPUT, ExitCode.PLUGIN)
    assert said in outcome.err
    assert not (tmp_path / "out").exists()


def test_other_tasks_know_no_masks(tmp_path: Path, photo: Photo, restore_: Inpaint) -> None:
    outcome = restore_("denoise", photo(tmp_path / "a.png"), "-o", tmp_path / "out", "--mask", "alpha")
    assert (outcome.code, "there is no option --mask" in outcome.err) == (ExitCode.USAGE, True)
    assert "--mask" not in restore_("denoise", "--help").out
    shown = restore_("inpaint", "--help").out
    assert shown.index("The mask") < shown.index("--mask FILE|FOLDER|alpha|auto") < shown.index("Options of every")


def test_a_model_of_the_task_that_needs_no_mask_runs_without(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    photo(tmp_path / "in" / "a.png")
    assert inpaint("-m", "guesser").code == ExitCode.OK


@pytest.mark.parametrize(
    ("paint", "said"),
    [
        (lambda path: path.write_bytes(b"no picture"), "m.png: is not a picture in any format that is read."),
        (lambda path: mask(path, height=24, width=16), "m.png: is a mask of 16 x 24 pixels, but a.png has 24 x 16."),
        (lambda path: mask(path, (slice(None), slice(None))), "m.png: is a mask of 24 x 16 pixels and leaves nothing"),
    ],
)
def test_a_bad_mask_is_an_error_of_its_picture_that_names_the_mask(
    tmp_path: Path, photo: Photo, inpaint: Inpaint, paint: Callable[[Path], object], said: str
) -> None:
    photo(tmp_path / "in" / "a.png")
    paint(tmp_path / "m.png")
    outcome = inpaint("--mask", tmp_path / "m.png")
    assert outcome.code == ExitCode.INPUT
    assert f"in/a.png: {tmp_path}/{said}" in outcome.err
    assert not (tmp_path / "out" / "a.png").exists()


def test_masks_among_the_inputs_are_no_pictures(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    photo(tmp_path / "in" / "a.png")
    mask(tmp_path / "in" / "masks" / "a.png", BOX)
    outcome = inpaint("--mask", tmp_path / "in" / "masks")
    assert "1 input = 1 done" in outcome.out
    assert "note: 1 file left out by --mask" in outcome.err
    mask(tmp_path / "in" / "mask.tif", BOX)
    photo(tmp_path / "in" / "masks" / "b.png")
    outcome = inpaint("--mask", tmp_path / "in" / "mask.tif", "--format", "png", "--overwrite")
    assert "3 inputs = 3 done" in outcome.out, "of a single mask only that file is left out"


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

    def act() -> None:
        time.sleep(1.0)
        mask(tmp_path / "masks" / "a.png", BOX)
        deadline = time.monotonic() + 15
        while not (tmp_path / "out" / "a.png").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=act)
    thread.start()
    outcome = inpaint("--mask", tmp_path / "masks", "--watch", "--settle", "0.2s")
    thread.join()
    assert "a.png: has no mask" in outcome.err
    assert "in all: 1 input = 1 done + 0 skipped + 0 failed" in outcome.out
    check(source, tmp_path / "out" / "a.png", [BOX])


def test_the_history_of_a_result_tells_what_was_asked_for(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    photo(tmp_path / "in" / "a.png")
    inpaint("--box", "1,2,3,4", "--grow", "2")
    xmp = read(tmp_path / "out" / "a.png").metadata.xmp
    assert xmp is not None and treatments(xmp)[0].options == {"mask": {"boxes": ["1,2,3,4"], "grow": 2}}
