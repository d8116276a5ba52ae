"""Casts, fading and grey pictures are found, and told apart."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch
from skimage import data

from restore.degrade import colour_cast, fading
from restore.diagnose import ColourCast, diagnose_cast, diagnose_fading, diagnose_grey

Bytes = npt.NDArray[np.uint8]
GREEN = 2 * math.pi / 3
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")


def photograph(name: str) -> Bytes:
    return np.ascontiguousarray(getattr(data, name)())


def changed(pixels: Bytes, *, cast: float = 0.0, hue: float = GREEN, fade: float = 0.0) -> Bytes:
    pictures = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    faded, tint, strength, at = (torch.full((1, 1, 1, 1), value) for value in (fade, 0.3, cast, hue))
    pictures = colour_cast(fading(pictures, faded, tint), strength, at)
    return (pictures[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()


def cast_of(pixels: Bytes) -> ColourCast:
    return diagnose_cast(pixels, diagnose_grey(pixels))


def sepia(grey: Bytes) -> Bytes:
    return np.rint(np.stack([grey * 0.95 + 12, grey * 0.9 + 6, grey * 0.75], axis=2)).astype(np.uint8)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_sound_photographs_have_neither_cast_nor_fading(name: str) -> None:
    assert cast_of(photograph(name)).confidence < 0.5
    assert diagnose_fading(photograph(name)).confidence < 0.5


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_a_cast_is_a_cast_and_no_fading(name: str) -> None:
    pixels = changed(photograph(name), cast=1.6)
    assert cast_of(pixels).confidence > 0.5
    assert cast_of(pixels).gains.green < 1
    assert diagnose_fading(pixels).confidence < 0.5


@pytest.mark.parametrize("strength", [0.65, 0.8])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_fading_is_fading_and_no_cast(name: str, strength: float) -> None:
    pixels = changed(photograph(name), fade=strength)
    assert diagnose_fading(pixels).confidence > 0.5
    assert cast_of(pixels).confidence < 0.5


def test_both_are_found_together() -> None:
    pixels = changed(photograph("coffee"), cast=1.6, fade=0.6)
    assert cast_of(pixels).confidence > 0.5
    assert diagnose_fading(pixels).confidence > 0.5


def test_more_fading_makes_black_paler_and_leaves_white() -> None:
    found = [diagnose_fading(changed(photograph("astronaut"), fade=fade)) for fade in (0.0, 0.3, 0.5, 0.7)]
    blacks = [each.black for each in found]
    assert blacks == sorted(blacks)
    assert min(each.white for each in found) > 0.95


def test_a_dark_picture_has_weak_contrast_but_is_not_faded() -> None:
    found = diagnose_fading(photograph("coffee") // 3)
    assert found.low_contrast > 0.5
    assert found.confidence == 0


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_colour_photographs_are_not_grey(name: str) -> None:
    found = diagnose_grey(photograph(name))
    assert not found.grey
    assert found.confidence > 0.5


def test_grey_is_grey_in_one_channel_and_in_three() -> None:
    camera = np.ascontiguousarray(data.camera())
    for pixels in (camera[:, :, None], np.repeat(camera[:, :, None], 3, axis=2)):
        found = diagnose_grey(pixels)
        assert (found.grey, found.tinted, found.confidence) == (True, False, 1.0)
        assert cast_of(pixels).confidence == 0


def test_toned_prints_are_grey_with_a_tint_and_that_is_no_cast() -> None:
    pixels = sepia(np.ascontiguousarray(data.camera()))
    found = diagnose_grey(pixels)
    assert found.tinted
    assert found.tint[0] > 0 > found.tint[2]
    assert cast_of(pixels).confidence == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (64, 64)], ids=str)
def test_in_one_even_colour_nothing_is_found(shape: tuple[int, int], value: int) -> None:
    pixels = np.full((*shape, 3), value, np.uint8)
    assert cast_of(pixels).confidence == 0
    assert diagnose_fading(pixels).confidence == 0
