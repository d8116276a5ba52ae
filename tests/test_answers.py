"""What a restorer returns is held to what it says of itself: a picture as it came, or a mask in black and white."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from restore.answers import checked
from restore.errors import PluginError
from restore.image import Image, Metadata, Restoration
from restore.spec import Companion, Makes, Options, RestorerSpec

PAINTER = RestorerSpec("painter", "denoise", "Paints.", Options, lambda weights, runtime: pytest.fail())
SPOTTER = replace(PAINTER, name="spotter", makes=Makes.MASK)
PHOTO = Image(
    np.zeros((300, 4, 3), np.uint16),
    metadata=Metadata(source_format="TIFF", exif=b"place", orientation=6, modified_ns=1, warnings=("Damaged EXIF.",)),
)
MASK = np.zeros((300, 4, 1), np.uint8)


def test_a_picture_is_taken_as_it_came() -> None:
    assert checked(PHOTO, PHOTO, PAINTER, Options()) == Restoration(PHOTO)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([PHOTO], "returned a list instead of a picture"),
        (Image(PHOTO.pixels[1:]), r"returned \(299, 4, 3\) uint16 where \(300, 4, 3\) uint16 was due"),
        (Image(PHOTO.pixels.astype(np.uint8)), r"returned \(300, 4, 3\) uint8 where"),
        (Restoration(PHOTO, (PHOTO,)), "returned 1 companions where it promised 0"),
    ],
)
def test_another_picture_than_was_due_is_refused(answer: object, said: str) -> None:
    with pytest.raises(PluginError, match=f"the model 'painter' {said}"):
        checked(answer, PHOTO, PAINTER, Options())


CROPPER = replace(PAINTER, size_is_found=lambda options: True)


def test_a_size_that_is_found_in_the_picture_may_be_any_up_to_the_largest() -> None:
    smaller = Image(PHOTO.pixels[100:, 1:])
    assert checked(smaller, PHOTO, CROPPER, Options()).image is smaller
    turned = Image(PHOTO.pixels.reshape(4, 300, 3))
    assert checked(turned, PHOTO, CROPPER, Options()).image is turned


@pytest.mark.parametrize("answer", [PHOTO.pixels.repeat(2, 0), PHOTO.pixels[..., :1], PHOTO.pixels.astype(np.uint8)])
def test_a_size_that_is_found_does_not_excuse_more_pixels_another_depth_or_other_channels(answer: np.ndarray) -> None:
    with pytest.raises(PluginError, match=r"where at most 300 x 4 in 3 channels uint16 was due"):
        checked(Image(answer), PHOTO, CROPPER, Options())


def test_a_mask_holds_nothing_of_the_picture_but_what_there_is_to_warn_of() -> None:
    new = replace(PHOTO.metadata, warnings=("Damaged EXIF.", "Very dark."))
    mask = checked(Image(MASK, metadata=new), PHOTO, SPOTTER, Options()).image
    assert mask.metadata == Metadata(warnings=("Damaged EXIF.", "Very dark."))
    assert mask.pixels is MASK


def one(value: int, dtype: type = np.uint8) -> np.ndarray:
    """A mask with this value in its last row."""
    mask: np.ndarray = MASK.astype(dtype)
    mask[-1, -1] = value
    return mask


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PHOTO, r"returned \(300, 4, 3\) uint16"),
        (Image(MASK[1:]), r"returned \(299, 4, 1\) uint8"),
        (Image(one(1, np.uint16)), r"returned \(300, 4, 1\) uint16"),
        (Image(one(1)), "returned a mask with other values than 0 and 255"),
        (Image(one(254)), "returned a mask with other values than 0 and 255"),
        (Image(MASK, MASK[..., 0]), "returned a mask with transparency"),
    ],
)
def test_what_is_no_mask_of_the_picture_is_refused(answer: Image, said: str) -> None:
    with pytest.raises(PluginError, match=rf"{said} where a mask was due: \(300, 4, 1\) uint8, 0 or 255"):
        checked(answer, PHOTO, SPOTTER, Options())
    assert checked(Image(one(255)), PHOTO, SPOTTER, Options()).image.pixels.sum() == 255


def test_what_lies_beside_a_mask_is_checked_too() -> None:
    with_map = replace(SPOTTER, companions=lambda options: (Companion("probability", ".tif"),))
    with pytest.raises(PluginError, match=r"returned 0 companions where it promised 1 \(probability\.tif\)"):
        checked(Image(MASK), PHOTO, with_map, Options())
    assert len(checked(Restoration(Image(MASK), (Image(MASK),)), PHOTO, with_map, Options()).companions) == 1
