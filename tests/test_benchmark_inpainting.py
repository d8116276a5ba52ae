"""What the benchmark of inpainting gives models, and what it measures inside a hole."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from restore.benchmark.holes import gradient_energy, hole_measures
from restore.benchmark.inpainting import inpainting_cases, mid_grey
from restore.benchmark.running import INPUT, run_benchmark
from restore.benchmark.tasks import Setup
from restore.benchmark.worker import WARM_UP, Contender, _corner
from restore.codecs.writing import write
from restore.errors import InputError, UsageError
from restore.holes import KINDS
from restore.image import Image, Observation, Pixels
from restore.metrics import Convention, psnr, ssim
from restore.plugin_manager import PluginManager
from restore.spec import Runtime

Photo = Callable[..., Path]


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> PluginManager:
    """The classical methods, here and in the processes that a benchmark starts."""
    monkeypatch.setenv("RESTORE_PLUGINS", "classic")
    return PluginManager.discover()


@pytest.fixture
def data(photo: Photo, tmp_path: Path) -> Path:
    for name in ("a.png", "b.png"):
        photo(tmp_path / "data" / name, width=67, height=50)
    return tmp_path / "data"


def test_pictures_are_whole_but_for_a_grey_hole(data: Path, manager: PluginManager) -> None:
    cases = list(inpainting_cases(Setup(data, limit=1), manager))
    assert [case.setting for case in cases] == list(KINDS)
    whole = manager.read_image(data / "a.png", 10_000).pixels
    for case in cases:
        mask, given = case.observation.mask, case.observation.image.pixels
        assert mask is not None and mask.any() and not mask.all()
        assert np.array_equal(case.reference, whole)
        assert np.array_equal(given[~mask], whole[~mask])
        assert (given[mask] == 128).all()
        assert case.told == {} and case.conventions == (Convention("rgb"),)


def test_a_hole_depends_on_kind_seed_and_name_and_not_on_other_pictures(data: Path, manager: PluginManager) -> None:
    def hole(name: str, setup: Setup) -> bytes:
        case = next(case for case in inpainting_cases(setup, manager) if case.name == name)
        assert case.observation.mask is not None
        return case.observation.mask.tobytes()

    setup = Setup(data, masks=("scratch",))
    before = hole("b.png", setup)
    assert before != hole("a.png", setup)
    assert before != hole("b.png", Setup(data, masks=("scratch",), seed=1))
    (data / "a.png").unlink()
    assert before == hole("b.png", Setup(data, masks=("scratch", "text")))


@pytest.mark.parametrize(("dtype", "grey"), [(np.uint8, 128), (np.uint16, 32768), (np.float32, 0.5)])
def test_mid_grey_is_half_of_white_in_every_depth(dtype: type, grey: float) -> None:
    assert mid_grey(np.zeros((1, 1, 3), dtype)) == grey


def test_deep_pictures_keep_their_depth(tmp_path: Path, manager: PluginManager) -> None:
    (tmp_path / "data").mkdir()
    write(Image(np.random.default_rng(0).integers(0, 65536, (40, 40, 1), np.uint16)), tmp_path / "data" / "a.png")
    case = next(inpainting_cases(Setup(tmp_path / "data"), manager))
    assert case.observation.image.pixels.dtype == case.reference.dtype == np.uint16


def test_a_picture_without_room_for_a_hole_is_named(tmp_path: Path, photo: Photo, manager: PluginManager) -> None:
    photo(tmp_path / "data" / "tiny.png", width=30, height=11)
    with pytest.raises(InputError, match=r"tiny\.png: 30 x 11 pixels are too few for a hole"):
        list(inpainting_cases(Setup(tmp_path / "data"), manager))


def test_a_folder_is_needed(manager: PluginManager) -> None:
    with pytest.raises(UsageError, match="needs a folder of pictures"):
        next(inpainting_cases(Setup(), manager))


def textured() -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """Noise, and a hole in its middle."""
    pixels = np.random.default_rng(0).integers(60, 200, (60, 80, 3)).astype(np.uint8)
    mask = np.zeros((60, 80), np.bool_)
    mask[20:40, 30:50] = True
    return pixels, mask


def test_a_hole_is_measured_by_its_own_pixels_alone() -> None:
    reference, mask = textured()
    restored = reference.copy()
    restored[mask] += 16
    measured = hole_measures(restored, reference, mask)
    assert measured["psnr_hole"] == pytest.approx(20 * math.log10(255 / 16))
    assert measured["l1_hole"] == pytest.approx(100 * 16 / 255)
    assert measured["l1_rgb"] == pytest.approx(100 * 16 / 255 * mask.mean())
    assert measured["psnr_hole"] == pytest.approx(psnr(restored, reference) + 10 * math.log10(mask.mean()))


def test_ssim_of_a_hole_that_is_the_picture_is_ssim() -> None:
    reference, mask = textured()
    restored = reference.copy()
    restored[mask] //= 2
    everything = np.ones_like(mask)
    assert hole_measures(restored, reference, everything)["ssim_hole"] == pytest.approx(ssim(restored, reference))
    assert hole_measures(restored, reference, mask)["ssim_hole"] < ssim(restored, reference)


def test_gradient_energy_tells_a_blur_from_texture() -> None:
    reference, mask = textured()
    flat, other = reference.copy(), reference.copy()
    flat[mask] = 130
    other[mask] = reference[:20, :20].reshape(-1, 3)
    assert hole_measures(flat, reference, mask)["gradient_hole"] < 0.2
    assert 0.8 < hole_measures(other, reference, mask)["gradient_hole"] < 1.25


def test_gradient_energy_is_sobels() -> None:
    ramp = np.arange(40, dtype=np.float32)[None, :, None].repeat(30, axis=0) / 100
    mask = np.zeros((30, 40), np.bool_)
    mask[10:20, 10:20] = True
    assert gradient_energy(ramp, mask) == pytest.approx((8 / 100) ** 2), "1 + 2 + 1 rows, two pixels apart"


def test_what_is_not_defined_is_nan_and_what_is_perfect_infinite() -> None:
    flat, mask = np.full((60, 80, 3), 90, np.uint8), textured()[1]
    perfect = hole_measures(flat, flat, mask)
    assert perfect["psnr_hole"] == math.inf and perfect["l1_hole"] == 0 and perfect["ssim_hole"] == pytest.approx(1)
    assert math.isnan(perfect["gradient_hole"]), "there is no gradient to compare with"
    corner = np.zeros_like(mask)
    corner[:3, :3] = True
    assert math.isnan(hole_measures(flat, flat, corner)["ssim_hole"]), "no window fits round its pixels"
    assert math.isnan(hole_measures(flat[:8], flat[:8], mask[15:23])["ssim_hole"])


def test_models_fill_holes_and_are_measured_inside_them(data: Path, manager: PluginManager) -> None:
    cases = inpainting_cases(Setup(data, masks=("text", "boxes")), manager)
    contenders = [Contender("telea", "telea", {}), Contender("biharmonic", "biharmonic", {})]
    outcome = run_benchmark(cases, contenders, Runtime(threads=1), manager, lambda *_: None)
    assert not outcome.failures
    rows = {(row.setting, row.label): row for row in outcome.rows()}
    assert set(rows) == {(kind, label) for kind in ("text", "boxes") for label in (INPUT, "telea", "biharmonic")}
    for kind in ("text", "boxes"):
        filled, hole = rows[kind, "telea"].means, rows[kind, INPUT].means
        assert set(filled) == {*hole} >= {"psnr_rgb", "ssim_rgb", "psnr_hole", "ssim_hole", "l1_hole", "gradient_hole"}
        assert filled["psnr_hole"].value > hole["psnr_hole"].value + 3
        assert filled["psnr_hole"].value < filled["psnr_rgb"].value


def test_the_untimed_run_sees_a_part_with_a_hole_and_something_known() -> None:
    pixels = np.zeros((900, 1200, 3), np.uint8)
    mask = np.zeros((900, 1200), np.bool_)
    mask[700:710, 1000:1100] = True
    part = _corner(Observation((Image(pixels),), mask))
    assert part.image.pixels.shape == (WARM_UP, WARM_UP, 3)
    assert part.mask is not None and part.mask.sum() == 1000
    mask[50:] = True
    part = _corner(Observation((Image(pixels),), mask))
    assert part.mask is not None and part.mask.any() and not part.mask.all()
