"""`scripts/measure_fusion_speed.py` times both fusers on the frames that it says."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from restore.image import Pixels

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "measure_fusion_speed.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_fusion_speed", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_mertens_gives_eight_bits_of_the_same_size(script: ModuleType) -> None:
    dark, bright = (np.full((40, 60, 3), level, np.uint8) for level in (30, 220))
    fused = script.mertens([dark, bright])
    assert fused.shape == dark.shape and fused.dtype == np.uint8
    assert 30 < fused.mean() < 220


def test_what_is_timed_is_the_fusion_of_these_frames(script: ModuleType) -> None:
    seen: list[Sequence[Pixels]] = []

    def slow(frames: Sequence[Pixels]) -> Pixels:
        seen.append(frames)
        time.sleep(0.05)
        return frames[0]

    frames = [np.zeros((4, 4, 3), np.uint8)] * 2
    assert script.seconds(slow, frames) >= 0.05
    assert seen == [frames]
