"""Colour casts are found within 5 % and undone in linear light; what is neutral stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from restore.correct.cast import NEUTRAL, Assumption, Gains, apply_gains, estimate_cast, gains_of_neutral
from restore.correct.light import to_linear
from restore.errors import InputError
from restore.image import Pixels

WARM = Gains(1.25, 1.0, 0.7)


def neutral(height: int = 240, width: int = 320) -> Pixels:
    """A picture of patches whose colours are as often one way as the other, below clipping."""
    rng = np.random.default_rng(1)
    patches = rng.uniform(0.1, 0.75, (height // 20, width // 20, 3))
    patches[1::2] = patches[::2][..., [1, 2, 0]]
    patches[::3] = patches[::3].mean(axis=2, keepdims=True)
    return (patches.repeat(20, 0).repeat(20, 1) * 255).round().astype(np.uint8)


def undone(found: Gains, applied: Gains) -> float:
    """The largest error of a channel's gain, as a share, whatever the common brightness."""
    product = found.array * applied.array
    return float(np.abs(product / np.exp(np.log(product).mean()) - 1).max())


@pytest.mark.parametrize("assumption", ["grey-world", "shades-of-grey"])
@pytest.mark.parametrize("cast", [WARM, Gains(0.8, 1.0, 1.2), Gains(0.9, 1.1, 0.95)])
def test_a_cast_is_found_within_five_percent(assumption: Assumption, cast: Gains) -> None:
    assert undone(estimate_cast(apply_gains(neutral(), cast), assumption).gains, cast) < 0.05


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_a_cast_on_a_photograph_is_found_beside_the_one_it_had(name: str) -> None:
    photo = (getattr(data, name)() * 0.8).astype(np.uint8)  # so that nothing clips under the cast
    before, after = estimate_cast(photo).gains.array, estimate_cast(apply_gains(photo, WARM)).gains.array
    change = before / after
    np.testing.assert_allclose(change / change[1], WARM.array, rtol=0.05)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_cast_is_undone_in_every_depth(dtype: type) -> None:
    picture = neutral()
    pixels = (
        picture.astype(np.float32) / 255
        if dtype is np.float32
        else picture.astype(dtype) * (np.iinfo(dtype).max // 255)
    )
    cast = apply_gains(pixels, WARM)
    mended = apply_gains(cast, estimate_cast(cast).gains)
    assert mended.dtype == cast.dtype == dtype
    white = 1 if dtype is np.float32 else np.iinfo(dtype).max
    assert np.abs(mended / white - picture / 255).mean() < 0.01
    assert np.abs(cast / white - picture / 255).mean() > 0.03


def test_the_balance_of_a_neutral_picture_changes_nothing_visible() -> None:
    picture = neutral()
    cast = estimate_cast(picture, "grey-world")
    assert cast.confidence == 0
    assert np.abs(apply_gains(picture, cast.gains).astype(int) - picture).max() <= 4


def test_gains_multiply_linear_light_and_keep_the_luminance_of_grey() -> None:
    grey = np.full((4, 4, 3), 120, np.uint8)
    changed = to_linear((apply_gains(grey, Gains(2.0, 1.0, 0.5)) / 255).astype(np.float32))[0, 0]
    np.testing.assert_allclose(changed / 0.18782, [2, 1, 0.5], rtol=0.02)
    tinted = apply_gains(np.full((40, 40, 3), 120, np.uint8), WARM)
    mended = apply_gains(tinted, estimate_cast(tinted).gains).astype(int)
    before = to_linear((tinted[0, 0] / 255).astype(np.float32)) @ [0.2126, 0.7152, 0.0722]
    assert np.ptp(mended[0, 0]) <= 1
    assert to_linear((mended[0, 0] / 255).astype(np.float32)).mean() == pytest.approx(before, rel=0.02)


def test_half_the_strength_takes_half_of_the_stops() -> None:
    picture = neutral().astype(np.float32) / 255
    twice = apply_gains(apply_gains(picture, WARM, 0.5), WARM, 0.5)
    np.testing.assert_allclose(twice, apply_gains(picture, WARM), atol=1e-4)


def test_strength_zero_and_grey_pictures_come_back_themselves() -> None:
    picture = neutral()
    assert apply_gains(picture, WARM, 0) is picture
    grey = picture[..., :1].copy()
    assert apply_gains(grey, WARM) is grey
    assert estimate_cast(grey).gains == NEUTRAL


def test_a_strong_cast_is_surer_than_none_and_than_one_coloured_thing() -> None:
    picture = neutral()
    picture[100:110] = 235
    assert estimate_cast(apply_gains(picture, Gains(1.1, 1.0, 0.55))).confidence > 0.5
    picture[:90] = (30, 160, 40)  # a lawn, below a white wall
    assert estimate_cast(picture).confidence < 0.1


def test_what_is_picked_becomes_grey() -> None:
    tinted = apply_gains(np.full((20, 30, 3), 140, np.uint8), WARM)
    tinted[:, 15:] = (200, 30, 90)
    mended = apply_gains(tinted, gains_of_neutral(tinted, 5, 10))
    assert np.ptp(mended[10, 5].astype(int)) <= 1


@pytest.mark.parametrize(
    ("value", "x", "said"),
    [
        (255, 5, "white, with a clipped channel at 5,5"),
        (0, 5, "black in some channel at 5,5"),
        (99, 30, "no pixel at 30,5"),
    ],
)
def test_a_place_that_says_nothing_about_the_light_is_refused(value: int, x: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        gains_of_neutral(np.full((20, 30, 3), value, np.uint8), x, 5)


@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_pictures_have_no_cast(value: int) -> None:
    assert estimate_cast(np.full((9, 9, 3), value, np.uint8)).gains == NEUTRAL
