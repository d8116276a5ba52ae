"""What the rules look at: measured where noise and damage cannot hide it."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from restore.auto.evidence import document, gathered
from restore.image import Image


def pale(noise: float = 0.0) -> np.ndarray:
    """A picture whose black is at 60 and whose white is at 190."""
    rows, columns = np.mgrid[:96, :128]
    pixels = 125 + 65 * np.sin(columns / 9) * np.cos(rows / 11)
    pixels = pixels[..., None] + np.random.default_rng(1).normal(0, 1, (96, 128, 3)) * noise
    found: np.ndarray = np.floor(pixels + 0.5).clip(0, 255).astype(np.uint8)
    return found


def smoothed(pixels: np.ndarray) -> np.ndarray:
    blurred: np.ndarray = cv2.GaussianBlur(pixels, (0, 0), 2.5)
    return blurred


def test_noise_that_hides_pale_black_is_taken_away_before_black_is_measured() -> None:
    hidden = gathered(Image(pale(25))).fading.levels.black
    found = gathered(Image(pale(25)), cleaner=smoothed).fading.levels.black
    assert max(hidden) < 0.1
    assert min(found) > 0.2


def test_scratches_are_filled_before_black_and_white_are_measured() -> None:
    pixels = pale()
    damage = np.zeros(pixels.shape[:2], np.bool_)
    damage[:, 40:42] = damage[:, 80:82] = True
    pixels[:, 40:42], pixels[:, 80:82] = 0, 255
    spoilt = gathered(Image(pixels)).fading.levels
    mended = gathered(Image(pixels), damage).fading.levels
    assert (max(spoilt.black), min(spoilt.white)) == (0, 1)
    assert min(mended.black) > 0.2
    assert max(mended.white) < 0.8


@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.float32])
def test_what_a_trial_takes_away_is_told_in_grey_levels_of_any_depth(depth: type) -> None:
    pixels = pale(12).astype(np.float64)
    scaled = pixels * 257 if depth is np.uint16 else pixels / 255 if depth is np.float32 else pixels
    removed = gathered(Image(scaled.astype(depth)), cleaner=smoothed).removed
    assert removed == pytest.approx(12, rel=0.15)


def test_damage_is_looked_for_again_where_noise_was_taken_away() -> None:
    pixels = pale(25)
    pixels[:, 40:52] = 255
    light = np.zeros(pixels.shape[:2], np.bool_)

    def detector(seen: np.ndarray) -> np.ndarray:
        found: np.ndarray = seen.min(2) > 210  # as noise alone is in places
        return found

    found = gathered(Image(pixels), light, smoothed, detector)
    assert found.uncovered == pytest.approx(12 / 128, rel=0.25)
    assert max(found.fading.levels.white) < 0.85, "and filled before black and white are measured"
    assert gathered(Image(pale(2)), light, np.copy, detector).uncovered is None, "so little noise hides nothing"
    assert gathered(Image(pixels), light, smoothed).uncovered is None


def test_nothing_is_tried_where_there_is_no_noise() -> None:
    assert gathered(Image(pale()), cleaner=smoothed).removed is None


def test_drawings_repeat_themselves() -> None:
    graph = np.full((64, 64, 3), 255, np.uint8)
    graph[20:22] = (0, 60, 120)
    assert gathered(Image(graph)).repeated > 0.95
    assert gathered(Image(pale(5))).repeated < 0.1


def test_the_document_is_plain_json_that_reads_as_findings_again() -> None:
    told = json.loads(json.dumps(document(gathered(Image(pale(12))).findings)))
    assert told["noise"]["sigma"] == pytest.approx(12, rel=0.15)
    assert told["damage"] == {"share": None, "confidence": 0.0}
