"""The picture of a difference: its colours follow ΔE, its scale says how."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from restore.heat_map import BAR, MARGIN, SMALLEST, heat_map


def test_no_change_is_black_and_the_largest_is_bright() -> None:
    delta = np.zeros((500, 600), np.float32)
    delta[:100] = 4
    pixels = heat_map(delta).pixels
    assert pixels[300, 300].sum() < 20
    assert pixels[50, 300].sum() > 550


def test_brightness_grows_with_the_change() -> None:
    delta = np.tile(np.linspace(0, 8, 600, dtype=np.float32), (500, 1))
    row = heat_map(delta).pixels[10]
    lightness = cv2.cvtColor(row[None].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[0, :, 0]
    assert (np.diff(lightness) > -0.3).all()  # steps of an 8-bit table


def test_below_the_map_lies_the_scale_with_all_its_colours() -> None:
    delta = np.zeros((500, 600), np.float32)
    pixels = heat_map(delta).pixels
    bar = pixels[500 + MARGIN + BAR // 2, MARGIN : 600 - MARGIN]
    assert len(np.unique(bar, axis=0)) > 200
    labels = pixels[500 + MARGIN + BAR :]
    assert (labels.min(axis=(0, 2)) < 100).any(), "there are numbers"
    assert (pixels[-1] == 255).all(), "nothing is cut off at the bottom"
    assert (labels[:, :4] == 255).all() and (labels[:, -4:] == 255).all(), "nor at the sides"


def test_a_few_extremes_do_not_set_the_scale() -> None:
    delta = np.full((500, 600), 1.0, np.float32)
    delta[0, :100] = 90
    assert heat_map(delta).pixels[250, 250].sum() > 500


def test_scales_differ_by_their_numbers() -> None:
    dim, strong = (heat_map(np.full((500, 600), top, np.float32)).pixels for top in (1.0, 8.0))
    assert (dim[:500] == strong[:500]).all()
    assert (dim[500:] != strong[500:]).any()


@pytest.mark.parametrize("shape", [(1, 1), (16, 24), (300, 7), (7, 300), (700, 30)])
def test_small_and_narrow_maps_are_large_enough_to_read(shape: tuple[int, int]) -> None:
    pixels = heat_map(np.ones(shape, np.float32)).pixels
    assert pixels.shape[1] >= SMALLEST
    assert max(pixels.shape) < 1000
