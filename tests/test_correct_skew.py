"""A scan's skew is found within a tenth of a degree, and undone; pictures without lines are left alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from restore.correct.skew import Skew, apply_deskew, estimate_skew
from restore.correct.warping import turn
from restore.image import Pixels


def print_on_scanner(angle: float, background: int = 245) -> Pixels:
    """A photograph that lies on a scanner's glass, turned clockwise, with the scanner's noise."""
    photo = data.coffee()
    glass = np.full((photo.shape[0] + 160, photo.shape[1] + 160, 3), background, np.uint8)
    glass[80:-80, 80:-80] = photo
    turned = turn(glass, -angle, "fill", (background,) * 3)
    noise = np.random.default_rng(0).normal(0, 2, turned.shape)
    return (turned + noise).round().clip(0, 255).astype(np.uint8)


def text(angle: float) -> Pixels:
    """A page of writing, turned clockwise."""
    page = np.full((700, 600, 1), 250, np.uint8)
    rng = np.random.default_rng(0)
    for line in range(80, 640, 26):
        words = " ".join("".join(rng.choice(list("abdefghiklmnoprstu"), 6)) for _ in range(6))
        cv2.putText(page, words, (50, line), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 20, 1, cv2.LINE_AA)
    return turn(page, -angle, "fill", (250.0,))


@pytest.mark.parametrize("angle", [3.7, -0.6, 9.1, -14.2])
def test_the_skew_of_a_print_is_found_within_a_tenth_of_a_degree(angle: float) -> None:
    found = estimate_skew(print_on_scanner(angle))
    assert found.angle == pytest.approx(angle, abs=0.1)
    assert found.confidence > 0.9


@pytest.mark.parametrize("angle", [3.7, -8.3])
def test_the_skew_of_writing_is_found_within_a_tenth_of_a_degree(angle: float) -> None:
    found = estimate_skew(text(angle))
    assert found.angle == pytest.approx(angle, abs=0.1)
    assert found.confidence > 0.5


def test_what_lies_straight_is_found_straight() -> None:
    assert abs(estimate_skew(print_on_scanner(0, 20)).angle) < 0.05
    assert abs(estimate_skew(text(0)).angle) < 0.1


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_depth_makes_no_difference(dtype: type) -> None:
    scan = print_on_scanner(3.7)
    deep = scan.astype(np.uint16) * 257 if dtype is np.uint16 else scan.astype(np.float32) / 255
    assert estimate_skew(deep).angle == pytest.approx(estimate_skew(scan).angle, abs=0.01)


def test_a_turned_scan_is_turned_back() -> None:
    scan = print_on_scanner(3.7)
    mended = apply_deskew(scan, estimate_skew(scan))
    assert abs(estimate_skew(mended).angle) < 0.1
    assert np.abs(mended[:20, :20].astype(int) - 245).max() < 12
    cropped = apply_deskew(scan, estimate_skew(scan), "crop")
    assert cropped.shape[0] < scan.shape[0] < mended.shape[0]


@pytest.mark.parametrize("name", ["chelsea", "grass", "gravel", "moon", "rocket"])
def test_pictures_without_lines_say_nothing(name: str) -> None:
    photo = getattr(data, name)()
    assert estimate_skew(photo.reshape(*photo.shape[:2], -1)).confidence < 0.3


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 1), (60, 80, 3)])
def test_even_and_tiny_pictures_say_nothing(shape: tuple[int, int, int]) -> None:
    assert estimate_skew(np.full(shape, 99, np.uint8)) == Skew(0.0, 0.0)


def test_strength_is_a_share_of_the_angle_and_zero_gives_the_very_same_array() -> None:
    scan = print_on_scanner(4)
    assert apply_deskew(scan, Skew(4, 1), strength=0) is scan
    assert estimate_skew(apply_deskew(scan, Skew(4, 1), strength=0.5)).angle == pytest.approx(2, abs=0.1)
