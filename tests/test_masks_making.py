"""The mask of one picture: the union of all that is said to be missing, grown; or a refusal that names both sizes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restore.errors import InputError
from restore.image import Image
from restore.masks.making import MaskFile, make_mask, nothing_missing
from restore.masks.request import Box, Masking

HERE = Path("in/a.png")
FILE = Path("masks/a.png")


def picture(dtype: type = np.uint8, channels: int = 3) -> Image:
    ramp = np.linspace(0.2, 0.4, 20 * 30).reshape(20, 30, 1).repeat(channels, axis=2)
    white = 1 if dtype is np.float32 else np.iinfo(dtype).max
    return Image((ramp * white).astype(dtype))


def mask_file(*boxes: tuple[slice, slice], height: int = 20, width: int = 30) -> MaskFile:
    pixels = np.zeros((height, width, 1), np.uint8)
    for box in boxes:
        pixels[box] = 255
    return MaskFile(FILE, Image(pixels))


def test_everything_given_is_missing_together() -> None:
    image = picture()
    image.pixels[1, 1] = (255, 0, 255)
    alpha = np.full((20, 30), 255, np.uint8)
    alpha[2, 2], alpha[3, 3], alpha[4, 4] = 0, 128, 253
    masking = Masking(FILE, alpha=True, colour=(255, 0, 255), boxes=(Box(10, 10, 2, 1), Box(-1, -1, 1, 1)))
    made = make_mask(image.with_pixels(image.pixels, alpha), masking, HERE, mask_file((slice(7, 8), slice(5, 7))))
    assert {(int(y), int(x)) for y, x in np.argwhere(made)} == {
        *((1, 1), (2, 2), (3, 3), (7, 5), (7, 6), (10, 10), (10, 11), (19, 29))
    }


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_colour_is_found_at_every_depth_within_its_tolerance(dtype: type) -> None:
    image = picture(dtype)
    unit = image.white / 255
    for column, off in enumerate((0, 10, 11)):
        image.pixels[0, column] = np.array([(200 - off) * unit, 30 * unit, 100 * unit]).astype(dtype)
    exact = make_mask(image, Masking(colour=(200, 30, 100), tolerance=0), HERE)
    near = make_mask(image, Masking(colour=(200, 30, 100)), HERE)
    assert (exact[0, :4].tolist(), exact.sum()) == ([True, False, False, False], 1)
    assert (near[0, :4].tolist(), near.sum()) == ([True, True, False, False], 2)


def test_a_colour_is_no_grey() -> None:
    grey = picture(channels=1)
    grey.pixels[0, 0] = 255
    assert not make_mask(grey, Masking(colour=(255, 0, 255)), HERE).any()
    assert make_mask(grey, Masking(colour=(255, 255, 255)), HERE).sum() == 1


def test_grow_and_feather_both_enlarge_what_may_change() -> None:
    one = mask_file((slice(10, 11), slice(15, 16)))
    assert make_mask(picture(), Masking(FILE, grow=1), HERE, one).sum() == 5
    sizes = [make_mask(picture(), Masking(FILE, grow=g, feather=3 - g), HERE, one).sum() for g in range(4)]
    assert sizes == [29] * 4


def test_a_mask_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(InputError) as refusal:
        make_mask(picture(), Masking(FILE), HERE, mask_file(height=20, width=31))
    assert str(refusal.value) == (
        f"{FILE}: is a mask of 31 x 20 pixels, but a.png has 30 x 20. A mask must have the picture's size, pixel for "
        "pixel."
    )


def test_a_mask_of_the_stored_picture_without_its_orientation_is_recognised() -> None:
    image = picture()
    turned = replace(image, metadata=replace(image.metadata, orientation=6))
    with pytest.raises(InputError, match=r"as it is stored, lying on its side: .* orientation \(6\)"):
        make_mask(turned, Masking(FILE), HERE, mask_file(height=30, width=20))


@pytest.mark.parametrize(
    ("masking", "file", "said"),
    [
        (Masking(FILE), mask_file((slice(None), slice(None))), f"{FILE}: is a mask of 30 x 20 .* of a.png .30 x 20"),
        (Masking(FILE, invert=True), mask_file(), f"{FILE}: is a mask of 30 x 20 .* of a.png .30 x 20"),
        (Masking(FILE, grow=40), mask_file((slice(1), slice(1))), "a.png .30 x 20 pixels. once it is grown by 40"),
        (Masking(boxes=(Box(0, 0, 99, 99),)), None, f"{HERE}: would be missing as a whole: all 30 x 20"),
    ],
)
def test_a_picture_of_which_nothing_is_left_is_refused(masking: Masking, file: MaskFile | None, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make_mask(picture(), masking, HERE, file)


def test_a_box_outside_the_picture_is_refused_with_both() -> None:
    with pytest.raises(InputError, match=f"{HERE}: has 30 x 20 pixels, and --box 40,0,5,5 lies outside"):
        make_mask(picture(), Masking(boxes=(Box(40, 0, 5, 5),)), HERE)


def test_why_nothing_is_missing_is_told() -> None:
    masking = Masking(FILE, alpha=True, colour=(255, 0, 255), tolerance=4)
    assert not make_mask(picture(), masking, HERE, mask_file()).any()
    assert nothing_missing(picture(), masking, FILE) == (
        f"Nothing is missing, so nothing was filled: its mask {FILE} is black all over and it has no transparency and "
        "nothing in it has the colour #ff00ff (tolerance 4)."
    )
