"""The upscaler, with its shipped weights, keeps its promises."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from restore_vae_sr.infer import VaeUpscaler, load
from restore_vae_sr.model import SCALES, Architecture, VaeSr
from restore_vae_sr.plugin import PHOTO_WEIGHTS, WEIGHTS, UpscaleOptions, provide_restorers
from scipy.stats import spearmanr
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

from restore.errors import InputError, WeightsError
from restore.image import Image, Observation, Pixels, Restoration
from restore.resampling import resized
from restore.spec import Runtime
from restore.weights import save

SPEC = provide_restorers()[0]


@pytest.fixture(scope="module")
def vae() -> VaeUpscaler:
    return load((WEIGHTS, PHOTO_WEIGHTS), Runtime(device="cpu"))


def photograph(edge: int = 192) -> Pixels:
    return np.ascontiguousarray(data.astronaut()[20 : 20 + edge, 130 : 130 + edge])


def small(scale: int, edge: int = 192) -> Pixels:
    return resized(photograph(edge), edge // scale, edge // scale)


def enlarged(vae: VaeUpscaler, image: Image | Pixels, **options: object) -> Restoration:
    image = image if isinstance(image, Image) else Image(image)
    return vae.restore(Observation((image,)), UpscaleOptions.model_validate(options))


def rms(a: Pixels, b: Pixels) -> float:
    return float(np.sqrt(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2)))


@pytest.mark.parametrize("scale", SCALES)
def test_it_is_nearer_to_the_truth_than_bicubic_interpolation(vae: VaeUpscaler, scale: int) -> None:
    truth, given = photograph(), small(scale)
    ours = enlarged(vae, given, scale=scale, training="clean").image.pixels
    gained = peak_signal_noise_ratio(truth, ours) - peak_signal_noise_ratio(truth, resized(given, 192, 192))
    assert gained > {2: 2.0, 3: 1.5, 4: 1.2}[scale]


@pytest.mark.parametrize("scale", SCALES)
def test_the_result_reduced_again_is_the_input(vae: VaeUpscaler, scale: int) -> None:
    given = small(scale)
    options = {"scale": scale, "training": "clean"}
    held = enlarged(vae, given, **options).image.pixels
    assert rms(resized(held, *given.shape[:2]), given) < 0.6
    free = enlarged(vae, given, **options, consistent="off").image.pixels
    assert rms(resized(held, *given.shape[:2]), given) < rms(resized(free, *given.shape[:2]), given)


def test_a_factor_between_two_scales_is_consistent_too(vae: VaeUpscaler) -> None:
    given = small(3)
    result = enlarged(vae, given, scale=2.7, training="clean").image.pixels
    assert result.shape == (173, 173, 3)
    assert rms(resized(result, *given.shape[:2]), given) < 1


def test_samples_differ_and_every_one_of_them_gives_the_input_back(vae: VaeUpscaler) -> None:
    given = small(4)
    result = enlarged(vae, given, scale=4, training="clean", samples=2)
    first, second = (sample.pixels for sample in result.companions)
    assert rms(first, second) > 1
    assert rms(first, result.image.pixels) > 0.7
    for sample in (first, second):
        assert rms(resized(sample, *given.shape[:2]), given) < 0.6


def test_a_seed_fixes_the_samples_and_a_low_temperature_tames_them(vae: VaeUpscaler) -> None:
    given = small(4, 96)

    def sample(**options: object) -> Pixels:
        return enlarged(vae, given, scale=4, training="clean", samples=1, **options).companions[0].pixels

    faithful = enlarged(vae, given, scale=4, training="clean").image.pixels
    assert np.array_equal(sample(seed=5), sample(seed=5))
    assert not np.array_equal(sample(seed=5), sample(seed=6))
    assert rms(sample(temperature=0.3), faithful) < 0.6 * rms(sample(), faithful)


def test_the_map_of_uncertainty_is_large_where_the_error_is(vae: VaeUpscaler) -> None:
    given = small(4)
    result = enlarged(vae, given, scale=4, training="clean", uncertainty=True)
    picture, numbers = result.companions
    assert picture.pixels.shape[2] == 3
    assert numbers.pixels.shape == (192, 192, 1)
    assert numbers.pixels.dtype == np.float32
    error = np.abs(result.image.pixels.astype(np.float64) - photograph())
    spread = numbers.pixels.astype(np.float64)
    assert 0.85 < float((error <= 2 * spread).mean()) < 0.995
    assert spearmanr(error.mean(2).ravel(), spread.ravel()).statistic > 0.4


@pytest.mark.parametrize("options", [{}, {"samples": 1, "temperature": 0.8}])
def test_tiles_of_any_size_give_the_same_bytes(vae: VaeUpscaler, options: dict[str, object]) -> None:
    given = np.ascontiguousarray(data.coffee()[:150, :155])
    small_tiles = VaeUpscaler(vae.models, vae.machine, 72)  # several strips instead of the whole
    one, other = (enlarged(v, given, scale=2, training="clean", **options) for v in (vae, small_tiles))
    for a, b in zip((one.image, *one.companions), (other.image, *other.companions), strict=True):
        assert np.array_equal(a.pixels, b.pixels)


def test_very_wide_pictures_are_the_same_in_blocks_of_columns(
    vae: VaeUpscaler, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = np.ascontiguousarray(data.coffee()[:40, :330])
    options: dict[str, object] = {"scale": 2, "training": "clean", "samples": 1, "uncertainty": True}
    whole = enlarged(vae, given, **options)
    monkeypatch.setattr("restore_vae_sr.enlargement.WIDEST", 150)
    blocks = enlarged(vae, given, **options)
    for a, b in zip((whole.image, *whole.companions), (blocks.image, *blocks.companions), strict=True):
        assert np.abs(a.pixels.astype(np.float64) - b.pixels).max() <= (1 if a.pixels.dtype == np.uint8 else 1e-2)


def test_grey_in_a_colour_file_stays_exactly_grey(vae: VaeUpscaler) -> None:
    grey = np.repeat(small(2)[:, :, 1:2], 3, 2)
    result = enlarged(vae, grey, scale=2).image.pixels
    assert np.array_equal(result[..., 0], result[..., 1])
    assert np.array_equal(result[..., 0], result[..., 2])


def test_transparency_is_enlarged_with_the_same_edges_and_no_colour_comes_from_beyond(vae: VaeUpscaler) -> None:
    rows, columns = np.mgrid[:64, :64]
    disc = ((rows - 32) ** 2 + (columns - 32) ** 2 < 20**2).astype(np.uint8)
    red = np.zeros((64, 64, 3), np.uint8)
    red[disc == 1] = (200, 40, 30)
    result = enlarged(vae, Image(red, disc * 255), scale=2, training="clean").image
    assert result.alpha is not None
    inside = (rows[::1] >= 0) & (resized(disc * 255, 128, 128)[::2, ::2] > 128)
    assert ((result.alpha[::2, ::2] > 128) == inside).mean() > 0.99
    visible = result.pixels[result.alpha > 0].astype(int)
    assert np.abs(visible - (200, 40, 30)).max() <= 3


def test_a_picture_that_is_large_enough_stays_as_it_is(vae: VaeUpscaler) -> None:
    given = photograph(64)
    result = enlarged(vae, given, max_side=64, samples=1, uncertainty=True)
    assert np.array_equal(result.image.pixels, given)
    assert len(result.companions) == 3
    assert not result.companions[2].pixels.any()


def test_saved_and_noisy_pictures_are_taken_for_photos_and_sharp_ones_for_clean(
    vae: VaeUpscaler, caplog: pytest.LogCaptureFixture
) -> None:
    sharp = small(2, 256)
    saved = np.asarray(cv2.imdecode(cv2.imencode(".jpg", sharp, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR))
    noisy = (sharp + np.random.default_rng(0).normal(0, 12, sharp.shape)).clip(0, 255).astype(np.uint8)
    with caplog.at_level("INFO"):
        for pixels in (saved, noisy, sharp):
            enlarged(vae, pixels, scale=2)
    assert ["photo" in message for message in caplog.messages] == [True, True, False]
    assert "clean" in caplog.messages[2]


def test_a_factor_beyond_the_weights_is_refused_with_what_they_know(vae: VaeUpscaler) -> None:
    with pytest.raises(InputError, match="up to 4"):
        enlarged(vae, small(4), max_side=500)
    with pytest.raises(ValidationError):
        UpscaleOptions(scale=5)


def test_a_mask_is_refused(vae: VaeUpscaler) -> None:
    observation = Observation((Image(small(4)),), np.zeros((48, 48), bool))
    with pytest.raises(InputError, match="mask"):
        vae.restore(observation, UpscaleOptions())


def test_samples_at_temperature_zero_are_refused() -> None:
    with pytest.raises(ValidationError, match="temperature above 0"):
        UpscaleOptions(samples=2, temperature=0)


def test_weights_of_another_shape_are_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    tensors = VaeSr(Architecture(width=8, latent=4)).state_dict()
    save(file, tensors, {"model": "vae-sr", "config": "{}", "settings": '{"training": "clean"}'})
    with pytest.raises(WeightsError, match="does not fit") as caught:
        load((file,), Runtime(device="cpu"))
    assert caught.value.path == file


def test_own_weights_of_one_training_serve_every_picture() -> None:
    one = load((WEIGHTS,), Runtime(device="cpu"))
    assert torch.get_num_threads() >= 1
    assert enlarged(one, small(4), scale=2, training="photo").image.pixels.shape == (96, 96, 3)


@pytest.mark.parametrize(
    ("options", "held"),
    [
        ({"scale": 2}, 0),
        ({"scale": 1.5}, 4 * 3),  # twice as large, in three channels of 8 bits, then reduced
        ({"scale": 2.5}, 9 * 3),
        ({"size": "200x200"}, 0),
        ({"max_side": 210}, 9 * 3),
        ({"max_side": 100}, 0),
        ({"max_side": 350}, 16 * 3),
        ({"scale": 2, "uncertainty": True}, 4 * 4),
        ({"scale": 1.5, "uncertainty": True}, 4 * 3 + 4 * 4),
    ],
)
def test_what_is_held_on_the_way_to_sizes_between_is_told(options: dict[str, object], held: int) -> None:
    assert SPEC.working_bytes is not None
    assert SPEC.working_bytes(UpscaleOptions.model_validate(options), 60, 100, 3, 8) == held * 60 * 100


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused_before_the_network_runs(vae: VaeUpscaler, value: float) -> None:
    pixels = np.full((16, 16, 3), 0.5, np.float32)
    pixels[3, 4, 1] = value
    with pytest.raises(InputError, match="holds NaN or infinite pixels"):
        enlarged(vae, pixels)


def test_what_would_be_enlarged_too_much_is_refused_by_its_size_alone() -> None:
    assert SPEC.output_size is not None
    assert SPEC.output_size(UpscaleOptions(max_side=400), 100, 60) == (400, 240)
    with pytest.raises(InputError, match="cannot be enlarged 5 times: vae-sr knows factors up to 4"):
        SPEC.output_size(UpscaleOptions(max_side=500), 100, 60)
