"""`scripts/measure_auto.py` spoils photos with a seed, as it says, and counts what became of them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image as Pillow
from skimage import data

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "measure_auto.py"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("measure_auto", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "measure_auto", module)  # its dataclasses look themselves up there
        spec.loader.exec_module(module)
        yield module


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    cat: np.ndarray = data.chelsea()[:96, :128]
    return cat


def test_every_photo_gets_one_to_three_faults_that_show(script: ModuleType, truth: np.ndarray, tmp_path: Path) -> None:
    seen = set()
    for number in range(12):
        photo = script.spoilt(truth, Path(f"{number}.png"), tmp_path, seed=1)
        assert 1 <= len(photo.faults) <= 3
        assert photo.path.suffix == (".jpg" if "jpeg" in photo.faults else ".png")
        with Pillow.open(photo.path) as image:
            assert not np.array_equal(np.asarray(image), truth)
        seen |= set(photo.faults)
    assert seen == set(script.FAULTS)


def test_equal_seeds_make_equal_sets_and_others_do_not(script: ModuleType, truth: np.ndarray, tmp_path: Path) -> None:
    def made(seed: int) -> list[bytes]:
        return [script.spoilt(truth, Path(f"{n}.png"), tmp_path, seed).path.read_bytes() for n in range(4)]

    first = made(1)
    assert made(1) == first
    assert made(2) != first


def test_the_table_counts_what_became_better_worse_and_stayed(script: ModuleType) -> None:
    def score(auto: float, every: float) -> object:
        return script.Score("a", ("noise",), (20.0, 0.5), (auto, 0.6), (every, 0.7), "x")

    rows = script.table([score(25, 19), score(20, 21), score(18, 22), score(21, 23)]).splitlines()
    assert rows[-1] == "| `restore auto` | 21.00 dB | 0.600 | 50 % | 25 % | 25 % |"
    assert rows[-2] == "| every step | 21.25 dB | 0.700 | 75 % | 25 % | 0 % |"
    assert "| noise | 4 | +1.00 dB | +0.100 | 50 % |" in script.by_fault(
        [score(25, 1), score(20, 1), score(18, 1), score(21, 1)]
    )
