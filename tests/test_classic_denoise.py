"""The classical denoisers: what they do to noise, and what they leave alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from restore_classic.denoise import noise_level
from restore_classic.denoisers import DENOISERS
from skimage.data import astronaut

from restore.errors import InputError, WeightsError
from restore.image import Image, Metadata, Observation, picture_of
from restore.metrics import psnr
from restore.spec import Options, RestorerSpec, Runtime

SPECS = {spec.name: spec for spec in DENOISERS}
FAST = ["nlm", "bilateral", "wavelet", "tv"]
INSTALLED = [*FAST, *(["bm3d"] if importlib.util.find_spec("bm3d") else [])]
CLEAN = astronaut()[20:116, 160:256].astype(np.float32) / 255
NOISE = np.random.default_rng(1).standard_normal(CLEAN.shape, dtype=np.float32)


def denoise(name: str, image: Image, **options: object) -> Image:
    spec = SPECS[name]
    return picture_of(spec.load(None, Runtime()).restore(Observation((image,)), spec.options.model_validate(options)))


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_goes_and_the_picture_stays(name: str, channels: int) -> None:
    clean = CLEAN[..., :channels]
    noisy = clean + NOISE[..., :channels] * np.float32(25 / 255)
    restored = denoise(name, Image(noisy), sigma=25)
    assert psnr(restored.pixels, clean) > psnr(noisy, clean) + 5


@pytest.mark.parametrize("name", FAST)
@pytest.mark.parametrize(("dtype", "white"), [(np.uint8, 255), (np.uint16, 65535)])
def test_depth_alpha_and_metadata_are_kept(name: str, dtype: type, white: int) -> None:
    noisy = np.rint(np.clip(CLEAN + NOISE * 0.05, 0, 1) * white).astype(dtype)
    alpha = np.full(noisy.shape[:2], white // 2, dtype=dtype)
    image = Image(noisy, alpha, Metadata(icc=b"profile"))
    restored = denoise(name, image, sigma=13)
    assert restored.pixels.dtype == dtype
    assert restored.alpha is alpha
    assert restored.metadata is image.metadata
    assert psnr(restored.pixels, CLEAN) > psnr(noisy, CLEAN) + 2


def test_16_bit_pictures_do_not_pass_through_8_bits() -> None:
    noisy = np.rint(np.clip(CLEAN + NOISE * 0.02, 0, 1) * 65535).astype(np.uint16)
    for name in FAST:
        assert len(np.unique(denoise(name, Image(noisy), sigma=5).pixels)) > 2000


def test_nlm_with_norm_l2_is_opencvs_8_bit_function() -> None:
    import cv2

    noisy = np.rint(np.clip(CLEAN + NOISE * 0.1, 0, 1) * 255).astype(np.uint8)
    expected = cv2.fastNlMeansDenoisingColored(noisy[..., ::-1].copy(), None, 20, 20, 7, 21)[..., ::-1]
    restored = denoise("nlm", Image(noisy), norm="l2", sigma=25, h=0.8, patch=7)
    assert np.array_equal(restored.pixels, expected)


def test_values_outside_black_and_white_survive_in_float_pictures() -> None:
    bright = Image(CLEAN * 2 - 0.5 + NOISE * np.float32(0.05))
    for name in FAST:
        restored = denoise(name, bright, sigma=13).pixels
        assert restored.min() < -0.3
        assert restored.max() > 1.2


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 1, 3), (2, 37, 1), (37, 53, 3)])
@pytest.mark.parametrize("sigma", [25, "auto"])
def test_any_size_works(name: str, shape: tuple[int, int, int], sigma: object) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    before = pixels.copy()
    assert denoise(name, Image(pixels), sigma=sigma).pixels.shape == shape
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize("name", INSTALLED)
def test_flat_pictures_stay_flat_and_grey_stored_as_rgb_stays_grey(name: str) -> None:
    flat = np.full((40, 40, 3), 100, dtype=np.uint8)
    assert np.array_equal(denoise(name, Image(flat), sigma=25).pixels, flat)
    grey = np.rint(np.clip(CLEAN[..., :1] + NOISE[..., :1] * 0.1, 0, 1) * 255).astype(np.uint8).repeat(3, axis=2)
    restored = denoise(name, Image(grey), sigma=25).pixels
    assert np.array_equal(restored[..., 0], restored[..., 1])
    assert np.array_equal(restored[..., 0], restored[..., 2])


@pytest.mark.parametrize("name", INSTALLED)
@pytest.mark.parametrize("options", [{"strength": 0}, {"sigma": 0}])
def test_strength_0_and_sigma_0_give_back_the_very_same_picture(name: str, options: dict[str, object]) -> None:
    image = Image(np.rint(CLEAN * 255).astype(np.uint8))
    assert denoise(name, image, **options).pixels is image.pixels


@pytest.mark.parametrize("name", FAST)
def test_strength_grows_the_change(name: str) -> None:
    noisy = Image(CLEAN + NOISE * np.float32(0.1))
    changes = [
        float(np.abs(denoise(name, noisy, sigma=25, strength=s).pixels - noisy.pixels).mean())
        for s in (0.0, 0.5, 1.0, 1.5)
    ]
    assert changes == sorted(changes)
    assert changes[1] == pytest.approx(changes[2] / 2, rel=1e-4)


@pytest.mark.parametrize("sigma", [10, 25, 50])
def test_auto_finds_white_noise(sigma: int) -> None:
    found = 255 * noise_level(CLEAN + NOISE * np.float32(sigma / 255))
    assert found == pytest.approx(sigma, rel=0.15)


def test_auto_finds_nothing_in_a_clean_ramp_and_changes_nothing() -> None:
    ramp = Image(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None].repeat(64, axis=0))
    assert noise_level(ramp.pixels) < 1e-6
    assert denoise("tv", ramp).pixels is ramp.pixels


def test_pictures_with_nan_are_refused() -> None:
    broken = CLEAN.copy()
    broken[3, 4, 0] = np.nan
    with pytest.raises(InputError, match="NaN"):
        denoise("tv", Image(broken))


def test_weights_are_refused_because_there_is_nothing_to_load() -> None:
    with pytest.raises(WeightsError, match=r"tv is a method without weights"):
        SPECS["tv"].load(Path("some.safetensors"), Runtime())


@pytest.mark.parametrize(
    ("name", "options"),
    [("nlm", {"patch": 4}), ("nlm", {"window": 0}), ("tv", {"sigma": 76}), ("tv", {"strength": 2}), ("tv", {"h": 1})],
)
def test_options_out_of_range_or_of_another_method_are_refused(name: str, options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        SPECS[name].options.model_validate(options)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_every_method_is_described(spec: RestorerSpec) -> None:
    assert spec.task == "denoise"
    assert spec.weights is None
    assert spec.sources
    assert issubclass(spec.options, Options)
    assert all(field.description for field in spec.options.model_fields.values())


def test_bm3d_says_which_package_it_requires() -> None:
    assert SPECS["bm3d"].requires == ("bm3d",)
