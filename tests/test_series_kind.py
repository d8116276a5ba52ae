"""Why frames were taken, told from their pixels: photographs of scikit-image, spoilt in the ways that cameras do it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from restore.image import Image, SeriesKind
from restore.series.kind import kind_of, visible_first

Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def scene() -> Floats:
    """A photograph, 0 to 1, of 400 x 300 pixels."""
    found: Floats = cv2.resize(data.chelsea(), (400, 300), interpolation=cv2.INTER_AREA) / 255.0
    return found


def frame(pixels: npt.ArrayLike, depth: type = np.uint8) -> Image:
    """Values of 0 to 1 as a frame."""
    values = np.atleast_3d(np.asarray(pixels)).clip(0, 1)
    if depth is np.float32:
        return Image(np.ascontiguousarray(values.astype(np.float32)))
    return Image(np.ascontiguousarray(np.rint(values * np.iinfo(depth).max).astype(depth)))


def exposed(scene: Floats, steps: float) -> Floats:
    """The scene with more or less light."""
    result: Floats = ((scene**2.2) * 2.0**steps).clip(0, 1) ** (1 / 2.2)
    return result


def half_blurred(scene: Floats, left: bool) -> Floats:
    """The scene with one half out of focus."""
    blurred = cv2.GaussianBlur(scene, (0, 0), 5)
    middle = scene.shape[1] // 2
    parts = (blurred[:, :middle], scene[:, middle:]) if left else (scene[:, :middle], blurred[:, middle:])
    return np.hstack(parts)


@pytest.mark.parametrize("steps", [-3.0, -1.0, 1.0, 2.0])
def test_frames_of_different_brightness_are_of_exposure(scene: Floats, steps: float) -> None:
    assert kind_of((frame(scene), frame(exposed(scene, steps)))) is SeriesKind.EXPOSURE


@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
def test_frames_that_are_sharp_in_different_places_are_of_focus(scene: Floats, depth: type) -> None:
    frames = (frame(half_blurred(scene, True), depth), frame(half_blurred(scene, False), depth))
    assert kind_of(frames) is SeriesKind.FOCUS


def test_a_grey_frame_beside_a_coloured_one_is_infrared_also_in_a_file_of_three_channels(scene: Floats) -> None:
    warm = scene[..., 0][::-1]
    assert kind_of((frame(warm), frame(scene))) is SeriesKind.INFRARED
    assert kind_of((frame(scene), frame(np.repeat(warm[..., None], 3, axis=2)))) is SeriesKind.INFRARED


def test_two_grey_frames_that_show_other_things_are_infrared_and_two_alike_are_not(scene: Floats) -> None:
    grey = scene.mean(axis=2) * 0.8 + 0.1
    assert kind_of((frame(grey), frame(1 - grey))) is SeriesKind.INFRARED
    assert kind_of((frame(grey), frame(grey * 0.97))) is SeriesKind.FOCUS


def test_coloured_frames_of_different_scenes_are_not_taken_for_infrared(scene: Floats) -> None:
    other = cv2.resize(data.coffee(), (400, 300), interpolation=cv2.INTER_AREA) / 255.0
    assert kind_of((frame(scene), frame(other))) is not SeriesKind.INFRARED


def test_a_frame_that_is_white_nearly_all_over_is_overexposed_and_not_infrared(scene: Floats) -> None:
    assert kind_of((frame(scene), frame(exposed(scene, 9)))) is SeriesKind.EXPOSURE


@pytest.mark.parametrize("brightness", [0.0, 0.5, 1.0])
def test_frames_that_show_nothing_at_all_are_told_as_something(brightness: float) -> None:
    even = frame(np.full((40, 60), brightness))
    assert kind_of((even, even)) is SeriesKind.FOCUS


def test_a_hand_held_bracket_is_still_one(scene: Floats) -> None:
    turn = cv2.getRotationMatrix2D((200, 150), 1.5, 1.0)
    turn[:, 2] += 20
    moved = cv2.warpAffine(exposed(scene, 1.5), turn, (400, 300), borderMode=cv2.BORDER_REFLECT)
    assert kind_of((frame(scene), frame(moved))) is SeriesKind.EXPOSURE


def test_the_visible_frame_is_the_coloured_one_and_else_the_first(scene: Floats) -> None:
    grey = scene.mean(axis=2)
    assert visible_first((frame(grey), frame(scene))) == 1
    assert visible_first((frame(grey), frame(1 - grey))) == 0
