"""The noise of photographs is measured where it is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from skimage import data

from restore.codecs.reading import read
from restore.degrade import gaussian_noise, poisson_gaussian
from restore.diagnose import estimate_noise
from restore.diagnose.noise import NOTHING

Bytes = npt.NDArray[np.uint8]
SAMPLES = Path(__file__).resolve().parents[1] / "sample_images"
PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket", "camera")


def photograph(name: str) -> Bytes:
    pixels = np.ascontiguousarray(getattr(data, name)())
    return pixels.reshape(*pixels.shape[:2], -1)


def as_tensor(pixels: Bytes) -> torch.Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255


def as_bytes(pictures: torch.Tensor) -> Bytes:
    return (pictures[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()


def noisy(pixels: Bytes, sigma: float) -> Bytes:
    generator = torch.Generator().manual_seed(0)
    return as_bytes(gaussian_noise(as_tensor(pixels), torch.tensor(sigma / 255), generator))


def with_light(pixels: Bytes, photons: float) -> Bytes:
    counted, read_out = torch.full((1, 1, 1, 1), photons), torch.full((1, 1, 1, 1), 0.01)
    return as_bytes(poisson_gaussian(as_tensor(pixels), counted, read_out, torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("sigma", [5, 10, 20, 35, 50])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_white_noise_is_measured_within_a_tenth_clipped_or_not(name: str, sigma: int) -> None:
    noise = estimate_noise(noisy(photograph(name), sigma))
    assert noise.sigma == pytest.approx(sigma, rel=0.1)
    assert noise.confidence > 0.7
    assert not noise.signal_dependent


@pytest.mark.parametrize(("name", "sigma"), [("scan-16bit.tif", 20), ("cat-cutout.png", 15)])
def test_the_noise_of_the_samples_is_what_they_were_made_with(name: str, sigma: int) -> None:
    assert estimate_noise(read(SAMPLES / name).pixels).sigma == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("photons", [50, 300])
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_noise_of_light_depends_on_the_signal_and_is_stronger_where_it_is_light(name: str, photons: float) -> None:
    noise = estimate_noise(with_light(photograph(name), photons))
    assert noise.signal_dependent
    assert noise.light > 1.4 * noise.dark


def test_clean_photographs_have_next_to_none() -> None:
    assert max(estimate_noise(photograph(name)).sigma for name in PHOTOGRAPHS) < 2


def test_where_all_is_texture_confidence_falls() -> None:
    noise = estimate_noise(np.ascontiguousarray(data.gravel())[:, :, None])
    assert noise.confidence < 0.2


def test_every_depth_has_the_same_noise() -> None:
    pixels = noisy(photograph("camera"), 10)
    expected = estimate_noise(pixels).sigma
    assert estimate_noise(pixels.astype(np.uint16) * 257).sigma == pytest.approx(expected, rel=1e-3)
    assert estimate_noise(pixels.astype(np.float32) / 255).sigma == pytest.approx(expected, rel=1e-3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(1, 1), (15, 300), (300, 15)], ids=str)
def test_of_pictures_too_small_nothing_is_said(shape: tuple[int, int]) -> None:
    assert estimate_noise(np.full((*shape, 3), 90, np.uint8)) == NOTHING


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0, 128, 255])
def test_one_even_colour_has_no_noise(value: int) -> None:
    assert estimate_noise(np.full((16, 64, 3), value, np.uint8)).sigma == pytest.approx(0, abs=0.1)
