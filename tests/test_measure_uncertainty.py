"""What `scripts/measure_uncertainty.py` makes of a result whose errors are known."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.benchmark.tasks import Case
from restore.image import Image, Observation, Restoration
from restore.metrics import Convention
from restore.resampling import resized

pytest.importorskip("matplotlib", reason="the diagrams need the extra 'docs'")

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "measure_uncertainty.py"
SCALE = 4


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_uncertainty", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def case() -> Case:
    """A smooth picture, so that the reduced truth is the input to within rounding."""
    rows, columns = np.mgrid[:160, :200]
    truth = np.stack([100 + rows / 4, 80 + columns / 4, 120 + (rows + columns) / 8], 2).astype(np.uint8)
    conventions = (Convention("y", border=SCALE), Convention("rgb", border=SCALE))
    return Case("a.png", "x4", Observation((Image(resized(truth, 40, 50)),)), truth, {}, conventions)


def result(case: Case, samples: int) -> Restoration:
    """Normal errors, to the left of 4 and to the right of 12 grey levels, which map and samples know about."""
    random = np.random.default_rng(0)
    sigma = np.where(np.arange(200) < 100, 4.0, 12.0)[None, :, None] * np.ones((160, 1, 1))

    def spoilt() -> Image:
        return Image(np.rint(case.reference + sigma * random.standard_normal(case.reference.shape)).astype(np.uint8))

    return Restoration(spoilt(), (*(spoilt() for _ in range(samples)), Image(sigma.astype(np.float32))))


def test_map_and_samples_that_know_their_errors_are_found_honest(script: ModuleType, case: Case) -> None:
    figures, drawn = script.measure(case, result(case, 8), 8, 8)
    assert figures.map_within == pytest.approx(0.954, abs=0.01)
    assert figures.samples_within == pytest.approx(0.94, abs=0.02)
    assert figures.map_spread == pytest.approx(np.sqrt((4**2 + 12**2) / 2), rel=0.01)
    assert figures.error == pytest.approx(figures.map_spread, rel=0.03)
    assert figures.samples_spread == pytest.approx(figures.map_spread, rel=0.05)
    assert figures.map_rank == pytest.approx(figures.map_at_best, abs=0.05), "as high as it can be"
    assert 0.3 < figures.map_rank < 0.6 and figures.agreement > 0.8
    assert figures.psnr_samples == pytest.approx(figures.psnr_faithful, abs=0.2)
    assert figures.psnr_between == pytest.approx(figures.psnr_faithful - 3.0, abs=0.2), "two errors instead of one"
    assert drawn.errors.shape == (152 * 192, 3) and drawn.spreads["map"].shape == (152 * 192,)


def test_the_spread_of_samples_is_their_standard_deviation(script: ModuleType) -> None:
    samples = [np.full((2, 2, 3), level, np.uint8) for level in (10, 14)]
    assert script.spread_of(samples) == pytest.approx(np.full((2, 2), np.sqrt(8)))


def test_what_a_result_loses_of_its_input_is_measured_in_grey_levels(script: ModuleType) -> None:
    small = np.random.default_rng(0).integers(50, 200, (12, 10, 3), np.uint8)
    large = np.full((48, 40, 3), 120, np.uint8)
    assert script.lost(large, np.full((12, 10, 3), 117, np.uint8)) == pytest.approx(3, abs=1e-4)
    assert script.lost(resized(small, 48, 40), small) > 1, "bicubic interpolation alone does not give the input back"


def test_tables_show_means_and_the_worst_of_what_must_hold_everywhere(script: ModuleType, case: Case) -> None:
    one, _ = script.measure(case, result(case, 2), 2, 2)
    values = {**one.__dict__, "psnr_faithful": one.psnr_faithful + 2, "again_faithful": 9.876}
    text = script.tables([one, script.Figures(**values)], 2, "Folder x4")
    assert "9.876 grey levels" in text and f"{one.psnr_faithful + 1:.2f} dB" in text
    assert {line.count("|") for line in text.splitlines() if line} == {4}


def test_the_diagrams_are_a_picture_that_can_be_made_again(script: ModuleType, case: Case, tmp_path: Path) -> None:
    _, drawn = script.measure(case, result(case, 3), 3, 3)
    for name in ("a.png", "b.png"):
        script.diagrams([drawn], 3, "a title", tmp_path / name)
    with PillowImage.open(tmp_path / "a.png") as image:
        assert image.size == (1040, 520)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
