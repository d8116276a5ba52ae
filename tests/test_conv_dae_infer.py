"""The default denoiser, with its shipped weights, keeps its promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from restore_conv_dae.infer import ConvDae, load, steadied
from restore_conv_dae.plugin import WEIGHTS, DenoiseOptions, provide_restorers
from skimage import data

from restore.errors import WeightsError
from restore.image import Image, Observation, Pixels
from restore.metrics import psnr
from restore.spec import Runtime
from restore.toolkit.stream import receptive_radius
from restore.weights import save


@pytest.fixture(scope="module")
def dae() -> ConvDae:
    return load(WEIGHTS, Runtime(device="cpu"))


def photograph() -> Pixels:
    return np.ascontiguousarray(data.astronaut()[20:212, 130:330])


def noisy(clean: Pixels, sigma: float) -> npt.NDArray[np.float32]:
    noise = np.random.default_rng(0).standard_normal(clean.shape) * sigma / 255
    return (clean / 255 + noise).astype(np.float32)


def restored(dae: ConvDae, pixels: Pixels, options: DenoiseOptions | None = None) -> Pixels:
    return dae.restore(Observation((Image(pixels),)), options or DenoiseOptions()).pixels


def as_unit(pixels: Pixels) -> Pixels:
    return (pixels / 255).astype(np.float32)


def test_the_described_halo_is_the_network_s(dae: ConvDae) -> None:
    assert provide_restorers()[0].size_rule == dae.networks.rule
    assert dae.networks.rule.halo == receptive_radius(dae.networks.denoiser)


@pytest.mark.parametrize(("sigma", "at_least"), [(15, 34.0), (25, 31.5), (50, 28.0)])
def test_gaussian_noise_is_removed_told_and_blind_alike(dae: ConvDae, sigma: int, at_least: float) -> None:
    clean = photograph()
    told = psnr(np.clip(restored(dae, noisy(clean, sigma), DenoiseOptions(sigma=sigma)), 0, 1), as_unit(clean))
    blind = psnr(np.clip(restored(dae, noisy(clean, sigma)), 0, 1), as_unit(clean))
    assert told > at_least
    assert blind > told - 0.15


@pytest.mark.parametrize("sigma", [25, 50])
def test_grey_pictures_are_denoised_and_stay_one_channel(dae: ConvDae, sigma: int) -> None:
    clean = np.ascontiguousarray(data.camera()[100:292, 150:342, None])
    out = restored(dae, noisy(clean, sigma))
    assert out.shape == clean.shape
    assert psnr(np.clip(out, 0, 1), as_unit(clean)) > psnr(np.clip(noisy(clean, sigma), 0, 1), as_unit(clean)) + 5


def test_a_grey_picture_in_three_channels_gets_no_colour(dae: ConvDae) -> None:
    grey = np.clip(noisy(data.camera()[100:228, 150:278, None], 20) * 255, 0, 255).round().astype(np.uint8)
    out = restored(dae, np.repeat(grey, 3, 2))
    assert np.array_equal(out, np.repeat(restored(dae, grey), 3, 2))


def test_a_clean_photograph_comes_out_nearly_untouched(dae: ConvDae) -> None:
    for clean in (photograph(), data.coffee()[:256, :256], data.chelsea()[:256, :256]):
        assert psnr(restored(dae, np.ascontiguousarray(clean)), clean) >= 42


def test_colours_do_not_shift(dae: ConvDae) -> None:
    clean = photograph()
    out = np.clip(restored(dae, noisy(clean, 25)), 0, 1)
    assert np.abs(out.mean((0, 1)) - as_unit(clean).mean((0, 1))).max() < 1 / 255


@pytest.mark.parametrize("size", [(1, 1), (37, 53), (200, 700)], ids=str)
def test_tiles_of_any_size_give_the_same_bytes(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (*size, 3), dtype=np.uint8)
    observation = Observation((Image(pixels),))
    results = [
        load(WEIGHTS, Runtime(device="cpu", tile=t)).restore(observation, DenoiseOptions()).pixels
        for t in (128, 256, 4096)
    ]
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_streaming_gives_what_the_whole_network_gives(dae: ConvDae) -> None:
    pixels = np.random.default_rng(1).random((256, 304, 3), dtype=np.float32)
    out = restored(load(WEIGHTS, Runtime(device="cpu", tile=128)), pixels, DenoiseOptions(sigma=30))
    whole = torch.from_numpy(pixels).permute(2, 0, 1)[None]
    with torch.inference_mode():
        noise = dae.networks.denoiser(torch.cat([whole, torch.full_like(whole[:, :1], 30 / 255)], 1))
    assert np.abs(out - (whole - noise)[0].permute(1, 2, 0).numpy()).max() <= 1e-5


def test_strength_zero_and_sigma_zero_return_the_very_input(dae: ConvDae) -> None:
    pixels = photograph()
    assert restored(dae, pixels, DenoiseOptions(strength=0)) is pixels
    assert restored(dae, pixels, DenoiseOptions(sigma=0)) is pixels


def test_more_strength_changes_more(dae: ConvDae) -> None:
    pixels = np.clip(noisy(photograph(), 20) * 255, 0, 255).round().astype(np.uint8)
    changes = [
        np.abs(restored(dae, pixels, DenoiseOptions(strength=s)).astype(int) - pixels).mean()
        for s in (0.3, 0.7, 1, 1.5)
    ]
    assert changes == sorted(changes)
    assert changes[0] < 0.5 * changes[2]


def test_the_estimate_is_averaged_and_never_below_nothing() -> None:
    scattered = torch.tensor([4.0, 16.0]).repeat(30).reshape(1, 1, 1, 60) / 255
    assert torch.allclose(steadied(scattered)[..., 15:-15] * 255, torch.tensor(10.0), atol=0.3)
    assert float(steadied(torch.full((1, 1, 3, 3), -0.5 / 255)).max()) == 0
    assert float(steadied(torch.full((1, 1, 1, 1), 20 / 255))) * 255 == pytest.approx(20, abs=0.01)


def test_16_bit_pictures_keep_more_than_8_bits(dae: ConvDae) -> None:
    pixels = (np.clip(noisy(photograph(), 10), 0, 1) * 65535).round().astype(np.uint16)
    out = restored(dae, pixels)
    assert out.dtype == np.uint16
    assert len(np.unique(out)) > 2000


def test_weights_of_another_architecture_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save(
        path, {"denoiser.1.weight": torch.zeros(4, 16, 3, 3)}, {"model": "conv-dae", "config": '{"widths": [4, 4, 4]}'}
    )
    with pytest.raises(WeightsError, match=r"other\.safetensors"):
        load(path, Runtime(device="cpu"))
