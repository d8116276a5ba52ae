"""Pixels become tensors and come back unchanged, at every depth."""

from __future__ import annotations

import numpy as np
import pytest

from restore.image import Pixels
from restore.toolkit.pixels import PixelReader, as_grey, in_channels, to_pixels


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_whole_value_survives_the_way_there_and_back(dtype: type) -> None:
    values: Pixels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype).reshape(-1, 256, 1)
    reader = PixelReader(values, 1, channels=1)
    assert np.array_equal(to_pixels(reader(0, reader.height, 0, 256), np.dtype(dtype)), values)


def test_float_pixels_beyond_white_are_kept() -> None:
    values = np.array([[[-0.5], [1.75]]], np.float32)
    assert np.array_equal(to_pixels(PixelReader(values, 1, 1)(0, 1, 0, 2), np.dtype(np.float32)), values)


def test_values_outside_the_range_are_clipped_at_8_bit() -> None:
    reader = PixelReader(np.array([[[-0.5], [1.75]]], np.float32), 1, channels=1)
    assert to_pixels(reader(0, 1, 0, 2), np.dtype(np.uint8)).ravel().tolist() == [0, 255]


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (9, 17)], ids=str)
def test_beyond_the_border_the_picture_is_mirrored(size: tuple[int, int]) -> None:
    pixels: Pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    reader = PixelReader(pixels, 8)
    pad = ((0, reader.height - size[0]), (0, reader.width - size[1]), (0, 0))
    expected = np.pad(pixels, pad, mode="symmetric")
    assert np.array_equal(to_pixels(reader(0, reader.height, 0, reader.width), np.dtype(np.uint8)), expected)


def test_a_grey_picture_is_given_in_three_equal_channels() -> None:
    window = PixelReader(np.full((4, 4, 1), 51, np.uint8), 4)(0, 4, 0, 4)
    assert window.shape == (1, 3, 4, 4)
    assert float(window.min()) == float(window.max()) == pytest.approx(0.2)


def test_a_grey_picture_in_three_channels_is_one_channel_on_the_way_and_nothing_is_copied_without_need() -> None:
    grey: Pixels = np.repeat(np.arange(6, dtype=np.uint8).reshape(2, 3, 1), 3, 2)
    one = as_grey(grey)
    assert one.shape == (2, 3, 1) and np.array_equal(in_channels(one, 3), grey)
    colour = grey.copy()
    colour[0, 0, 1] = 9
    assert as_grey(colour) is colour and in_channels(colour, 3) is colour
