"""Pictures as a screen shows them."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.display import BINS, Box, as_webp, histogram, overview, part
from restore.image import Image, Metadata


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_every_depth_is_shown_in_the_same_eight_bits(dtype: type) -> None:
    white = 1.0 if dtype is np.float32 else np.iinfo(dtype).max
    shown = overview(Image(np.full((300, 200, 3), 0.5 * white).astype(dtype)), 100)
    assert shown.shape == (100, 67, 3) and shown.dtype == np.uint8
    assert abs(int(shown.mean()) - 128) <= 1


def test_small_pictures_keep_their_size_and_grey_stays_grey() -> None:
    assert overview(Image(np.zeros((20, 30, 1), np.uint8)), 100).shape == (20, 30, 1)


def test_transparency_is_shown_as_such() -> None:
    alpha = np.zeros((20, 30), np.uint8)
    alpha[:, 15:] = 255
    shown = overview(Image(np.full((20, 30, 1), 9, np.uint8), alpha), 100)
    assert shown.shape == (20, 30, 4) and shown[0, 0].tolist() == [9, 9, 9, 0] and shown[0, -1, 3] == 255


def test_numbers_that_are_none_do_not_stop_it() -> None:
    pixels = np.full((8, 8, 3), np.nan, np.float32)
    assert overview(Image(pixels), 4).max() == 0


def test_colours_of_another_space_are_brought_to_srgb() -> None:
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 0] = 200
    wide = Image(red, metadata=Metadata(icc=imagecodecs.cms_profile("adobergb")))
    assert overview(wide, 8)[0, 0, 0] > 220, "the same numbers are a stronger red in Adobe RGB"
    broken = Image(red, metadata=Metadata(icc=b"no profile"))
    assert np.array_equal(overview(broken, 8), red)


def test_a_part_is_shown_in_its_own_pixels_or_in_squares() -> None:
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
    box = Box(2, 4, 3, 2)
    assert np.array_equal(part(Image(pixels), box), pixels[2:5, 4:6])
    assert (
        part(Image(pixels), box, 4).shape
        == (12, 8, 1)
        == part(Image(np.zeros((32, 32, 1), np.uint8)), box.times(4)).shape
    )


def test_a_histogram_has_shares_of_each_channel() -> None:
    pixels = np.zeros((10, 10, 3), np.uint8)
    pixels[:, :5, 0] = 255
    found = histogram(Image(pixels))
    assert found.counts.shape == (3, BINS) and np.allclose(found.counts.sum(axis=1), 1)
    assert found.counts[0, [0, -1]].tolist() == [0.5, 0.5]
    assert histogram(Image(np.full((9, 9, 1), 128, np.uint8))).mean == pytest.approx(128, abs=2)


def test_webp_holds_the_picture() -> None:
    shown = np.full((20, 30, 4), 120, np.uint8)
    with PillowImage.open(io.BytesIO(as_webp(shown, 80))) as found:
        assert (found.format, found.size, found.mode) == ("WEBP", (30, 20), "RGBA")
