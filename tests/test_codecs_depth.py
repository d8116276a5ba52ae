"""Rounding between depths."""

from __future__ import annotations

import numpy as np
import pytest

from restore.codecs.depth import Outside, outside, stretch, to_uint8, to_uint16, unstretch


def test_16_to_8_bit_rounds_to_the_nearest() -> None:
    values = np.arange(65536, dtype=np.uint16)
    assert np.array_equal(to_uint8(values), np.rint(values / 257).astype(np.uint8))


def test_8_to_16_bit_and_back_is_exact() -> None:
    values = np.arange(256, dtype=np.uint8)
    assert to_uint16(values).max() == 65535
    assert np.array_equal(to_uint8(to_uint16(values)), values)


def test_floating_point_is_clipped_and_rounded() -> None:
    values = np.array([-np.inf, -0.1, 0.0, 0.499 / 255, 0.501 / 255, 1.0, 1.5, np.inf, np.nan], np.float32)
    assert to_uint8(values).tolist() == [0, 0, 0, 0, 1, 255, 255, 255, 0]
    assert to_uint16(values)[[0, 5, 7, 8]].tolist() == [0, 65535, 65535, 0]


@pytest.mark.parametrize("largest", [1, 3, 15, 100, 255, 1023, 4095, 65535])
def test_few_levels_fill_the_whole_range_and_come_back(largest: int) -> None:
    values = np.arange(largest + 1, dtype=np.uint16 if largest > 255 else np.uint8)
    stretched = stretch(values, largest)
    white = np.iinfo(stretched.dtype).max
    assert np.array_equal(stretched, np.floor(values.astype(float) * white / largest + 0.5).astype(stretched.dtype))
    if largest > 255:
        assert np.array_equal(unstretch(stretched, largest), values)


def test_values_above_white_are_white() -> None:
    assert stretch(np.array([20], np.uint8), 15).tolist() == [255]


def test_what_lies_outside_is_counted_over_all_rows_but_not_what_rounding_mends() -> None:
    values = np.full((600, 10, 1), 0.5, np.float32)
    values[:6], values[300:312], values[599] = -1.0, 250.0, np.nan
    values[20], values[21] = 1.0 + 0.4 / 255, -0.4 / 255
    assert outside(values, 255) == Outside(below=6 / 600, above=12 / 600, nan=1 / 600)
    assert outside(values, 65535) == Outside(below=7 / 600, above=13 / 600, nan=1 / 600)
