"""`scripts/measure_inpainting_speed.py` measures on the pictures and holes that it says."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from restore.image import Pixels
from restore.plugin_manager import PluginManager

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "measure_inpainting_speed.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_inpainting_speed", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_small_photograph_is_mirrored_and_a_grey_one_gets_three_channels(
    script: ModuleType, photo: Callable[..., Path], tmp_path: Path
) -> None:
    manager = PluginManager.of({})
    assert script.middle(photo(tmp_path / "a.png", width=300, height=20), manager).shape == (512, 768, 3)
    middle = script.middle(photo(tmp_path / "b.png", width=800, height=520, mode="L"), manager)
    whole = manager.read_image(tmp_path / "b.png", 10**6).pixels
    assert np.array_equal(middle, np.repeat(whole[4:516, 16:784], 3, axis=2))


def test_scratches_are_long_and_some_pixels_wide(script: ModuleType) -> None:
    for seed in range(5):
        mask = script.scratched(6000, 6000, 1, np.random.default_rng(seed)).astype(np.uint8)
        depth = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE).max()
        assert 300 <= mask.sum() <= 2000 * 8 and 1 <= depth <= 4
    assert script.scratched(400, 600, 50, np.random.default_rng(0)).mean() > 0.05


def test_both_times_are_told_and_their_ratio(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    pixels, mask = np.full((64, 96, 3), 80, np.uint8), np.zeros((64, 96), np.bool_)
    mask[20:30, 20:40] = True
    calls = []

    def slow(given: Pixels, hole: Pixels) -> Pixels:
        calls.append(hole)
        time.sleep(0.2)
        filled: Pixels = script.telea(given, hole)
        return filled

    best, other = script.measure("some", pixels, mask, slow, 3)
    assert len(calls) == 3 and best > other
    said = capsys.readouterr().out
    assert f"gan-inpaint {best * 1000:8.1f} ms" in said and f"{other / best:5.2f} x as fast" in said
    assert "3.3% missing" in said
