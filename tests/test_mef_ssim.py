"""MEF-SSIM beside a slow, patch-by-patch reading of its definition, and where the answer is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from skimage import data

from restore.fusion_metrics.mef_ssim import SCALES, _halved, mef_ssim
from restore.fusion_metrics.planes import Plane

C = (0.03 * 255) ** 2


def scene(height: int = 60, width: int = 50) -> Plane:
    plane: Plane = data.camera()[100 : 100 + height, 200 : 200 + width].astype(np.float64)
    return plane


def bracket(height: int = 60, width: int = 50) -> list[Plane]:
    """A dark and a bright exposure, clipped."""
    plane = scene(height, width)
    return [np.rint(plane * 0.4), np.minimum(np.rint(plane * 1.6 + 20), 255)]


def patchwise(fused: Plane, sources: Sequence[Plane]) -> float:
    """One scale of the definition, patch by patch."""
    line = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(line, line).ravel() / line.sum() ** 2
    scores = []
    for y in range(5, fused.shape[0] - 5):
        for x in range(5, fused.shape[1] - 5):
            here = slice(y - 5, y + 6), slice(x - 5, x + 6)
            patches = [source[here].ravel() - source[here].mean() for source in sources]
            norms = np.array([np.linalg.norm(patch) for patch in patches])
            agreement = min(np.linalg.norm(sum(patches)) / max(norms.sum(), 1e-15), 1 - 1e-16)
            contrasts = norms + 0.001
            weights = (contrasts / 11) ** min(np.tan(np.pi / 2 * agreement), 10) + 2.2e-16
            wished = sum(w * p / c for w, p, c in zip(weights / weights.sum(), patches, contrasts, strict=True))
            wished = wished / max(float(np.linalg.norm(wished)), 1e-300) * contrasts.max()
            seen = fused[here].ravel()
            a, b = wished - window @ wished, seen - window @ seen
            scores.append((2 * window @ (a * b) + C) / (window @ (a * a) + window @ (b * b) + C))
    return float(np.mean(scores))


def test_it_is_what_its_definition_says_at_every_scale() -> None:
    sources = bracket()
    fused = sources[0] * 0.5 + sources[1] * 0.5
    expected, planes = 1.0, [fused, *sources]
    for weight in np.array(SCALES) / sum(SCALES):
        expected *= patchwise(planes[0], planes[1:]) ** weight
        planes = [_halved(plane) for plane in planes]
    assert mef_ssim(fused, sources) == pytest.approx(expected, rel=1e-9)


def test_three_frames_too() -> None:
    sources = [*bracket(48, 45), 255 - scene(48, 45)]
    fused = scene(48, 45)
    expected, planes = 1.0, [fused, *sources]
    for weight in np.array(SCALES) / sum(SCALES):
        expected *= patchwise(planes[0], planes[1:]) ** weight
        planes = [_halved(plane) for plane in planes]
    assert mef_ssim(fused, sources) == pytest.approx(expected, rel=1e-9)


def test_the_mean_of_four_pixels_is_the_next_scale_and_a_last_odd_row_its_own_neighbour() -> None:
    assert _halved(np.array([[1.0, 3, 10], [5, 7, 20], [9, 9, 40]])).tolist() == [[4, 15], [9, 40]]


def test_a_copy_of_equal_frames_is_perfect() -> None:
    assert mef_ssim(scene(), [scene(), scene()]) == pytest.approx(1, abs=1e-5)


def test_brightness_is_free_and_order_does_not_matter() -> None:
    sources = bracket()
    fused = 0.3 * sources[0] + 0.7 * sources[1]
    value = mef_ssim(fused, sources)
    assert mef_ssim(fused + 40, sources) == pytest.approx(value)
    assert mef_ssim(fused, sources[::-1]) == pytest.approx(value)


@pytest.mark.parametrize("contrast", [0.25, 0.5, 1.0, 2.0])
def test_of_a_chequered_board_all_is_known(contrast: float) -> None:
    """Its variance is the same in every window, and of the coarser scales nothing is left."""
    board = 40.0 * (-1.0) ** np.indices((64, 64)).sum(0)
    one = (2 * contrast * 1600 + C) / ((1 + contrast**2) * 1600 + C)
    expected = one ** (SCALES[0] / sum(SCALES))
    assert mef_ssim(100 + contrast * board, [128 + board, np.full((64, 64), 255.0)]) == pytest.approx(
        expected, rel=1e-3
    )


def test_the_highest_contrast_of_all_frames_is_wished_for() -> None:
    dark, bright = bracket()
    scores = [mef_ssim(gain * (scene() - 128) + 128, [dark, bright]) for gain in (0.2, 0.6, 1.4)]
    assert scores == sorted(scores)


def test_flat_frames_are_matched_by_anything_flat() -> None:
    assert mef_ssim(np.full((60, 60), 90.0), [np.full((60, 60), v) for v in (0.0, 255.0)]) == pytest.approx(1)


def test_pictures_without_room_for_a_patch_at_the_coarsest_scale_have_none() -> None:
    assert math.isnan(mef_ssim(scene(43, 50), bracket(43, 50)))
    assert math.isfinite(mef_ssim(scene(44, 44), bracket(44, 44)))
