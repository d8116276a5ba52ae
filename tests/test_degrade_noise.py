"""White noise and drawn parameters do what they say, by measurement."""

from __future__ import annotations

import pytest
import torch

from restore.degrade import gaussian_noise, uniform


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
