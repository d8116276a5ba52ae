"""`scripts/measure_pipeline_cost.py` compares like with like: the same steps, on the same photo."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from restore.pipeline import PlannedStep
from restore.plugin_manager import PluginManager

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "measure_pipeline_cost.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_pipeline_cost", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_round_has_the_seconds_of_both_ways(
    script: ModuleType, photo: Callable[..., Path], tmp_path: Path
) -> None:
    steps = PlannedStep("correct", {"exposure": 0.5}), PlannedStep("lanczos", {"scale": 2})
    pairs = script.compared(steps, photo(tmp_path / "a.png"), 2, PluginManager.discover())
    assert len(pairs) == 2
    assert all(seconds > 0 for pair in pairs for seconds, _ in pair)


def test_the_steps_that_are_measured_can_be_chained(script: ModuleType) -> None:
    manager = PluginManager.discover()
    assert [len(script.Way(steps, manager).options.steps) for steps in script.SETS.values()] == [3, 3]
