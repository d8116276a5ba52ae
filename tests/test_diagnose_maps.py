"""Where in a picture something is found."""

from __future__ import annotations

import numpy as np
import pytest

from restore.diagnose.maps import clipping_marks, noise_map
from restore.image import Image


def test_noise_is_seen_where_it_is_and_as_strong_as_it_is() -> None:
    rng = np.random.default_rng(0)
    pixels = np.full((300, 500, 3), 128.0)
    noise = rng.normal(0, 12, (300, 250, 1))
    pixels[:, 250:] += noise
    found = noise_map(np.rint(pixels).astype(np.uint8))
    left, right = found[:, : found.shape[1] // 2 - 1], found[:, found.shape[1] // 2 + 1 :]
    assert left.max() < 0.5
    assert right.mean() == pytest.approx(12, rel=0.1)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 300), (17, 4000), (3001, 15)])
def test_pictures_of_any_size_have_a_map_of_bounded_size(size: tuple[int, int]) -> None:
    found = noise_map(np.full((*size, 1), 100, np.uint8))
    assert found.size >= 1 and max(found.shape) <= 61 and found.max() == 0


def test_one_clipped_pixel_is_enough_for_a_mark() -> None:
    pixels = np.full((2000, 3000, 3), 100, np.uint8)
    pixels[1999, 2999, 1] = 255
    pixels[0, 0, 2] = 0
    black, white = clipping_marks(Image(pixels), 400)
    assert max(black.shape) <= 400 and black.shape == white.shape
    assert np.argwhere(black).tolist() == [[0, 0]] and black[0, 0] == pytest.approx(1 / 64)
    assert np.argwhere(white).tolist() == [[black.shape[0] - 1, black.shape[1] - 1]]


def test_white_is_what_it_is_in_each_depth() -> None:
    pixels = np.array([[[0.0], [0.5], [1.0], [2.0], [np.nan]]], np.float32)
    black, white = clipping_marks(Image(pixels), 10)
    assert black[0].tolist() == [1, 0, 0, 0, 0]
    assert white[0].tolist() == [0, 0, 1, 1, 0]
    assert not clipping_marks(Image(np.full((3, 3, 1), 255, np.uint16)), 10)[1].any()
