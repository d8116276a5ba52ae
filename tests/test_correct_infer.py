"""`correct` does what it is asked for, in order, and nothing else: in any depth, grey or colour, with alpha."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage
from pydantic import ValidationError
from restore_correct.infer import Corrector
from restore_correct.plugin import CORRECTIONS, CorrectOptions, provide_restorers
from skimage import data

from restore.cli import main
from restore.correct.cast import Gains, apply_gains
from restore.correct.skew import Skew
from restore.correct.warping import turn
from restore.errors import ExitCode, InputError
from restore.image import Image, Observation, Pixels
from restore.spec import Runtime
from restore.testing import Check, checks

SPEC = provide_restorers()[0]
PHOTO = data.coffee()
EVERYTHING = CorrectOptions(
    dehaze=0.2, exposure=0.1, white_balance="grey-world", fading=0.1, contrast=0.1, gamma=1.05, clahe=0.1, sharpen=0.2
)


def corrected(pixels: Pixels, options: CorrectOptions, alpha: Pixels | None = None) -> Image:
    return Corrector(Runtime()).restore(Observation((Image(pixels, alpha),)), options)


def scan(angle: float) -> Pixels:
    """A print on a scanner's glass."""
    glass = np.full((560, 760, 3), 245, np.uint8)
    glass[80:-80, 80:-80] = PHOTO
    return turn(glass, -angle, "fill", (245.0,) * 3)


@pytest.mark.parametrize("check", checks(SPEC, CorrectOptions(sharpen=0.5)), ids=str)
def test_it_keeps_the_rules_of_every_restorer(check: Check) -> None:
    check.run()


@pytest.mark.parametrize("check", checks(SPEC, CorrectOptions(deskew=True, crop=True, exposure=0.2)), ids=str)
def test_it_keeps_them_where_sizes_are_found(check: Check) -> None:
    check.run()


def test_nothing_asked_for_is_an_error_that_lists_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    PillowImage.fromarray(PHOTO).save(tmp_path / "a.png")
    assert main(["correct", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png"), "--sharpen-radius", "2"]) == 2
    said = capsys.readouterr().err
    assert "nothing says what to correct" in said
    assert all(f"--{name.replace('_', '-')}" in said for name in CORRECTIONS)
    assert not (tmp_path / "b.png").exists()


def test_every_correction_alone_is_enough_and_zero_is_none() -> None:
    CorrectOptions(corners=("1,1", "90,1", "90,90", "1,90"))
    CorrectOptions(neutral="3,4")
    for name in set(CORRECTIONS) - {"corners", "neutral"}:
        value = {"white_balance": "grey-world", "gamma": 1.5}.get(
            name, True if name in ("dewarp", "deskew", "crop") else 1
        )
        CorrectOptions.model_validate({name: value})
    with pytest.raises(ValidationError, match="nothing says what to correct"):
        CorrectOptions(exposure=0, gamma=1, sharpen=0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dewarp": True, "deskew": True}, "--deskew and --dewarp cannot go together"),
        ({"neutral": "1,1", "white_balance": "grey-world"}, "--neutral and --white-balance cannot go together"),
        ({"neutral": "1;1"}, "write it as x,y"),
        ({"corners": ("0,0", "10,0", "10,10", "8,3")}, "--corners: the four points are not .* give each corner"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        CorrectOptions.model_validate(options)


def test_strength_zero_gives_the_same_bytes() -> None:
    options = CorrectOptions(white_balance="grey-world", white_balance_strength=0)
    assert corrected(PHOTO, options).pixels is PHOTO


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_everything_together_keeps_the_depth(dtype: type) -> None:
    pixels = (
        PHOTO.astype(dtype) * 257 if dtype is np.uint16 else PHOTO.astype(dtype) / (255 if dtype is np.float32 else 1)
    )
    result = corrected(pixels.astype(dtype), EVERYTHING).pixels
    assert result.dtype == dtype
    if dtype is np.uint16:
        assert len(np.unique(result)) > 5000
    if dtype is np.uint8:
        exact = corrected(PHOTO.astype(np.uint16) * 257, EVERYTHING).pixels
        assert np.abs(result - exact / 257).max() <= 0.51  # several steps, but rounded to 8 bit once


def test_grey_in_three_channels_stays_exactly_grey() -> None:
    grey = data.camera()[..., None]
    result = corrected(grey.repeat(3, 2), EVERYTHING).pixels
    assert np.array_equal(result, corrected(grey, EVERYTHING).pixels.repeat(3, 2))
    assert not np.array_equal(result[..., :1], grey)


def test_a_picked_neutral_is_where_it_was_before_the_picture_was_cropped() -> None:
    tinted = scan(0)
    tinted[200:210, 300:310] = 128
    tinted = apply_gains(tinted, Gains(1.2, 1.0, 0.8))
    result = corrected(tinted, CorrectOptions(neutral="305,205", crop=True)).pixels
    assert result.shape[:2] == PHOTO.shape[:2]
    assert np.ptp(result[125, 225].astype(int)) <= 1


def test_a_scan_is_turned_and_cropped_to_its_print_with_its_transparency() -> None:
    pixels = scan(3.7)
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    result = corrected(pixels, CorrectOptions(deskew=True, crop=True), alpha)
    assert np.abs(np.subtract(result.pixels.shape[:2], PHOTO.shape[:2])).max() <= 3
    assert result.alpha is not None
    assert (result.alpha == 255).all()
    whole = corrected(pixels, CorrectOptions(deskew=True), alpha)
    assert whole.alpha is not None
    assert whole.alpha[0, 0] == 0  # the corner that was filled
    assert tuple(whole.pixels[0, 0]) == (245, 245, 245)


def cutout(value: float, dtype: type) -> tuple[Pixels, Pixels]:
    """A disc on full transparency that hides black."""
    y, x = np.mgrid[:96, :96]
    white = 1 if dtype is np.float32 else np.iinfo(dtype).max
    disc = ((y - 48) ** 2 + (x - 48) ** 2 < 900).astype(np.float64)
    return (disc * value * white)[..., None].repeat(3, 2).astype(dtype), (disc * white).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize(
    "options",
    [{"corners": ("2,5", "92,1", "94,93", "3,90")}, {"deskew": True}, {"sharpen": 2}],
    ids=["dewarped", "turned", "sharpened"],
)
def test_nothing_that_is_hidden_shows_along_the_outline_of_a_cutout(
    dtype: type, options: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restore_correct.infer.estimate_skew", lambda pixels: Skew(5.0, 1.0))
    pixels, alpha = cutout(0.7, dtype)
    result = corrected(pixels, CorrectOptions.model_validate(options), alpha)
    assert result.alpha is not None and result.pixels.dtype == dtype
    visible = result.pixels[result.alpha > 0]
    assert visible == pytest.approx(pixels[48, 48, 0], rel=1e-5, abs=0)


@pytest.mark.parametrize(
    ("options", "note"),
    [({"deskew": True}, "not turned"), ({"crop": True}, "not cropped"), ({"dewarp": True}, "No print was found")],
)
def test_what_is_not_found_is_told_and_leaves_the_picture_alone(options: dict[str, object], note: str) -> None:
    result = corrected(data.chelsea(), CorrectOptions.model_validate(options))
    assert np.array_equal(result.pixels, data.chelsea())
    assert note in result.metadata.warnings[0]


def test_given_corners_become_the_picture_in_any_order() -> None:
    one = corrected(PHOTO, CorrectOptions(corners=("50,40", "549,40", "549,339", "50,339"))).pixels
    other = corrected(PHOTO, CorrectOptions(corners=("549,339", "50,40", "50,339", "549,40"))).pixels
    assert np.array_equal(one, other)
    assert one.shape[1] / one.shape[0] == pytest.approx(499 / 299, rel=0.01)


def test_places_outside_the_picture_are_refused() -> None:
    with pytest.raises(InputError, match="lie outside"):
        corrected(PHOTO, CorrectOptions(corners=("0,0", "700,0", "700,300", "0,300")))
    with pytest.raises(InputError, match="no pixel at 700,3"):
        corrected(PHOTO, CorrectOptions(neutral="700,3"))


def test_not_a_number_is_refused() -> None:
    with pytest.raises(InputError, match="NaN"):
        corrected(np.full((4, 4, 1), np.nan, np.float32), CorrectOptions(gamma=2))


@pytest.mark.filterwarnings("error")
def test_values_so_large_that_they_would_become_infinite_are_refused() -> None:
    with pytest.raises(InputError, match="too large"):
        corrected(np.full((4, 4, 1), 1e38, np.float32), CorrectOptions(exposure=5))


@pytest.mark.parametrize("size", [(300, 451), (451, 300), (10, 900)])
def test_no_result_has_more_pixels_than_was_said(size: tuple[int, int]) -> None:
    tall, wide = CorrectOptions(deskew=True).output_size(*size)
    for angle in (-15, 7, 15):
        result = turn(np.zeros((*size, 1), np.uint8), angle, "fill", (0.0,))
        assert result.size <= tall * wide
    assert CorrectOptions(deskew=True, edges="crop").output_size(*size) == size


def test_the_command_line_takes_four_corners(tmp_path: Path) -> None:
    PillowImage.fromarray(PHOTO).save(tmp_path / "a.png")
    corners = ["--corners", "50,40", "549,40", "549,339", "50,339"]
    assert main(["correct", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png"), *corners]) == ExitCode.OK
    with PillowImage.open(tmp_path / "b.png") as result:
        assert result.size == (499, 299)
