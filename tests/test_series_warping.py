"""Frames moved in their own depth, and the rectangle that all of them show."""

from __future__ import annotations

import numpy as np
import pytest

from restore.image import Image, Pixels
from restore.series import warping
from restore.series.geometry import STILL, Matrix, corners, moved, shift
from restore.series.warping import common_box, cropped, warped


def noise(depth: type = np.uint8, channels: int = 3) -> Image:
    """A frame of chance with alpha that hides nothing, 40 rows of 60."""
    chance = np.random.default_rng(0)
    if depth is np.float32:
        return Image(chance.random((40, 60, channels), np.float32), chance.random((40, 60), np.float32))
    most = np.iinfo(depth).max
    pixels = chance.integers(0, most, (40, 60, channels), depth, endpoint=True)
    return Image(pixels, chance.integers(1, most, (40, 60), depth, endpoint=True))


@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_shift_by_whole_pixels_moves_pixels_and_alpha_and_changes_none(depth: type, channels: int) -> None:
    frame = noise(depth, channels)
    found = warped(frame, shift(5, 3))
    assert found.pixels.dtype == depth and found.alpha is not None and frame.alpha is not None
    assert np.array_equal(found.pixels[:37, :55], frame.pixels[3:, 5:])
    assert np.array_equal(found.alpha[:37, :55], frame.alpha[3:, 5:])


@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
def test_sharp_edges_do_not_ring_beyond_the_range(depth: type) -> None:
    white = 1 if depth is np.float32 else np.iinfo(depth).max
    stripes: Pixels = np.zeros((40, 60, 1), depth)
    stripes[:, ::6] = stripes[:, 1::6] = stripes[:, 2::6] = white
    found = warped(Image(stripes), shift(0.5, 0)).pixels
    assert found.min() >= 0 and found.max() <= white
    assert (found == white).any() and (found == 0).any()  # overshoot was cut off, not wrapped round


@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
def test_nothing_that_is_hidden_shows_along_the_outline_of_a_moved_cutout(depth: type) -> None:
    white = 1 if depth is np.float32 else np.iinfo(depth).max
    disc = np.hypot(*(np.mgrid[:40, :60] - np.array([20, 30])[:, None, None])) < 12
    alpha: Pixels = (disc * white).astype(depth)
    found = warped(Image(alpha[..., None].copy(), alpha), shift(0.4, -1.3))
    assert found.alpha is not None
    assert found.pixels[found.alpha > 0] == pytest.approx(white, rel=1e-5, abs=0)


def test_a_frame_moved_in_pieces_is_the_frame_moved_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, turn = noise(), np.array([[0.99, -0.03, 2.2], [0.03, 0.99, -1.4], [1e-5, 0, 1]])
    whole = warped(frame, turn).pixels
    monkeypatch.setattr(warping, "PIECE", 16)
    assert np.abs(warped(frame, turn).pixels.astype(int) - whole)[2:-2, 2:-2].max() <= 8  # positions are rounded


def test_frames_that_lie_right_have_everything_in_common() -> None:
    assert common_box([], 40, 60) == (0, 40, 0, 60)
    assert common_box([STILL], 40, 60) == (0, 40, 0, 60)


def test_shifted_frames_have_in_common_what_none_of_them_cuts_off() -> None:
    assert common_box([shift(5, 0), shift(0, -3)], 40, 60) == (3, 40, 0, 55)
    assert common_box([shift(-2.5, 1.5)], 40, 60) == (0, 38, 3, 60)


@pytest.mark.parametrize("degrees", [1.5, -4.0])
def test_the_common_part_of_turned_frames_lies_inside_all_and_is_large(degrees: float) -> None:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turn: Matrix = shift(299.5, 199.5) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ shift(-299.5, -199.5)
    box = common_box([turn], 400, 600)
    assert box is not None
    top, bottom, left, right = box
    there = moved(corners(bottom - top, right - left) + np.array([left, top]), turn)
    assert (there > -0.6).all() and (there[:, 0] < 599.6).all() and (there[:, 1] < 399.6).all()
    lost = 600 * abs(s) + 400 * abs(s)  # what turning a rectangle costs it in width and height, at most
    assert (right - left) + (bottom - top) >= 1000 - lost - 4


def test_frames_without_anything_in_common_have_no_rectangle() -> None:
    assert common_box([shift(70, 0)], 40, 60) is None


def test_a_cropped_frame_has_its_part_of_pixels_and_alpha_and_a_whole_one_is_itself() -> None:
    frame = noise()
    part = cropped(frame, (3, 20, 4, 50))
    assert np.array_equal(part.pixels, frame.pixels[3:20, 4:50]) and part.pixels.flags.c_contiguous
    assert part.alpha is not None and part.alpha.shape == (17, 46)
    assert cropped(frame, (0, 40, 0, 60)) is frame
