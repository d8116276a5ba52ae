"""What comes out of `photo` is what phones and the web leave: 8-bit, in its place, spoilt moderately and variously."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import data
from torch import Tensor

from restore.degrade import photo, reduce


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def crops(count: int, edge: int = 96) -> Tensor:
    picture = np.ascontiguousarray(data.astronaut())
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 512 - edge, (count, 2))
    parts = np.stack([picture[y : y + edge, x : x + edge] for y, x in corners])
    return torch.from_numpy(parts).permute(0, 3, 1, 2).float() / 255


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_photo_gives_small_8_bit_pictures(scale: int) -> None:
    small = photo(crops(5), scale, seeded())
    assert small.shape == (5, 3, 96 // scale, 96 // scale)
    assert 0 <= float(small.min()) < float(small.max()) <= 1
    assert torch.equal((small * 255).round() / 255, small)


def test_the_same_seed_gives_the_same_pictures() -> None:
    a, b, c = (photo(crops(6), 2, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.parametrize("size", [(8, 12), (20, 44), (52, 4)], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_any_multiple_of_the_scale_will_do(size: tuple[int, int], seed: int) -> None:
    small = photo(torch.rand(1, 3, *size, generator=seeded()), 4, seeded(seed))
    assert small.shape[2:] == (size[0] // 4, size[1] // 4)


def test_other_sizes_and_scales_are_refused() -> None:
    with pytest.raises(ValueError, match="no whole multiples"):
        photo(torch.rand(1, 3, 30, 32), 4, seeded())
    with pytest.raises(ValueError, match="from 2"):
        photo(torch.rand(1, 3, 32, 32), 1, seeded())


@pytest.mark.parametrize("scale", [2, 4])
def test_pictures_stay_in_their_place(scale: int) -> None:
    """By how much each picture is shifted, by least squares against its plain reduction (Lucas and Kanade, 1981)."""
    clean = crops(48)
    plain, small = reduce(clean, scale).double(), photo(clean, scale, seeded()).double()
    inside = (..., slice(3, -3), slice(3, -3))
    down, right = torch.gradient(plain, dim=(2, 3))
    difference = (small - plain)[inside].flatten(1)
    slopes = torch.stack([down[inside].flatten(1), right[inside].flatten(1)], 2)
    shifts = torch.linalg.lstsq(slopes, difference[..., None]).solution[..., 0]
    assert float(shifts.mean(0).abs().max()) < 0.02
    assert float(shifts.abs().median()) < 0.05


def test_some_pictures_are_merely_reduced_and_most_are_spoilt_moderately() -> None:
    clean = crops(16).repeat(12, 1, 1, 1)
    plain = (reduce(clean, 2).clamp(0, 1) * 255).round() / 255
    small = torch.cat([photo(part, 2, seeded(seed)) for seed, part in enumerate(torch.split(clean, 16))])
    psnr = -10 * torch.log10(((small - plain) ** 2).mean((1, 2, 3)) + 1e-9)
    assert 0.04 < float((psnr > 80).float().mean()) < 0.25
    assert 24 < float(psnr[psnr < 80].median()) < 38
    assert float(psnr.min()) > 14


def test_no_brightness_or_colour_is_gained_or_lost() -> None:
    clean = crops(64)
    drift = photo(clean, 4, seeded()).mean((0, 2, 3)) - clean.mean((0, 2, 3))
    assert float(drift.abs().max()) < 0.5 / 255


def test_noise_differs_from_picture_to_picture() -> None:
    grey = torch.full((64, 3, 96, 96), 0.4)
    deviations = (photo(grey, 2, seeded()) - 0.4).std((1, 2, 3)) * 255
    assert float(deviations.quantile(0.2)) < 0.6
    assert 1 < float(deviations.quantile(0.9)) < 8
