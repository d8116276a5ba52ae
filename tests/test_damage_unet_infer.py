"""The detector keeps its promises with weights drawn by chance, and with its own finds damage, and leaves the rest."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from restore_damage_unet.infer import DamageUnet, load
from restore_damage_unet.model import CHANNELS, REACH, Architecture, Detector, outstanding, shown
from restore_damage_unet.plugin import WEIGHTS, DetectOptions, provide_restorers
from restore_damage_unet.recipe import calibrate
from restore_damage_unet.scoring import agreement
from skimage import data

from restore.errors import InputError, WeightsError
from restore.image import Image, Observation, Pixels
from restore.spec import Makes, Runtime
from restore.toolkit.stream import receptive_radius
from restore.weights import save

SPEC = provide_restorers()[0]


@pytest.fixture(scope="module")
def unet(tmp_path_factory: pytest.TempPathFactory) -> DamageUnet:
    """A network that marks some pixels and leaves others."""
    torch.manual_seed(0)
    network = Detector()
    with torch.no_grad():
        network.head.weight.mul_(20)
        logits = network(shown(torch.from_numpy(photograph()).permute(2, 0, 1)[None] / 255))
        calibrate(network, float(logits.quantile(0.9)))
    file = tmp_path_factory.mktemp("weights") / "w.safetensors"
    save(file, network.state_dict(), {"model": "damage-unet", "config": json.dumps(network.architecture.as_dict())})
    return load(file, Runtime(device="cpu"))


def photograph(height: int = 256, width: int = 320) -> Pixels:
    return np.ascontiguousarray(data.chelsea()[:height, 60 : 60 + width])


def damaged(pixels: Pixels) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """A picture with a bright scratch down its whole height and specks of dark dust."""
    layer = np.zeros(pixels.shape[:2], np.uint8)
    cv2.polylines(layer, [np.array([[140, -5], [146, 130], [143, 300]])], False, 255, 2, cv2.LINE_AA)
    scratch = layer[..., None] / 255
    dust = np.zeros(pixels.shape[:2], np.uint8)
    for x, y in ((40, 60), (90, 200), (220, 90), (260, 180), (200, 30)):
        cv2.ellipse(dust, (x, y), (5, 2), x, 0, 360, 255, cv2.FILLED, cv2.LINE_AA)
    specks = dust[..., None] / 255
    spoilt = pixels * (1 - scratch) + 250 * scratch
    spoilt = spoilt * (1 - specks) + 8 * specks
    return spoilt.round().astype(np.uint8), (layer > 127) | (dust > 127)


def mask(unet: DamageUnet, image: Image | Pixels, **options: object) -> Pixels:
    image = image if isinstance(image, Image) else Image(image)
    return unet.restore(Observation((image,)), DetectOptions.model_validate(options)).pixels


def test_it_says_that_it_makes_a_mask_and_how_far_it_looks(unet: DamageUnet) -> None:
    assert SPEC.makes is Makes.MASK
    assert SPEC.size_rule == unet.rule
    assert unet.rule.halo == receptive_radius(Detector()) + REACH


def test_a_lower_threshold_marks_more(unet: DamageUnet) -> None:
    spoilt, _ = damaged(photograph())
    strict, usual, generous = (mask(unet, spoilt, threshold=t) > 0 for t in (0.9, 0.5, 0.1))
    assert not (strict & ~usual).any()
    assert not (usual & ~generous).any()
    assert strict.sum() < generous.sum()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (37, 53), (64, 31)])
def test_any_size_gives_a_mask_of_that_size(unet: DamageUnet, size: tuple[int, int]) -> None:
    found = mask(unet, photograph(*size))
    assert found.shape == (*size, 1)
    assert found.dtype == np.uint8
    assert set(np.unique(found)) <= {0, 255}


def test_strips_and_blocks_of_columns_give_the_mask_of_the_whole(
    unet: DamageUnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoilt, _ = damaged(photograph(256, 320))
    wide = np.ascontiguousarray(np.tile(spoilt, (2, 3, 1)))
    whole = mask(DamageUnet(unet.network, unet.machine, 4096), wide)
    assert whole.any()
    assert np.array_equal(mask(DamageUnet(unet.network, unet.machine, 128), wide), whole)
    monkeypatch.setattr("restore.toolkit.strips.WIDEST", 320)
    # Other shapes, other kernels: sums differ in the last bit, and a pixel on the threshold with them.
    assert (mask(DamageUnet(unet.network, unet.machine, 128), wide) != whole).mean() < 1e-5


def test_all_depths_give_the_same_mask(unet: DamageUnet) -> None:
    spoilt, _ = damaged(photograph())
    usual = mask(unet, spoilt)
    assert usual.any()
    for same in (spoilt.astype(np.uint16) * 257, spoilt.astype(np.float32) / 255):
        assert (mask(unet, same) != usual).mean() < 1e-5


def test_grey_is_the_same_in_one_channel_and_in_three(unet: DamageUnet) -> None:
    grey = np.ascontiguousarray(damaged(photograph())[0][..., 1:2])
    found = mask(unet, grey)
    assert found.any()
    assert np.array_equal(found, mask(unet, np.repeat(grey, 3, 2)))


def test_alpha_is_ignored_and_metadata_is_not_the_mask_s(unet: DamageUnet) -> None:
    spoilt, _ = damaged(photograph())
    alpha = np.full(spoilt.shape[:2], 100, np.uint8)
    result = unet.restore(Observation((Image(spoilt, alpha),)), DetectOptions())
    assert result.alpha is None
    assert np.array_equal(result.pixels, mask(unet, spoilt))


def test_values_beyond_white_count_as_white(unet: DamageUnet) -> None:
    spoilt = damaged(photograph())[0].astype(np.float32) / 255
    brighter = np.where(spoilt > 0.98, 40.0, spoilt).astype(np.float32)
    assert np.array_equal(mask(unet, brighter), mask(unet, np.where(spoilt > 0.98, 1.0, spoilt).astype(np.float32)))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_no_numbers_are_refused_before_the_network_runs(unet: DamageUnet, value: float) -> None:
    pixels = np.full((16, 16, 3), 0.5, np.float32)
    pixels[3, 4, 1] = value
    with pytest.raises(InputError, match="holds NaN or infinite pixels"):
        mask(unet, pixels)


def test_a_mask_is_refused(unet: DamageUnet) -> None:
    observation = Observation((Image(photograph(32, 32)),), np.zeros((32, 32), bool))
    with pytest.raises(InputError, match="mask"):
        unet.restore(observation, DetectOptions())


def test_weights_of_another_shape_are_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    tensors = Detector(Architecture((8, 8))).state_dict()
    save(file, tensors, {"model": "damage-unet", "config": "{}"})
    with pytest.raises(WeightsError, match="does not fit") as caught:
        load(file, Runtime(device="cpu"))
    assert caught.value.path == file


def test_the_network_is_the_same_row_by_row() -> None:
    torch.manual_seed(0)
    small = Detector(Architecture((8, 8, 8)))
    assert small(torch.rand(1, CHANNELS, 16, 24)).shape == (1, 1, 16, 24)
    assert small.architecture.multiple == 8


def test_top_hats_are_what_opencv_s_are_and_a_line_stands_out_from_a_slope() -> None:
    slope = np.linspace(0, 0.5, 40, dtype=np.float32)[None].repeat(30, 0)
    slope[:, 20] += 0.3
    white, black = outstanding(torch.from_numpy(slope)[None, None], 2)
    square = np.ones((5, 5), np.uint8)
    for found, which in ((white, cv2.MORPH_TOPHAT), (black, cv2.MORPH_BLACKHAT)):
        assert np.allclose(found[0, 0].numpy(), cv2.morphologyEx(slope, which, square), atol=1e-6)
    assert float(white[0, 0, 15, 20]) > 0.25
    assert float(white[0, 0, :, 5:15].max()) < 0.05


def test_what_the_network_is_shown_looks_no_farther_than_it_says() -> None:
    picture = torch.rand(1, 3, 80, 80, generator=torch.Generator().manual_seed(0))
    whole = shown(picture)
    part = shown(picture[..., 20 - REACH : 50 + REACH, 20 - REACH : 50 + REACH])
    assert whole.shape == (1, CHANNELS, 80, 80)
    assert torch.equal(part[..., REACH:-REACH, REACH:-REACH], whole[..., 20:50, 20:50])


@pytest.fixture(scope="module")
def shipped() -> DamageUnet:
    """The detector as it comes."""
    return load(WEIGHTS, Runtime(device="cpu"))


def test_most_of_a_scratch_is_found_in_colour_and_in_grey_and_nothing_else(shipped: DamageUnet) -> None:
    picture, truth = damaged(photograph())
    for pixels in (picture, np.rint(picture.mean(2, keepdims=True)).astype(np.uint8)):
        found = agreement(mask(shipped, pixels)[..., 0] > 0, truth)
        assert found.recall > 0.7
        assert found.precision > 0.95


def test_sound_photographs_stay_as_good_as_unmarked(shipped: DamageUnet) -> None:
    # Masts before a night sky and highlights on wood are the likeliest to be taken for scratches and dust.
    names = ("astronaut", "chelsea", "camera", "coffee", "rocket")
    pictures = [np.atleast_3d(getattr(data, name)()) for name in names]
    shares = [np.count_nonzero(mask(shipped, picture)) / picture[..., 0].size for picture in pictures]
    assert max(shares) < 0.004
    assert np.mean(shares) < 0.001


def test_the_description_tells_how_far_the_shipped_network_looks(shipped: DamageUnet) -> None:
    assert SPEC.size_rule == shipped.rule
