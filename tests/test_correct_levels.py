"""Black and white are found and put where they belong, for each channel or for all together."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from restore.correct.levels import Levels, apply_levels, estimate_fading, estimate_levels
from restore.image import Pixels

BLACK, WHITE = np.array([0.2, 0.15, 0.1]), np.array([0.85, 0.7, 0.6])


def full() -> Pixels:
    """A photograph from black to white in every channel."""
    photo: Pixels = data.astronaut()[:300].astype(np.float32) / 255
    return apply_levels(photo, estimate_levels(photo, joint=False)).clip(0, 1)


def faded() -> Pixels:
    result: Pixels = (BLACK + full() * (WHITE - BLACK)).astype(np.float32)
    return result


def test_fading_is_found_channel_by_channel_and_undone() -> None:
    found = estimate_fading(faded())
    np.testing.assert_allclose(found.levels.black, BLACK, atol=0.01)
    np.testing.assert_allclose(found.levels.white, WHITE, atol=0.01)
    assert found.confidence > 0.5
    np.testing.assert_allclose(apply_levels(faded(), found.levels), full(), atol=0.02)


def test_specks_that_fell_on_a_faded_picture_are_not_its_black_and_white() -> None:
    dusty = faded()
    dusty[10:20, 10:30], dusty[40:50, 60:80] = 0.01, 0.99  # 0.13 % each
    clean, found = estimate_levels(faded(), joint=False), estimate_levels(dusty, joint=False, specks=True)
    np.testing.assert_allclose(found.black, clean.black, atol=0.03)
    np.testing.assert_allclose(found.white, clean.white, atol=0.03)
    np.testing.assert_allclose(estimate_levels(dusty, joint=False).black, 0.01, atol=0.01)
    dusty[60:160, 60:160] = 0.01  # 6.5 %: no specks any more
    np.testing.assert_allclose(estimate_levels(dusty, joint=False, specks=True).black, 0.01, atol=0.01)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "camera"])
def test_what_is_not_faded_is_known_for_it(name: str) -> None:
    photo = getattr(data, name)()
    assert estimate_fading(photo.reshape(*photo.shape[:2], -1)).confidence < 0.1


def test_a_joint_stretch_keeps_the_colours() -> None:
    levels = estimate_levels(faded(), joint=True)
    assert len(set(levels.black)) == len(set(levels.white)) == 1
    stretched = apply_levels(faded(), levels)
    before, after = faded().reshape(-1, 3), stretched.reshape(-1, 3)
    np.testing.assert_allclose(
        np.ptp(after, axis=1) * (levels.white[0] - levels.black[0]), np.ptp(before, axis=1), atol=1e-5
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_whole_numbers_are_stretched_in_their_own_depth(dtype: type) -> None:
    white = np.iinfo(dtype).max
    pixels: Pixels = (faded() * white).round().astype(dtype)
    out = apply_levels(pixels, Levels(tuple(BLACK), tuple(WHITE)))
    assert out.dtype == dtype
    np.testing.assert_allclose(out / white, full(), atol=1.2 / 255 if dtype is np.uint8 else 1e-4)
    if dtype is np.uint16:
        assert len(np.unique(out)) > 256


def test_strength_moves_black_and_white_part_of_their_way() -> None:
    pixels, levels = faded(), Levels((0.2,) * 3, (0.8,) * 3)
    assert apply_levels(pixels, levels, 0) is pixels
    half = apply_levels(np.array([[[0.1], [0.9]]], np.float32), Levels((0.2,), (0.8,)), 0.5)
    np.testing.assert_allclose(half.ravel(), [0, 1], atol=1e-6)


def test_a_picture_with_nothing_in_it_is_left_alone() -> None:
    flat = (np.random.default_rng(0).normal(120, 3, (50, 60, 3))).astype(np.uint8)
    for joint in (False, True):
        assert apply_levels(flat, estimate_levels(flat, joint=joint)) is flat
    assert estimate_fading(flat).confidence == 0


def test_one_channel_without_contrast_is_no_reason_for_a_new_cast() -> None:
    pixels = faded()
    pixels[..., 2] = 0.3
    assert estimate_levels(pixels, joint=False) == Levels((0.0,) * 3, (1.0,) * 3)
