"""What the benchmark of upscaling gives models: the field's convention, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from restore.benchmark.running import INPUT, run_benchmark
from restore.benchmark.tasks import Setup
from restore.benchmark.upscaling import upscaling_cases
from restore.benchmark.worker import Contender
from restore.codecs.writing import write
from restore.errors import InputError, UsageError
from restore.image import Image
from restore.metrics import Convention, psnr
from restore.plugin_manager import PluginManager
from restore.resampling import resized
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


def test_pictures_are_cropped_to_a_multiple_of_the_scale_and_reduced(data: Path, manager: PluginManager) -> None:
    cases = list(upscaling_cases(Setup(data, limit=1), manager))
    assert [case.setting for case in cases] == ["x2", "x3", "x4"]
    whole = manager.read_image(data / "a.png", 10_000).pixels
    for case, (height, width) in zip(cases, [(50, 66), (48, 66), (48, 64)], strict=True):
        scale = int(case.setting[1:])
        large = whole[:height, :width]
        assert np.array_equal(case.reference, large)
        small = case.observation.image.pixels
        assert small.dtype == np.uint8
        assert np.array_equal(small, resized(large, height // scale, width // scale))
        assert case.told == {"scale": scale}
        assert case.conventions == (Convention("y", border=scale), Convention("rgb", border=scale))


def test_deeper_pictures_are_reduced_to_8_bits_and_keep_their_own_depth_as_reference(
    tmp_path: Path, manager: PluginManager
) -> None:
    (tmp_path / "data").mkdir()
    write(Image(np.random.default_rng(0).integers(0, 65536, (40, 40, 1), np.uint16)), tmp_path / "data" / "a.png")
    case = next(upscaling_cases(Setup(tmp_path / "data"), manager))
    assert case.reference.dtype == np.uint16 and case.observation.image.pixels.dtype == np.uint8
    exact = resized(case.reference, 20, 20) / 257
    assert np.abs(case.observation.image.pixels - exact).max() <= 0.5


def test_a_picture_that_leaves_nothing_inside_its_border_is_named(
    tmp_path: Path, photo: Photo, manager: PluginManager
) -> None:
    photo(tmp_path / "data" / "tiny.png", width=30, height=11)
    with pytest.raises(InputError, match=r"tiny\.png: 30 x 11 pixels are too few for x4"):
        list(upscaling_cases(Setup(tmp_path / "data", scales=(4,)), manager))


def test_a_folder_is_needed(manager: PluginManager) -> None:
    with pytest.raises(UsageError, match="needs a folder of pictures"):
        next(upscaling_cases(Setup(), manager))


def test_models_enlarge_and_are_measured_against_the_large_picture(data: Path, manager: PluginManager) -> None:
    cases = upscaling_cases(Setup(data, scales=(3,)), manager)
    contenders = [Contender("bicubic", "bicubic", {}), Contender("nearest", "opencv-nearest", {})]
    outcome = run_benchmark(cases, contenders, Runtime(threads=1), manager, lambda *_: None)
    assert INPUT not in {sample.label for sample in outcome.samples}, "the small picture compares with nothing"
    assert outcome.conventions == {"x3": (Convention("y", border=3), Convention("rgb", border=3))}
    case = next(upscaling_cases(Setup(data, scales=(3,)), manager))
    expected = resized(case.observation.image.pixels, *case.reference.shape[:2])
    (row, _) = outcome.rows()
    (sample, _) = [sample for sample in outcome.samples if sample.label == "bicubic"]
    assert sample.values["psnr_y"] == psnr(expected, case.reference, case.conventions[0])
    assert sample.megapixels == case.reference.shape[0] * case.reference.shape[1] / 1e6, "of the result"
    assert row.label == "bicubic" and row.images == 2
