"""Local contrast grows as CLAHE says, in lightness alone, in every depth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from restore.correct.local_contrast import apply_local_curves, estimate_local_curves


def test_grey_pictures_come_out_as_with_opencv() -> None:
    photo = data.camera()
    ours = apply_local_curves(photo[..., None], estimate_local_curves(photo[..., None], 2.0))[..., 0]
    theirs = cv2.createCLAHE(2.0, (8, 8)).apply(photo)
    difference = np.abs(ours.astype(int) - theirs)
    assert difference.mean() < 2.5
    assert difference.max() <= 12
    assert np.abs(theirs.astype(int) - photo).mean() > 10


@pytest.mark.parametrize("channels", [1, 3])
def test_sixteen_bit_and_float_keep_their_fineness(channels: int) -> None:
    ramp = np.linspace(20000, 30000, 128 * 128).reshape(128, 128, 1).repeat(channels, 2)
    sixteen = ramp.astype(np.uint16)
    curves = estimate_local_curves(sixteen)
    out = apply_local_curves(sixteen, curves)
    assert out.dtype == np.uint16
    assert len(np.unique(out)) > 3000
    exact = apply_local_curves((ramp / 65535).astype(np.float32), curves)
    np.testing.assert_allclose(out / 65535, exact, atol=1e-4)


def test_colours_keep_their_hue_and_chroma() -> None:
    photo = (data.astronaut()[:256, :256] * 0.4 + 60).astype(np.float32) / 255  # so that nothing leaves the range
    out = apply_local_curves(photo, estimate_local_curves(photo, 1.5))
    before, after = (cv2.cvtColor(each, cv2.COLOR_RGB2Lab) for each in (photo, out))
    assert np.abs(after[..., 1:] - before[..., 1:]).mean() < 0.2
    assert np.abs(after[..., 0] - before[..., 0]).mean() > 4
    assert after[..., 0].std() > 1.2 * before[..., 0].std()


def test_strength_mixes_and_zero_gives_the_very_same_array() -> None:
    photo = data.camera()[..., None].astype(np.float32) / 255
    curves = estimate_local_curves(photo)
    assert apply_local_curves(photo, curves, 0) is photo
    half, whole = (apply_local_curves(photo, curves, strength) for strength in (0.5, 1))
    np.testing.assert_allclose(half, (photo + whole) / 2, atol=1e-6)


def test_the_limit_bounds_what_noise_is_multiplied_with() -> None:
    flat = np.random.default_rng(0).normal(0.5, 0.01, (256, 256, 1)).astype(np.float32)
    out = apply_local_curves(flat, estimate_local_curves(flat, 2.0))
    assert 1.5 * flat.std() < out.std() < 3.1 * flat.std()


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 7, 1), (15, 40, 3)])
def test_tiny_pictures_have_fewer_tiles(shape: tuple[int, int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    assert apply_local_curves(pixels, estimate_local_curves(pixels)).shape == shape


def test_float_values_beyond_white_move_along() -> None:
    pixels = np.full((40, 40, 3), 0.5, np.float32)
    pixels[0, 0] = 2.5
    assert apply_local_curves(pixels, estimate_local_curves(pixels))[0, 0].min() > 2
