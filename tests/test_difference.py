"""What `restore diff` measures: checked against scikit-image over the whole picture, and against known values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from restore import difference as module
from restore.codecs.writing import write
from restore.difference import compare, difference, drawn
from restore.errors import InputError
from restore.evaluate import Pair
from restore.image import Image, Metadata, Pixels
from restore.metrics import psnr
from restore.plugin_manager import PluginManager
from restore.provenance import Treatment, with_provenance


def noise(height: int = 70, width: int = 50, channels: int = 3, dtype: str = "uint8", seed: int = 1) -> Pixels:
    rng = np.random.default_rng(seed)
    if dtype == "float32":
        return rng.random((height, width, channels), np.float32)
    return rng.integers(0, np.iinfo(dtype).max, (height, width, channels), dtype, endpoint=True)


def test_equal_pictures_do_not_differ() -> None:
    found = compare(Image(noise()), Image(noise()))
    assert (found.psnr, found.delta_e_max, found.delta_e_p95, found.changed) == (math.inf, 0, 0, 0)
    assert not found.map.any()
    assert found.notes == ()


@pytest.mark.parametrize("strip", [1, 777, 1 << 18])
@pytest.mark.parametrize(("channels", "dtype"), [(3, "uint8"), (1, "uint16"), (3, "float32")])
def test_strips_give_what_the_whole_picture_gives(
    monkeypatch: pytest.MonkeyPatch, strip: int, channels: int, dtype: str
) -> None:
    monkeypatch.setattr(module, "STRIP", strip)
    before, after = (noise(channels=channels, dtype=dtype, seed=seed) for seed in (1, 2))
    after[:20] = before[:20]
    found = compare(Image(before), Image(after))
    white = 1.0 if dtype == "float32" else float(np.iinfo(dtype).max)
    labs = [rgb2lab(np.repeat(p / white, 3 // channels, axis=2).astype(np.float64)) for p in (before, after)]
    delta = deltaE_ciede2000(*labs)
    assert found.psnr == pytest.approx(psnr(after, before), abs=1e-9)
    assert found.delta_e_mean == pytest.approx(delta.mean(), abs=1e-3)
    assert found.delta_e_p95 == pytest.approx(np.percentile(delta, 95), abs=0.1)  # between two of 3500 pixels
    assert found.delta_e_max == pytest.approx(delta.max(), abs=2e-2)
    assert found.changed == pytest.approx((before != after).any(axis=2).mean())
    np.testing.assert_allclose(found.map, delta, atol=2e-2)


def test_black_against_white_is_100() -> None:
    black, white = Image(np.zeros((4, 4, 3), np.uint8)), Image(np.full((4, 4, 3), 255, np.uint8))
    found = compare(black, white)
    assert found.delta_e_mean == pytest.approx(100, abs=0.01)
    assert found.psnr == 0


def test_a_single_pixel_is_found_where_it_is() -> None:
    after = noise()
    after[40, 30] ^= 128
    found = compare(Image(noise()), Image(after))
    assert found.changed == 1 / 3500
    assert np.argwhere(found.map).tolist() == [[40, 30]]
    assert found.delta_e_p95 == 0 < found.delta_e_max


@pytest.mark.parametrize("strip", [1, 1 << 18])
def test_large_pictures_get_a_map_of_means(monkeypatch: pytest.MonkeyPatch, strip: int) -> None:
    monkeypatch.setattr(module, "STRIP", strip)
    monkeypatch.setattr(module, "LARGEST_MAP", 30)
    before, after = noise(), noise(seed=2)
    fine = compare(Image(before[:69, :48]), Image(after[:69, :48]))
    found = compare(Image(before), Image(after))
    assert (found.block, found.map.shape) == (3, (24, 17))
    assert fine.block == 3
    np.testing.assert_allclose(found.map[:23, :16], fine.map[:23], rtol=1e-5)
    assert found.map[:, -1].mean() == pytest.approx(found.map.mean(), rel=0.2), "means at the edge count what is there"


def test_an_enlarged_picture_is_reduced_first() -> None:
    before = noise()
    found = compare(Image(before), Image(before.repeat(2, axis=0).repeat(2, axis=1)))
    assert (found.scale, found.changed) == (2, 0)
    assert found.notes == ("It is 2 times as large as before and was reduced by averaging 2x2 pixels.",)


def test_other_depths_meet_at_the_lower_one() -> None:
    coarse = noise() // np.uint8(2)
    found = compare(Image(coarse.astype(np.uint16) * np.uint16(257) + np.uint16(100)), Image(coarse))
    assert found.changed == 0
    assert found.notes == ("It was uint16 and is uint8; compared as uint8.",)


def test_grey_is_compared_with_colour() -> None:
    grey = noise(channels=1)
    found = compare(Image(grey), Image(grey.repeat(3, axis=2)))
    assert (found.changed, found.notes) == (0, ("It was grey and is colour.",))


def test_alpha_is_reported_where_it_differs() -> None:
    alpha = np.full((70, 50), 255, np.uint8)
    hole = alpha.copy()
    hole[:7] = 0
    assert compare(Image(noise(), hole), Image(noise(), hole)).alpha_changed == 0
    found = compare(Image(noise(), hole), Image(noise()))
    assert found.alpha_changed == pytest.approx(0.1)
    assert found.notes == ("It has transparency only before.",)
    assert compare(Image(noise(), hole), Image(noise())).changed == 0


def test_another_profile_is_said() -> None:
    found = compare(Image(noise(), metadata=Metadata(icc=b"a")), Image(noise()))
    assert found.notes == ("Its colour profile is not the one it had; both pictures were taken as sRGB.",)


def test_what_the_xmp_says_is_told() -> None:
    done = Treatment("nlm", None, {"strength": 1.0}, "0.1.0")
    assert compare(Image(noise()), with_provenance(Image(noise()), done)).treatments == (done,)


@pytest.mark.parametrize("shape", [(70, 51), (71, 50), (35, 25), (140, 50), (105, 75)])
def test_other_sizes_are_refused_by_their_names(
    tmp_path: Path, photo: Callable[..., Path], tiny_manager: PluginManager, shape: tuple[int, int]
) -> None:
    before = photo(tmp_path / "before.png", width=50, height=70)
    after = photo(tmp_path / "after.png", width=shape[1], height=shape[0])
    with pytest.raises(InputError, match=rf"after\.png: is {shape[1]}x{shape[0]}, but 50x70 .*before\.png"):
        difference(Pair("a", after, before), tiny_manager, 10**6)


def test_nan_is_refused(tmp_path: Path, tiny_manager: PluginManager) -> None:
    paths = [tmp_path / "a.tif", tmp_path / "b.tif"]
    image = Image(noise(dtype="float32"))
    write(image, paths[0])
    broken = image.pixels.copy()
    broken[3, 4] = np.nan
    write(replace(image, pixels=broken), paths[1])
    with pytest.raises(InputError, match=r"b\.tif: the picture holds NaN"):
        difference(Pair("a", paths[1], paths[0]), tiny_manager, 10**6)


def test_the_drawn_map_says_what_its_values_are() -> None:
    """Its last rows hold "ΔE (CIEDE2000)", and how many pixels each value stands for where that is more than one."""
    found = compare(Image(noise(seed=1)), Image(noise(seed=2)))
    single, means = (drawn(replace(found, block=block)).pixels for block in (1, 4))
    assert single.shape == means.shape
    assert 0 < (single[-20:] < 128).sum() < (means[-20:] < 128).sum()
    assert (single[:-20] == means[:-20]).all()
