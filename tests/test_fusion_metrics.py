"""The measures of fusion on pictures whose answers are known: closed forms, identities, and what must be better."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from skimage import data

from restore.fusion_metrics.edges import DIRECTION, STRENGTH, edge_preservation
from restore.fusion_metrics.fidelity import visual_information
from restore.fusion_metrics.information import entropy, mutual_information
from restore.fusion_metrics.planes import Plane, eight_bit, grey
from restore.fusion_metrics.scores import fusion_scores
from restore.fusion_metrics.similarity import ssim_to_sources
from restore.image import SeriesKind


def camera() -> Plane:
    plane: Plane = data.camera()[100:228, 150:342].astype(np.float64)
    return plane


def judged(value: float, constants: tuple[float, float, float]) -> float:
    gamma, kappa, sigma = constants
    return gamma / (1 + math.exp(kappa * (value - sigma)))


def ramp(across: float, down: float) -> Plane:
    """A plane with the same gradient everywhere."""
    y, x = np.mgrid[:40, :50].astype(np.float64)
    plane: Plane = 100 + across * x + down * y
    return plane


def test_grey_is_luma_from_0_to_255_in_every_depth() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    pixels[0, 0], pixels[1, 1] = (255, 0, 0), (255, 255, 255)
    for depth in (pixels, pixels.astype(np.uint16) * 257, (pixels / 255).astype(np.float32)):
        assert grey(depth)[0, 0] == pytest.approx(0.299 * 255) and grey(depth)[1, 1] == pytest.approx(255)
    assert grey(pixels[..., :1]).shape == (2, 2)
    assert eight_bit(np.array([[-3.0, 0.5, 1.5, 254.6, 300.0]])).tolist() == [[0, 0, 2, 255, 255]]


def test_edges_of_a_copy_are_kept_as_well_as_the_sigmoids_allow() -> None:
    best = judged(1, STRENGTH) * judged(1, DIRECTION)
    assert edge_preservation(camera(), [camera(), camera()]) == pytest.approx(best)
    assert best == pytest.approx(0.9750, abs=5e-4)


@pytest.mark.parametrize("contrast", [0.25, 0.5, 0.8, 2.0])
def test_edges_of_another_contrast_are_judged_by_the_ratio_either_way(contrast: float) -> None:
    expected = judged(min(contrast, 1 / contrast), STRENGTH) * judged(1, DIRECTION)
    assert edge_preservation(camera() * contrast, [camera()]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("degrees", "kept"), [(0, 1.0), (30, 2 / 3), (45, 0.5), (90, 0.0), (150, 2 / 3), (179, 178 / 180)]
)
def test_edges_in_another_direction_are_judged_by_the_angle_without_its_sign(degrees: float, kept: float) -> None:
    turned = ramp(math.cos(math.radians(degrees)), math.sin(math.radians(degrees)))
    expected = judged(1, STRENGTH) * judged(kept, DIRECTION)
    assert edge_preservation(turned, [ramp(1, 0)]) == pytest.approx(expected, rel=1e-6)


def test_directions_on_both_sides_of_the_vertical_are_neighbours() -> None:
    steep, other = (ramp(slope, 1) for slope in (0.01, -0.01))
    assert edge_preservation(steep, [other]) > 0.95


def test_strong_edges_count_by_their_strength() -> None:
    """Of a strong and a weak frame across each other, the picture keeps the strong one."""
    value = edge_preservation(ramp(3, 0), [ramp(3, 0), ramp(0, 1)])
    lost = judged(1 / 3, STRENGTH) * judged(0, DIRECTION)
    assert value == pytest.approx(0.75 * judged(1, STRENGTH) * judged(1, DIRECTION) + 0.25 * lost)


def test_blur_loses_edges_and_flat_frames_have_none() -> None:
    blurred = [cv2.GaussianBlur(camera(), (0, 0), sigma) for sigma in (0.5, 1.0, 2.0)]
    values = [edge_preservation(plane, [camera()]) for plane in blurred]
    assert values == sorted(values, reverse=True) and values[0] - values[2] > 0.2
    assert math.isnan(edge_preservation(camera(), [np.full((128, 192), 90.0)]))


def test_a_levels_share_decides_the_entropy() -> None:
    every = np.arange(256, dtype=np.float64).reshape(16, 16)
    assert entropy(every) == 8
    assert entropy(np.where(every < 128, 10.0, 200.0)) == 1
    assert entropy(np.where(every < 64, 10.0, 200.0)) == pytest.approx(-0.25 * math.log2(0.25) - 0.75 * math.log2(0.75))
    assert entropy(np.full((9, 9), 77.3)) == 0


def test_a_copy_tells_all_of_a_frame_and_nothing_of_an_independent_one() -> None:
    rows, columns = (axis.astype(np.float64) * 16 for axis in np.mgrid[:16, :16])
    assert mutual_information(rows, [rows]) == pytest.approx(4) == pytest.approx(entropy(rows))
    assert mutual_information(rows, [columns]) == pytest.approx(0)
    assert mutual_information(rows, [rows, columns, 255 - rows]) == pytest.approx(8), "a negative tells as much"


def test_information_is_lost_where_levels_fall_together() -> None:
    rows = np.mgrid[:16, :16][0].astype(np.float64) * 16
    assert mutual_information(np.floor(rows / 64) * 64, [rows]) == pytest.approx(2)


def test_ssim_to_the_sources_is_their_mean() -> None:
    first, second = camera(), 255 - camera()
    assert ssim_to_sources(first, [first, first]) == pytest.approx(1)
    alone = [ssim_to_sources(first, [frame]) for frame in (first, second)]
    assert ssim_to_sources(first, [first, second]) == pytest.approx(sum(alone) / 2)


def distortions() -> list[Plane]:
    """Blur, noise and half the contrast, each rounded to 8 bits as a file is."""
    plane = camera().astype(np.uint8)
    noise = np.random.default_rng(0).normal(0, 8, plane.shape)
    spoilt = cv2.GaussianBlur(plane, (5, 5), 1.0), np.clip(plane + noise, 0, 255).astype(np.uint8), plane // 2 + 20
    return [each.astype(np.float64) for each in spoilt]


@pytest.mark.parametrize(("which", "published"), [(0, 0.509640), (1, 0.534493), (2, 0.752530)])
def test_visual_information_is_what_another_program_computes(which: int, published: float) -> None:
    """`vifp` of the package sewar 0.4.10, an independent reading of the authors' program."""
    assert visual_information(distortions()[which], [camera()]) == pytest.approx(published, rel=1e-4)


def test_visual_information_is_one_for_a_copy_and_more_for_more_contrast() -> None:
    assert visual_information(camera(), [camera(), camera()]) == pytest.approx(1)
    assert visual_information((camera() - 100) * 1.3 + 100, [camera()]) > 1.05
    assert visual_information(np.full((128, 192), 90.0), [camera()]) == pytest.approx(0, abs=1e-6)


def test_visual_information_is_the_mean_over_the_frames() -> None:
    blurred = distortions()[0]
    alone = [visual_information(blurred, [frame]) for frame in (camera(), blurred)]
    assert visual_information(blurred, [camera(), blurred]) == pytest.approx(sum(alone) / 2)


def test_what_is_too_small_or_flat_has_no_visual_information() -> None:
    assert math.isnan(visual_information(camera()[:40], [camera()[:40]]))
    assert math.isnan(visual_information(camera(), [np.full((128, 192), 90.0)]))
    small = camera()[:41, :41]
    assert visual_information(small, [small]) == pytest.approx(1)


def test_all_scores_come_at_once_from_pixels_of_any_depth() -> None:
    frame = data.astronaut()[:96, 100:228]
    other = (frame.astype(np.uint16) * 257)[..., 1:2]
    scores = fusion_scores(frame, [frame, other])
    assert list(scores) == ["mef_ssim", "qabf", "ssim", "entropy", "mi", "vif"]
    assert all(math.isfinite(value) for value in scores.values())
    assert scores["qabf"] == pytest.approx(edge_preservation(grey(frame), [grey(frame), grey(other)]))


@pytest.mark.parametrize("kind", SeriesKind)
def test_what_is_for_exposures_is_not_defined_elsewhere(kind: SeriesKind) -> None:
    scores = fusion_scores(data.astronaut()[:60, :60], [data.astronaut()[:60, :60]], kind)
    assert math.isnan(scores["mef_ssim"]) == (kind is not SeriesKind.EXPOSURE)
