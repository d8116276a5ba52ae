"""The even background round a print in a scan is found to the pixel; dust is no print, and prints are no dust."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from restore.correct.border import Border, apply_crop, estimate_border
from restore.image import Pixels

PHOTO = data.coffee()
HEIGHT, WIDTH = PHOTO.shape[:2]


def on_glass(background: int | tuple[int, ...], noise: float = 2) -> Pixels:
    """A photograph on a scanner's glass: 30 rows above, 45 below, 12 columns on the left, 70 on the right."""
    glass = np.empty((HEIGHT + 75, WIDTH + 82, 3), np.float64)
    glass[:] = background
    glass[30:-45, 12:-70] = PHOTO
    return (glass + np.random.default_rng(0).normal(0, noise, glass.shape)).round().clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("background", [250, (120, 130, 140)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_the_border_is_found_to_the_pixel(background: int | tuple[int, ...], dtype: type) -> None:
    scan = on_glass(background)
    scan = scan.astype(np.float32) / 255 if dtype is np.float32 else scan.astype(dtype) * (np.iinfo(dtype).max // 255)
    found = estimate_border(scan)
    expected = (30, 30 + HEIGHT, 12, 12 + WIDTH)
    assert np.abs(np.subtract((found.top, found.bottom, found.left, found.right), expected)).max() <= 1
    assert found.confidence > 0.9
    assert np.abs(np.subtract(apply_crop(scan, found).shape[:2], PHOTO.shape[:2])).max() <= 2


def test_dust_and_hairs_on_the_glass_are_no_print() -> None:
    scan = on_glass(250)
    scan[8:10, 100:300] = 60
    scan[::7, 5] = 30
    assert estimate_border(scan).top in (29, 30, 31)
    assert estimate_border(scan).left in (11, 12, 13)


def test_an_edge_that_lies_slightly_askew_is_cut_where_the_print_is_all_across() -> None:
    scan = np.full((400, 600, 1), 250, np.uint8)
    for column in range(50, 550):
        scan[60 + column // 300 : 340, column] = 90
    found = estimate_border(scan)
    assert (found.top, found.bottom) in ((60, 340), (61, 340))


@pytest.mark.parametrize("name", ["astronaut", "chelsea", "camera", "brick", "page"])
def test_pictures_without_a_border_keep_all(name: str) -> None:
    photo = getattr(data, name)()
    found = estimate_border(photo.reshape(*photo.shape[:2], -1))
    assert found.confidence < 0.5


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 1), (60, 80, 3)])
def test_what_is_nothing_but_background_has_no_border(shape: tuple[int, int, int]) -> None:
    assert estimate_border(np.full(shape, 99, np.uint8)) == Border(0, shape[0], 0, shape[1], 0.0)


def test_strength_is_a_share_of_the_border_and_zero_gives_the_very_same_array() -> None:
    scan, border = on_glass(250), Border(30, 430, 12, 612, 1.0)
    assert apply_crop(scan, border, 0) is scan
    assert apply_crop(scan, border).shape == (400, 600, 3)
    assert np.array_equal(apply_crop(scan, border, 0.5), scan[15:453, 6:647])
