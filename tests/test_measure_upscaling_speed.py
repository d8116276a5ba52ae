"""The network that `scripts/measure_upscaling_speed.py` compares with is the one it says."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from restore.plugin_manager import PluginManager
from restore.spec import Runtime

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "measure_upscaling_speed.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_upscaling_speed", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_edsr_baseline_has_as_many_parameters_as_its_authors_say(script: ModuleType) -> None:
    # 1,517,571: "1.5 M" in the paper; their code adds 24 for the shift of the mean colour, which are not trained.
    assert sum(parameter.numel() for parameter in script.Edsr().parameters()) == 1_517_571


def test_tiles_have_a_halo_of_exactly_the_receptive_radius(script: ModuleType) -> None:
    network = script.Edsr(width=4).double().requires_grad_(False)
    for parameter in network.parameters():
        parameter.fill_(0.1)  # nothing cancels, so that whatever can reach a pixel does
    row = torch.rand(1, 3, 1, 100, dtype=torch.float64, requires_grad=True)
    network(row)[..., 50 * script.SCALE : 51 * script.SCALE].sum().backward()
    assert row.grad is not None
    reached = row.grad[0, 0, 0].nonzero()[:, 0]
    assert (int(reached.min()), int(reached.max())) == (50 - script.HALO, 50 + script.HALO)


def test_all_ways_to_run_it_give_the_same_picture(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restore.toolkit.tiles.DEFAULT_EDGE", 64)
    torch.manual_seed(0)
    network = script.Edsr(width=8).eval().requires_grad_(False)
    pixels = np.random.default_rng(0).integers(0, 256, (100, 90, 3), np.uint8)
    expected = script.whole(network, torch.contiguous_format)(pixels)
    assert expected.shape == (400, 360, 3) and expected.dtype == np.uint8 and expected.std() > 5
    for other in (script.whole(network, torch.channels_last), script.in_tiles(network, Runtime("cpu", threads=1))):
        assert np.abs(other(pixels).astype(int) - expected).max() <= 1


def test_a_small_photograph_is_mirrored_and_a_grey_one_gets_three_channels(
    script: ModuleType, photo: Callable[..., Path], tmp_path: Path
) -> None:
    manager = PluginManager.of({})
    assert script.square(photo(tmp_path / "a.png", width=30, height=20), 32, manager).shape == (32, 32, 3)
    middle = script.square(photo(tmp_path / "b.png", width=64, height=64, mode="L"), 32, manager)
    whole = manager.read_image(tmp_path / "b.png", 10_000).pixels
    assert np.array_equal(middle, np.repeat(whole[16:48, 16:48], 3, axis=2))
