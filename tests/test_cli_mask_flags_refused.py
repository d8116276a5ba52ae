"""Flags of masks that make no sense, and masks that cannot be used: what is said, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from restore.errors import ExitCode
from tests.masked_runs import Inpaint, Photo, inpaint, mask, restore_

if TYPE_CHECKING:
    pass

__all__ = ["inpaint", "restore_"]


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
