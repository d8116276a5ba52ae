"""What moved in a bracket is taken from the reference; what did not stays as it is."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from restore.image import Image, Pixels
from restore.series.deghosting import deghost, learnt

HEIGHT, WIDTH = 300, 420
THERE, ELSEWHERE = (slice(60, 130), slice(60, 130)), (slice(150, 220), slice(250, 320))


@pytest.fixture(scope="module")
def linear() -> npt.NDArray[np.float64]:
    """A photograph in linear light."""
    small = cv2.resize(data.coffee(), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    found: npt.NDArray[np.float64] = (small / 255.0) ** 2.2
    return found


def shot(linear: npt.NDArray[np.float64], steps: float, *, seed: int, depth: type = np.uint8) -> Image:
    """A noisy frame of this light."""
    light = linear * 2.0**steps
    noise = np.random.default_rng(seed).normal(0, 1, light.shape) * np.sqrt(1e-4 * light + 1e-5)
    values = (light + noise).clip(0, 1) ** (1 / 2.2)
    if depth is np.float32:
        return Image(values.astype(np.float32))
    return Image(np.rint(values * np.iinfo(depth).max).astype(depth))


def with_ball(linear: npt.NDArray[np.float64], place: tuple[slice, slice]) -> npt.NDArray[np.float64]:
    """The light with a blue ball somewhere."""
    found = linear.copy()
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    middle = (place[0].start + place[0].stop) / 2, (place[1].start + place[1].stop) / 2
    found[(y - middle[0]) ** 2 + (x - middle[1]) ** 2 < 30**2] = (0.05, 0.12, 0.5)
    return found


def deviation(one: Pixels, other: Pixels, place: tuple[slice, slice], white: float) -> float:
    """The mean difference in a place, as a share of white."""
    return float(np.abs(one[place].astype(np.float64) - other[place]).mean() / white)


@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("steps", [-1.5, 1.5])
def test_of_a_ball_that_moved_no_second_one_remains(linear: npt.NDArray[np.float64], steps: float, depth: type) -> None:
    reference = shot(with_ball(linear, THERE), 0, seed=1, depth=depth)
    frame = shot(with_ball(linear, ELSEWHERE), steps, seed=2, depth=depth)
    ghost, white = frame.pixels.copy(), frame.white
    wanted = shot(with_ball(linear, THERE), steps, seed=3, depth=depth).pixels
    result, share = deghost(reference, frame)
    assert 0.02 < share < 0.15
    for place in (THERE, ELSEWHERE):
        assert deviation(ghost, wanted, place, white) > 0.08
        assert deviation(result.pixels, wanted, place, white) < 0.03
    assert result.pixels.dtype == depth


@pytest.mark.parametrize("steps", [-3.0, -1.0, 1.0, 3.0])
def test_in_a_bracket_in_which_nothing_moved_nothing_is_touched(linear: npt.NDArray[np.float64], steps: float) -> None:
    frame = shot(linear, steps, seed=2)
    before = frame.pixels.copy()
    result, share = deghost(shot(linear, 0, seed=1), frame)
    assert share <= 0.001 and (result.pixels != before).mean() <= 0.001


def test_half_a_pixel_of_misalignment_is_no_ghost(linear: npt.NDArray[np.float64]) -> None:
    off = cv2.warpAffine(linear, np.array([[1, 0, 0.5], [0, 1, 0.3]]), (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    _, share = deghost(shot(linear, 0, seed=1), shot(off, 1.0, seed=2))
    assert share <= 0.001


def test_away_from_what_moved_every_pixel_stays(linear: npt.NDArray[np.float64]) -> None:
    frame = shot(with_ball(linear, ELSEWHERE), 1.0, seed=2)
    before = frame.pixels.copy()
    result, _ = deghost(shot(linear, 0, seed=1), frame)
    far = np.ones((HEIGHT, WIDTH), np.bool_)
    far[ELSEWHERE[0].start - 30 : ELSEWHERE[0].stop + 30, ELSEWHERE[1].start - 30 : ELSEWHERE[1].stop + 30] = False
    assert np.array_equal(result.pixels[far], before[far])


def test_where_the_reference_is_white_nothing_is_known_and_the_frame_stays(linear: npt.NDArray[np.float64]) -> None:
    bright = linear.copy()
    bright[ELSEWHERE] = 4.0
    frame = shot(with_ball(bright, ELSEWHERE), -2.0, seed=2)
    before = frame.pixels.copy()
    result, _ = deghost(shot(bright, 0, seed=1), frame)
    inner = slice(ELSEWHERE[0].start + 12, ELSEWHERE[0].stop - 12), slice(255, 315)
    assert np.array_equal(result.pixels[inner], before[inner])


def test_pixels_that_cannot_be_written_are_copied_first(linear: npt.NDArray[np.float64]) -> None:
    frame = shot(with_ball(linear, ELSEWHERE), 1.0, seed=2)
    frame.pixels.setflags(write=False)
    result, share = deghost(shot(linear, 0, seed=1), frame)
    assert share > 0 and result is not frame


def test_a_grey_frame_beside_a_coloured_reference_is_deghosted_too(linear: npt.NDArray[np.float64]) -> None:
    grey = with_ball(linear, ELSEWHERE).mean(axis=2, keepdims=True)
    _, share = deghost(shot(linear, 0, seed=1), shot(grey, 1.0, seed=2))
    assert share > 0.01


def test_a_curve_never_falls_and_follows_the_exposure() -> None:
    values = np.linspace(0, 1, 65536, dtype=np.float32).reshape(256, 256)
    curve = learnt(values, np.minimum(values * 2, 1).astype(np.float32))
    assert (np.diff(curve.values) >= 0).all()
    probe = np.array([0.1, 0.25, 0.4, 0.8], np.float32)
    assert curve(probe) == pytest.approx([0.2, 0.5, 0.8, 1.0], abs=0.01)
