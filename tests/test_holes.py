"""Holes drawn by chance: how much they cover, what they depend on, what they look like in numbers."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from restore.holes import KINDS
from restore.holes.drawing import DRAW, SMALLEST, draw_hole
from restore.holes.lettering import SIZES, text
from restore.holes.strokes import WIDTHS, brush, scratches

Mask = npt.NDArray[np.bool_]

COVERED = {"brush20": 0.2, "brush40": 0.4, "scratch": 0.032, "text": 0.088, "boxes": 0.15}
"""As the documentation says, for 768 x 512 pixels."""


def holes(kind: str, height: int = 512, width: int = 768, count: int = 12) -> list[Mask]:
    return [draw_hole(kind, height, width, np.random.default_rng(seed)) for seed in range(count)]


def widest(mask: Mask) -> float:
    """Twice the largest distance of a missing pixel from what is known (picture borders do not count)."""
    return 2 * float(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5).max()) - 1


def test_the_kinds_that_can_be_drawn_are_those_that_are_announced() -> None:
    assert tuple(DRAW) == KINDS == tuple(COVERED)


@pytest.mark.parametrize("kind", KINDS)
def test_holes_cover_what_the_documentation_says(kind: str) -> None:
    shares = [hole.mean() for hole in holes(kind)]
    assert np.mean(shares) == pytest.approx(COVERED[kind], abs=0.005)
    assert max(shares) < COVERED[kind] + 0.05


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_hole_and_another_seed_another(kind: str) -> None:
    first, again = (draw_hole(kind, 120, 160, np.random.default_rng(5)) for _ in range(2))
    assert first.dtype == np.bool_ and first.shape == (120, 160)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, draw_hole(kind, 120, 160, np.random.default_rng(6)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 300), (300, 16), (64, 48)])
def test_small_and_narrow_pictures_keep_most_of_what_they_have(kind: str, height: int, width: int) -> None:
    for hole in holes(kind, height, width, count=30):
        assert hole.any() and hole.mean() < 0.55


@pytest.mark.parametrize("kind", KINDS)
def test_holes_are_anywhere(kind: str) -> None:
    """Over many seeds no part of the picture is spared, and none always hit."""
    often = np.mean(holes(kind, 128, 192, count=300), axis=0)
    parts = often.reshape(4, 32, 4, 48).mean(axis=(1, 3))
    assert parts.min() > 0.4 * parts.mean() and parts.max() < 2 * parts.mean()


def test_pictures_too_small_for_a_hole_are_refused() -> None:
    with pytest.raises(ValueError, match=f"takes {SMALLEST} x {SMALLEST}"):
        draw_hole("boxes", SMALLEST - 1, 100, np.random.default_rng(0))


def test_brushes_are_as_wide_as_in_deepfill_and_scratches_thin() -> None:
    for seed in range(5):
        canvas = np.zeros((512, 768), np.uint8)
        brush(canvas, 0.002, np.random.default_rng(seed))  # the beginning of one stroke
        assert WIDTHS[0] - 2 <= widest(canvas.astype(np.bool_)) <= WIDTHS[1] + 2
        canvas = np.zeros((512, 768), np.uint8)
        scratches(canvas, 0.001, np.random.default_rng(seed))  # one scratch
        assert widest(canvas.astype(np.bool_)) <= 5


def test_scratches_are_long_and_some_are_dashed() -> None:
    pieces, lengths = [], []
    for seed in range(30):
        canvas = np.zeros((512, 768), np.uint8)
        scratches(canvas, 1e-6, np.random.default_rng(seed))
        pieces.append(cv2.connectedComponents(canvas)[0] - 1)
        _, _, width, height = cv2.boundingRect(canvas)
        lengths.append(np.hypot(width, height))
    assert np.median(lengths) > 250
    assert 0.1 < np.mean(np.array(pieces) > 3) < 0.6


def test_letters_have_several_sizes_and_angles() -> None:
    angles, sizes = [], []
    for seed in range(40):
        canvas = np.zeros((512, 768), np.uint8)
        text(canvas, 1e-6, np.random.default_rng(seed))  # one line
        (_, (one, other), angle) = cv2.minAreaRect(cv2.findNonZero(canvas))
        sizes.append(min(one, other))
        angles.append(min(angle % 90, 90 - angle % 90))
    assert min(sizes) < 20 and SIZES[1] * 0.6 < max(sizes) < SIZES[1] * 1.6
    assert min(angles) < 1 and max(angles) > 20
