"""Blur is measured where it is known."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage import data

from restore.diagnose import estimate_blur

Bytes = npt.NDArray[np.uint8]


def photograph(name: str) -> Bytes:
    pixels = np.ascontiguousarray(getattr(data, name)())
    return pixels.reshape(*pixels.shape[:2], -1)


def blurred(pixels: Bytes, sigma: float) -> Bytes:
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8).reshape(pixels.shape)


@pytest.mark.parametrize("sigma", [1.5, 2, 3])
@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea"])
def test_a_gaussian_blur_of_photographs_is_measured_within_a_third(name: str, sigma: float) -> None:
    blur = estimate_blur(blurred(photograph(name), sigma))
    assert blur.sigma == pytest.approx(sigma, rel=0.33)
    assert blur.edge_width == pytest.approx(blur.sigma * (2 * np.pi) ** 0.5)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket", "camera"])
def test_more_blur_is_seen_as_more(name: str) -> None:
    found = [estimate_blur(blurred(photograph(name), sigma)).sigma for sigma in (1, 2, 3, 5)]
    assert found == sorted(found)
    assert estimate_blur(photograph(name)).sigma < 0.8


def test_a_blurred_step_has_the_width_it_should() -> None:
    step = np.repeat(np.array([40, 200], np.uint8), 64)[None, :, None].repeat(128, 0)
    for sigma in (1.5, 3, 6):
        assert estimate_blur(blurred(step, sigma)).sigma == pytest.approx(sigma, rel=0.1)


def test_noise_does_not_make_edges() -> None:
    chance = np.random.default_rng(0)
    pixels = blurred(photograph("astronaut"), 2)
    spoilt = np.rint(np.clip(pixels + chance.normal(0, 10, pixels.shape), 0, 255)).astype(np.uint8)
    assert estimate_blur(spoilt, noise=10).sigma == pytest.approx(2, rel=0.33)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (64, 64)], ids=str)
def test_without_edges_nothing_is_said(shape: tuple[int, int]) -> None:
    assert estimate_blur(np.full((*shape, 3), 90, np.uint8)).confidence == 0
