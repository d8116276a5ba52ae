"""Where a frame lies to a part of a pixel: patches, and the simplest movement that explains them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from restore.image import Image, SeriesKind
from restore.series.coarse import View
from restore.series.fine import SIZE, Matches, Patcher, places, simplest, window
from restore.series.geometry import STILL, Matrix, moved, reach, shift
from restore.series.reduction import grey_of, reduced
from restore.series.warping import warped


@pytest.fixture(scope="module")
def scene() -> Image:
    """A photograph of 500 x 400 pixels."""
    return Image(cv2.resize(data.coffee(), (500, 400), interpolation=cv2.INTER_AREA))


def grid(noise: float, truth: Matrix) -> Matches:
    """48 patches that were moved, and found with an error of so many pixels; four are mistakes."""
    chance = np.random.default_rng(0)
    here = np.stack(np.meshgrid(np.linspace(40, 460, 8), np.linspace(40, 360, 6)), axis=-1).reshape(-1, 2)
    there = moved(here, truth) + chance.normal(0, noise, here.shape)
    there[:4] += 6
    return Matches(here, there)


def test_patches_lie_where_something_is_to_be_seen_away_from_the_border(scene: Image) -> None:
    half = Image(scene.pixels.copy())
    half.pixels[:, :250] = 128
    found = places(View.of(grey_of(reduced(half, 2)), SeriesKind.FOCUS), 2, 400, 500)
    assert len(found) > 10 and (found[:, 0] > 230).all() and (found[:, 0] < 500 - SIZE // 4).all()


def test_a_window_is_what_the_frame_shows_and_none_beyond_its_border(scene: Image) -> None:
    middle = np.array([250.0, 200.0])
    found = window(scene, middle, shift(10, -5), 1)
    rows, columns = slice(200 - 5 - SIZE // 2, 200 - 5 + SIZE // 2), slice(260 - SIZE // 2, 260 + SIZE // 2)
    wanted = grey_of((scene.pixels[rows, columns] / 255).astype(np.float32))
    assert found is not None and found == pytest.approx(wanted, abs=1e-4)
    assert window(scene, np.array([20.0, 200.0]), STILL, 1) is None
    assert window(scene, middle, shift(300, 0), 1) is None


@pytest.mark.parametrize("step", [1, 2])
def test_patches_are_found_to_a_part_of_a_pixel(scene: Image, step: int) -> None:
    truth, back = shift(-1.4, 0.7), shift(1.4, -0.7)
    frame = warped(scene, back)
    views = (View.of(grey_of(reduced(scene, 1)), SeriesKind.EXPOSURE),) * 2
    patcher = Patcher.of((scene, frame), views, SeriesKind.EXPOSURE)
    found = patcher.matches(places(views[0], 1, 400, 500), STILL, step)
    assert len(found.here) > 8 and found.error(truth) < 0.1


def test_the_simplest_movement_that_explains_patches_is_taken() -> None:
    turned = shift(12, -7) @ np.array([[0.999, -0.02, 0], [0.02, 0.999, 0], [0, 0, 1]])
    tilted = turned @ np.array([[1, 0, 0], [0, 1, 0], [3e-5, -4e-5, 1]])
    assert simplest(grid(0.05, STILL), 400, 500) is STILL
    for truth in (shift(3, 4), turned, tilted):
        found = simplest(grid(0.05, truth), 400, 500)
        assert found is not None and reach(found @ np.linalg.inv(truth), 400, 500) < 0.3
    shifted = simplest(grid(0.05, shift(3, 4)), 400, 500)
    assert shifted is not None and np.array_equal(shifted[:2, :2], np.eye(2))


def test_frames_that_lie_right_but_for_noise_stay() -> None:
    assert simplest(grid(0.15, shift(0.02, 0)), 400, 500) is STILL
