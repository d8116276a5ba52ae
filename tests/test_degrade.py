"""Degradations do what they say, by measurement."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from restore.degrade import camera_noise, gaussian_noise, grey, jpeg, uniform


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo(edge: int = 128) -> torch.Tensor:
    crop = np.ascontiguousarray(data.astronaut()[:edge, 100 : 100 + edge])
    return torch.from_numpy(crop).permute(2, 0, 1)[None].float() / 255


@pytest.mark.parametrize("sigma", [5, 25, 75])
def test_gaussian_noise_has_the_deviation_asked_for_and_is_not_clipped(sigma: int) -> None:
    noisy = gaussian_noise(torch.ones(1, 3, 200, 200), torch.tensor(sigma / 255), seeded())
    assert float((noisy - 1).std()) * 255 == pytest.approx(sigma, rel=0.02)
    assert float(noisy.max()) > 1


def test_the_same_seed_gives_the_same_noise() -> None:
    a, b, c = (gaussian_noise(photo(), torch.tensor(0.1), seeded(s)) for s in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.parametrize(("quality", "subsampling"), [(30, 0), (75, 0), (92, 0), (75, 2), (92, 2)])
def test_jpeg_leaves_what_libjpeg_leaves(quality: int, subsampling: int) -> None:
    clean = photo()
    stream = io.BytesIO()
    array = (clean[0].permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(array).save(stream, "JPEG", quality=quality, subsampling=subsampling)
    saved = np.asarray(Image.open(stream)).astype(float)
    ours = (jpeg(clean, torch.tensor([quality]), subsampling == 2)[0].permute(1, 2, 0) * 255).numpy()
    errors = [float(((x - array) ** 2).mean()) for x in (saved, ours)]
    assert errors[1] == pytest.approx(errors[0], rel=0.06)  # as much damage …
    assert ((saved - ours) ** 2).mean() < 0.25 * errors[0]  # … and of the same kind


def test_jpeg_takes_one_quality_per_picture() -> None:
    pair = jpeg(photo().expand(2, -1, -1, -1), torch.tensor([10.0, 95.0]), False)
    errors = ((pair - photo()) ** 2).mean((1, 2, 3))
    assert float(errors[0]) > 5 * float(errors[1])


def test_jpeg_refuses_sizes_that_do_not_fill_its_blocks() -> None:
    with pytest.raises(ValueError, match="multiples of 16"):
        jpeg(torch.rand(1, 3, 20, 32), torch.tensor([50.0]), False)


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


def test_grey_has_three_equal_channels_of_luma() -> None:
    out = grey(torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1))
    assert out.flatten().tolist() == pytest.approx([0.299] * 3)


def test_uniform_stays_in_its_range() -> None:
    draws = uniform(1000, -2, 3, seeded())
    assert draws.shape == (1000, 1, 1, 1)
    assert -2 <= float(draws.min()) < -1.9
    assert 2.9 < float(draws.max()) < 3
