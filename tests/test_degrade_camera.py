"""A camera's noise is what sensors and their processing leave, by measurement."""

from __future__ import annotations

import numpy as np
import torch
from skimage import data

from restore.degrade import camera_noise


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo(edge: int = 128) -> torch.Tensor:
    crop = np.ascontiguousarray(data.astronaut()[:edge, 100 : 100 + edge])
    return torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 255


def test_camera_noise_is_seeded_8_bit_and_within_range() -> None:
    clean = photo().repeat(4, 1, 1, 1)
    a, b = (camera_noise(clean, seeded(5)) for _ in range(2))
    assert torch.equal(a, b)
    assert 0 <= float(a.min()) <= float(a.max()) <= 1
    assert torch.allclose((a * 255).round(), a * 255, atol=1e-3)


def test_camera_noise_is_correlated_between_neighbours_as_demosaicing_leaves_it() -> None:
    clean = torch.full((16, 3, 64, 64), 0.4)
    noise = camera_noise(clean, seeded()) - clean
    noise = noise - noise.mean((2, 3), keepdim=True)
    neighbours = (noise[..., 1:] * noise[..., :-1]).mean((1, 2, 3)) / (noise**2).mean((1, 2, 3))
    assert float(neighbours.median()) > 0.2


def test_camera_noise_depends_on_the_signal() -> None:
    clean = torch.full((32, 3, 64, 64), 0.02)
    clean[..., 32:] = 0.5
    noise = camera_noise(clean, seeded()) - clean
    dark, bright = noise[..., 4:28].std((1, 2, 3)), noise[..., 36:60].std((1, 2, 3))
    assert float((dark / bright).log().abs().median()) > 0.15
