"""How much of a picture's resolution is there, measured where it is known."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from restore.diagnose import estimate_resolution

Bytes = npt.NDArray[np.uint8]
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket", "camera")


def photograph(name: str) -> Bytes:
    pixels = np.ascontiguousarray(getattr(data, name)())
    return pixels.reshape(*pixels.shape[:2], -1)


def enlarged(pixels: Bytes, scale: float, interpolation: int) -> Bytes:
    large = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8)
    return large.reshape(*large.shape[:2], -1)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_as_they_are_have_all_of_it(name: str) -> None:
    found = estimate_resolution(photograph(name))
    height, width = photograph(name).shape[:2]
    assert (found.share, found.width, found.height) == (1, width, height)


@pytest.mark.parametrize("interpolation", [cv2.INTER_CUBIC, cv2.INTER_LANCZOS4])
@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_enlarged_ones_have_what_they_had_before(name: str, scale: int, interpolation: int) -> None:
    found = estimate_resolution(enlarged(photograph(name), scale, interpolation))
    assert found.share == pytest.approx(1 / scale, rel=0.45)
    assert found.share < 0.75
    assert found.confidence > 0.5


def test_what_was_enlarged_along_one_axis_is_poor_along_that_one() -> None:
    pixels = photograph("astronaut")
    wide = cv2.resize(pixels, None, fx=2, fy=1, interpolation=cv2.INTER_LANCZOS4)
    found = estimate_resolution(wide)
    assert found.width < 0.7 * wide.shape[1]
    assert found.height == wide.shape[0]


def test_noise_that_hides_the_end_takes_the_confidence() -> None:
    large = enlarged(photograph("camera"), 2, cv2.INTER_CUBIC)
    spoilt = np.rint(np.clip(large + np.random.default_rng(0).normal(0, 40, large.shape), 0, 255)).astype(np.uint8)
    assert estimate_resolution(spoilt, noise=40).confidence < 0.5


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (127, 500), (256, 256)], ids=str)
def test_where_there_is_nothing_to_tell_by_nothing_is_claimed(shape: tuple[int, int]) -> None:
    found = estimate_resolution(np.full((*shape, 3), 90, np.uint8))
    assert (found.share, found.confidence) == (1, 0)
