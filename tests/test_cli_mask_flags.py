"""Masks from the command line to the result: what is missing is filled, all else stays bit for bit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.codecs.reading import read
from restore.errors import ExitCode
from tests.masked_runs import BOX, Inpaint, Photo, check, inpaint, mask, restore_

if TYPE_CHECKING:
    from tests.tiny_neighbours import Painter

__all__ = ["inpaint", "restore_"]


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


def test_a_model_of_the_task_that_needs_no_mask_runs_without(tmp_path: Path, photo: Photo, inpaint: Inpaint) -> None:
    photo(tmp_path / "in" / "a.png")
    assert inpaint("-m", "guesser").code == ExitCode.OK


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
