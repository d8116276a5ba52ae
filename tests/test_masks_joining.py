"""The one place where a filling meets its picture: what is outside the mask is the picture's, bit for bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from restore.image import Image, Metadata
from restore.masks.growing import grown
from restore.masks.joining import put_back

MASK = np.zeros((600, 40), np.bool_)
MASK[500:530, 10:25] = True
META = Metadata("PNG", icc=b"profile", warnings=("damaged EXIF",))


def picture(dtype: type, channels: int = 3, seed: int = 0) -> Image:
    values = np.random.default_rng(seed).random((600, 40, channels))
    white = 1.5 if dtype is np.float32 else np.iinfo(dtype).max
    return Image((values * white).astype(dtype), metadata=META)


@pytest.mark.parametrize("feather", [0, 3])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_outside_the_mask_every_bit_is_the_pictures(dtype: type, channels: int, feather: int) -> None:
    given, filled = picture(dtype, channels), picture(dtype, channels, seed=1)
    before, filling = given.pixels.copy(), filled.pixels.copy()
    joined = put_back(given, filled, MASK, feather=feather)
    assert joined.pixels.dtype == dtype
    assert joined.pixels[~MASK].tobytes() == before[~MASK].tobytes()
    deep = ~grown(~MASK, feather)
    assert deep.any() and np.array_equal(joined.pixels[deep], filling[deep])
    assert np.array_equal(given.pixels, before), "the picture read is needed again"


def test_the_seam_rises_evenly_from_picture_to_filling() -> None:
    white = Image(np.full((600, 40, 1), 200, np.uint8))
    joined = put_back(Image(np.full((600, 40, 1), 100, np.uint8)), white, MASK, feather=3)
    assert joined.pixels[515, 8:15, 0].tolist() == [100, 100, 125, 150, 175, 200, 200]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_where_the_picture_holds_no_number_in_the_seam_the_filling_stands_alone(broken: float) -> None:
    given, filled = picture(np.float32), picture(np.float32, seed=1)
    sound = put_back(given, filled, MASK, feather=3).pixels.copy()
    given.pixels[515, 10, 1] = given.pixels[515, 17, 0] = given.pixels[0, 0, 2] = broken
    joined = put_back(given, picture(np.float32, seed=1), MASK, feather=3)
    assert np.array_equal(joined.pixels[515, [10, 17]], picture(np.float32, seed=1).pixels[515, [10, 17]])
    assert joined.pixels[~MASK].tobytes() == given.pixels[~MASK].tobytes(), "outside it stays what it was"
    others = MASK.copy()
    others[515, [10, 17]] = False
    assert np.array_equal(joined.pixels[others], sound[others])


def test_what_was_missing_shows_through_nowhere() -> None:
    """The seam lies in what grow and feather have added, never in the damage itself."""
    damage = np.zeros((600, 40), np.bool_)
    damage[100:400, 20] = damage[300, 5:35] = True
    given = np.full((600, 40, 1), 60, np.uint8)
    given[damage] = 255
    joined = put_back(Image(given), Image(np.full_like(given, 60)), grown(damage, 1 + 4), feather=4)
    assert (joined.pixels == 60).all()


def test_a_restorer_that_returns_the_picture_itself_or_a_locked_array_is_served() -> None:
    given = picture(np.uint8)
    before = given.pixels.copy()
    assert np.array_equal(put_back(given, given, MASK).pixels, before)
    locked = picture(np.uint8, seed=1)
    locked.pixels.flags.writeable = False
    assert np.array_equal(put_back(given, locked, MASK).pixels[MASK], locked.pixels[MASK])
    assert np.array_equal(given.pixels, before)


def test_alpha_and_metadata_are_the_pictures_and_warnings_the_restorers() -> None:
    alpha = np.random.default_rng(2).integers(0, 256, (600, 40)).astype(np.uint8)
    given = replace(picture(np.uint8), alpha=alpha)
    filled = replace(picture(np.uint8, seed=1), metadata=Metadata("JPEG", warnings=("the hole is large",)))
    joined = put_back(given, filled, MASK)
    assert joined.alpha is not None and np.array_equal(joined.alpha, alpha)
    assert joined.metadata == replace(META, warnings=("damaged EXIF", "the hole is large"))


def test_where_transparency_was_missing_the_result_has_none() -> None:
    given = replace(picture(np.uint16), alpha=np.where(MASK, 0, 65000).astype(np.uint16))
    joined = put_back(given, picture(np.uint16, seed=1), MASK, opaque=True)
    assert joined.alpha is None
    assert joined.pixels[~MASK].tobytes() == given.pixels[~MASK].tobytes()
    assert given.alpha is not None and not given.alpha[MASK].any(), "the picture read is needed again"
