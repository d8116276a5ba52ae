"""Hand-held frames brought over each other again: how near, and what happens where nothing can be found."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from restore.errors import InputError
from restore.image import Image, Pixels, SeriesKind
from restore.series import alignment
from restore.series.alignment import align, place_of, reference_of
from restore.series.coarse import View
from restore.series.geometry import Matrix, moved, shift
from restore.series.reduction import factor_to, grey_of, reduced

Floats = npt.NDArray[np.float32]
PATHS = [Path("a.jpg"), Path("b.jpg"), Path("c.jpg")]
HEIGHT, WIDTH, ROOM = 380, 500, 60
"""Size of the frames, and what of the photograph lies round them."""


def light(photograph: npt.NDArray[np.uint8]) -> Floats:
    """A photograph in linear light, as large as a frame with room round it."""
    size = WIDTH + 2 * ROOM, HEIGHT + 2 * ROOM
    found: Floats = cv2.resize(photograph, size, interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
    return found**2.2


@pytest.fixture(scope="module", params=["coffee", "astronaut"])
def scene(request: pytest.FixtureRequest) -> Floats:
    """Photographs of scikit-image."""
    return light(getattr(data, request.param)())


def handheld(x: float, y: float, degrees: float, zoom: float = 1.0) -> Matrix:
    """Where the reference's pixels are in a frame whose camera was shifted, turned about the middle, and breathed."""
    turn = np.vstack([cv2.getRotationMatrix2D(((WIDTH - 1) / 2, (HEIGHT - 1) / 2), degrees, zoom), [0, 0, 1]])
    result: Matrix = shift(x, y) @ turn
    return result


def seen_from(scene: Floats, place: Matrix) -> Floats:
    """What such a camera sees of the scene."""
    whole = shift(ROOM, ROOM) @ np.linalg.inv(place)
    found: Floats = cv2.warpPerspective(
        scene, whole, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT
    )
    return found


def developed(linear: Floats, steps: float = 0.0, seed: int = 0, white: int = 255) -> Image:
    """A frame of this light: exposed, noisy, clipped, in a display's gamma."""
    exposed = linear * 2.0**steps
    noise = np.random.default_rng(seed).normal(0, 1, exposed.shape) * np.sqrt(1e-4 * exposed.clip(0) + 1e-5)
    values = (exposed + noise).clip(0, 1) ** (1 / 2.2) * white
    return Image(np.rint(values).astype(np.uint8 if white == 255 else np.uint16))


def half_blurred(linear: Floats, sharp: Floats) -> Floats:
    """Light out of focus where `sharp` (H, W), 0 to 1, is 0."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)).astype(np.float32)
    result: Floats = linear * sharp[..., None] + cv2.filter2D(linear, -1, disc / disc.sum()) * (1 - sharp[..., None])
    return result


def error(one: Image, other: Image, kind: SeriesKind, truth: Matrix) -> float:
    """By how many pixels the place that is found for a frame is off, at most, over the picture but its margin."""
    factor = factor_to(HEIGHT, WIDTH, alignment.EDGE)
    views = (View.of(grey_of(reduced(one, factor)), kind), View.of(grey_of(reduced(other, factor)), kind))
    found = place_of((one, other), views, kind)
    grid = np.stack(np.meshgrid(np.linspace(40, WIDTH - 40, 6), np.linspace(40, HEIGHT - 40, 5)), axis=-1).reshape(
        -1, 2
    )
    return float(np.linalg.norm(moved(grid, found.matrix) - moved(grid, truth), axis=1).max())


@pytest.mark.parametrize("steps", [-2.0, 2.0])
def test_a_hand_held_bracket_comes_back_to_a_part_of_a_pixel(scene: Floats, steps: float) -> None:
    truth = handheld(24, -18, 1.5)  # 30 pixels
    one, other = developed(seen_from(scene, handheld(0, 0, 0)), seed=1), developed(seen_from(scene, truth), steps, 2)
    assert error(one, other, SeriesKind.EXPOSURE, truth) < 0.3


def test_a_hand_held_focus_pair_that_breathes_comes_back_to_a_part_of_a_pixel(scene: Floats) -> None:
    truth = handheld(-18, 24, -1.5, zoom=1.008)
    left = np.zeros((HEIGHT, WIDTH), np.float32)
    left[:, : WIDTH // 2] = 1
    size, flags = (WIDTH, HEIGHT), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    right = 1 - cv2.warpPerspective(left, np.linalg.inv(truth), size, flags=flags)
    one = developed(half_blurred(seen_from(scene, handheld(0, 0, 0)), left), seed=1)
    other = developed(half_blurred(seen_from(scene, truth), right), seed=2)
    assert error(one, other, SeriesKind.FOCUS, truth) < 0.3


def test_frames_that_lie_right_come_back_bit_for_bit() -> None:
    linear = seen_from(light(data.coffee()), handheld(0, 0, 0))
    frames = [developed(linear, steps, seed) for steps, seed in ((0.0, 1), (-1.5, 2), (1.5, 3))]
    before = list(frames)
    assert align(frames, PATHS, SeriesKind.EXPOSURE) == ()
    assert all(one is other for one, other in zip(frames, before, strict=True))


def test_all_frames_are_cropped_to_what_all_of_them_show(scene: Floats) -> None:
    places = [handheld(0, 0, 0), handheld(12, 0, 0), handheld(0, -9, 0)]
    frames = [developed(seen_from(scene, place), seed=seed) for seed, place in enumerate(places)]
    align(frames, PATHS, SeriesKind.FOCUS)
    sizes = {(frame.width, frame.height) for frame in frames}
    assert len(sizes) == 1
    [(width, height)] = sizes
    assert WIDTH - 14 <= width <= WIDTH - 12 and HEIGHT - 11 <= height <= HEIGHT - 9


def test_the_reference_is_cut_out_and_not_resampled(scene: Floats) -> None:
    frames = [developed(seen_from(scene, place), seed=1) for place in (handheld(0, 0, 0), handheld(7.5, 3.5, 0))]
    reference = frames[0].pixels
    align(frames, PATHS, SeriesKind.FOCUS)
    cut = frames[0].pixels
    _, _, (left, top), _ = cv2.minMaxLoc(cv2.matchTemplate(reference, cut, cv2.TM_SQDIFF))
    assert np.array_equal(reference[top : top + cut.shape[0], left : left + cut.shape[1]], cut)
    assert cut.shape != reference.shape


def test_the_depth_and_the_range_of_frames_are_kept(scene: Floats) -> None:
    places = handheld(0, 0, 0), handheld(5.5, 2.5, 0)
    deep = [developed(seen_from(scene, place), seed=1, white=65535) for place in places]
    floats = [Image((frame.pixels / 65535).astype(np.float32)) for frame in deep]
    align(deep, PATHS, SeriesKind.FOCUS)
    align(floats, PATHS, SeriesKind.FOCUS)
    assert deep[1].pixels.dtype == np.uint16 and len(np.unique(deep[1].pixels)) > 10_000
    assert floats[1].pixels.dtype == np.float32 and floats[1].pixels.min() >= 0 and floats[1].pixels.max() <= 1


@pytest.mark.parametrize("kind", [SeriesKind.EXPOSURE, SeriesKind.FOCUS])
def test_frames_of_different_scenes_are_an_error_that_names_both(kind: SeriesKind) -> None:
    frames = [developed(seen_from(light(photo), handheld(0, 0, 0))) for photo in (data.coffee(), data.astronaut())]
    with pytest.raises(InputError, match=r"(?s)b\.jpg: shows nothing in common with a\.jpg.*--no-align"):
        align(frames, PATHS, kind)


def test_frames_that_overlap_too_little_are_an_error_that_names_both(scene: Floats) -> None:
    wide = cv2.copyMakeBorder(scene, 0, 0, 0, 0, cv2.BORDER_REFLECT)
    one, other = (wide[: HEIGHT // 2, left : left + WIDTH // 2] for left in (0, 195))
    frames = [developed(np.ascontiguousarray(each)) for each in (one, other)]
    with pytest.raises(InputError, match=r"b\.jpg: (overlaps too little|shows nothing in common) with a\.jpg"):
        align(frames, PATHS, SeriesKind.FOCUS)


def test_what_cannot_be_told_stays_and_is_said(scene: Floats) -> None:
    dark = Image(np.random.default_rng(0).integers(0, 3, (HEIGHT, WIDTH, 3)).astype(np.uint8))
    frames = [developed(seen_from(scene, handheld(0, 0, 0))), dark]
    [sentence] = align(frames, PATHS, SeriesKind.EXPOSURE)
    assert frames[1] is dark and "b.jpg could not be aligned" in sentence


def test_infrared_is_moved_only_where_that_surely_helps(scene: Floats) -> None:
    linear = seen_from(scene, handheld(0, 0, 0))
    visible = developed(linear, seed=1)
    warm = developed((1 - linear.mean(axis=2, keepdims=True)) ** 3, seed=2)
    frames = [visible, warm]
    align(frames, PATHS, SeriesKind.INFRARED)
    assert frames[1] is warm


def test_of_a_bracket_the_frame_that_shows_most_stays(scene: Floats) -> None:
    linear = seen_from(scene, handheld(0, 0, 0))
    frames = [developed(linear, steps) for steps in (-3.0, 0.0, 3.0)]
    assert reference_of(frames, SeriesKind.EXPOSURE) == 1
    assert reference_of(frames, SeriesKind.FOCUS) == 0


def test_the_end_of_a_long_bracket_is_found_over_the_frames_between(scene: Floats) -> None:
    places = [handheld(0, 0, 0), handheld(6, 4, 0.5), handheld(12, 8, 1.0)]
    frames = [
        developed(seen_from(scene, place), steps, seed)
        for seed, (place, steps) in enumerate(zip(places, (1.0, -1.5, -4.5), strict=True))
    ]
    assert align(frames, PATHS, SeriesKind.EXPOSURE) == ()
    assert all(frame.pixels.shape == frames[0].pixels.shape for frame in frames)
    assert _detail_correlation(frames[1].pixels, frames[2].pixels) > 0.8


def _detail_correlation(one: Pixels, other: Pixels) -> float:
    """How well the detail of two frames goes together, where both show something."""
    greys = [np.log2(pixels.mean(axis=2) + 4) for pixels in (one, other)]
    fine = [cv2.GaussianBlur(grey, (0, 0), 1.5) - cv2.GaussianBlur(grey, (0, 0), 6) for grey in greys]
    both = (one.max(axis=2) < 250) & (other.min(axis=2) > 12)
    return float(np.corrcoef(fine[0][both], fine[1][both])[0, 1])
