"""White noise and drawn parameters do what they say, by measurement."""

from __future__ import annotations

import pytest
import torch

from restore.degrade import banding, gaussian_noise, poisson_gaussian, salt_and_pepper, speckle, uniform


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("sigma", [5, 25, 75])
def test_gaussian_noise_has_the_deviation_asked_for_and_is_not_clipped(sigma: int) -> None:
    noisy = gaussian_noise(torch.ones(1, 3, 200, 200), torch.tensor(sigma / 255), seeded())
    assert float((noisy - 1).std()) * 255 == pytest.approx(sigma, rel=0.02)
    assert float(noisy.max()) > 1


def test_the_same_seed_gives_the_same_noise() -> None:
    clean = torch.rand(1, 3, 32, 32, generator=seeded(7))
    a, b, c = (gaussian_noise(clean, torch.tensor(0.1), seeded(s)) for s in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_uniform_stays_in_its_range() -> None:
    draws = uniform(1000, -2, 3, seeded())
    assert draws.shape == (1000, 1, 1, 1)
    assert -2 <= float(draws.min()) < -1.9
    assert 2.9 < float(draws.max()) < 3


def number(value: float) -> torch.Tensor:
    return torch.full((1, 1, 1, 1), float(value))


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_counted_light_has_the_variance_of_its_brightness_and_of_the_readout(level: float) -> None:
    noisy = poisson_gaussian(torch.full((1, 3, 300, 300), level), number(50), number(0.05), seeded())
    assert float(noisy.mean()) == pytest.approx(level, rel=0.01)
    assert float(noisy.var()) == pytest.approx(level / 50 + 0.05**2, rel=0.03)


@pytest.mark.parametrize("level", [0.2, 0.8])
def test_speckle_is_in_proportion_to_the_brightness(level: float) -> None:
    noisy = speckle(torch.full((1, 3, 200, 200), level), number(0.2), seeded())
    assert float(noisy.std()) == pytest.approx(0.2 * level, rel=0.02)


def test_salt_and_pepper_hits_the_share_asked_for_in_all_channels() -> None:
    noisy = salt_and_pepper(torch.full((1, 3, 300, 300), 0.5), number(0.1), number(0.25), seeded())
    white, black = ((noisy == value).all(1).float().mean() for value in (1, 0))
    assert float(white) == pytest.approx(0.025, rel=0.1)
    assert float(black) == pytest.approx(0.075, rel=0.1)
    assert float((noisy == 0.5).all(1).float().mean() + white + black) == pytest.approx(1)


def test_banding_offsets_whole_lines_by_the_deviation_asked_for() -> None:
    clean = torch.rand(1, 3, 2000, 5, generator=seeded())
    offsets = banding(clean, number(0.05), seeded()) - clean
    assert torch.allclose(offsets, offsets[:, :1, :, :1].expand_as(offsets), atol=1e-6)
    assert float(offsets[0, 0, :, 0].std()) == pytest.approx(0.05, rel=0.05)
    columns = banding(clean.mT, number(0.05), seeded(), rows=False, columns=True) - clean.mT
    assert torch.allclose(columns, offsets.mT, atol=1e-6)
