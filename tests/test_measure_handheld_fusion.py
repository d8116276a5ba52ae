"""`scripts/measure_handheld_fusion.py` moves frames as it says, and finds the part that it compares."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from skimage import data

from restore.image import SeriesKind
from restore.plugin_manager import PluginManager
from restore.series.geometry import moved
from restore.spec import Runtime

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "measure_handheld_fusion.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_handheld_fusion", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_middle_of_a_photograph_has_edges_that_can_be_halved_and_split(script: ModuleType) -> None:
    assert script.middle(np.zeros((500, 333, 3), np.uint8)).shape == (480, 320, 3)
    assert script.middle(np.zeros((3000, 4000, 3), np.uint8)).shape == (1152, 1536, 3)


def test_a_hand_moves_a_frame_by_so_many_pixels_of_the_reduced_one(script: ModuleType) -> None:
    frame = np.zeros((200, 300, 3), np.uint8)
    matrix = script.halved(script.movement(frame, 30.0, 0.0, 1))
    centre = np.array([[75.0, 50.0]])
    assert np.hypot(*(moved(centre, matrix) - centre)[0]) == pytest.approx(30)
    turned = script.halved(script.movement(frame, 0.0, 90.0, 1))
    assert np.allclose(moved(np.array([[74.5, 49.5]]), turned), [[74.5, 49.5]], atol=0.6)


def test_the_movement_that_is_known_undoes_what_the_hand_did(script: ModuleType) -> None:
    frame = np.ascontiguousarray(data.astronaut())
    matrix = script.movement(frame, 10.0, 1.0, 1)
    seen = script.reduced(script.held(frame, matrix))
    true = script.reduced(frame).pixels[40:-40, 40:-40].astype(float)
    left, undone = (
        np.abs(each.pixels[40:-40, 40:-40] - true).mean() for each in (seen, script.warped(seen, script.halved(matrix)))
    )
    assert undone < 0.15 * left


def test_a_part_is_found_where_it_was_cut_out(script: ModuleType) -> None:
    whole = np.ascontiguousarray(data.chelsea()[:60, :80])
    assert script.place_in(whole[7:50, 11:70], whole) == (slice(7, 50), slice(11, 70))
    with pytest.raises(SystemExit, match="reference"):
        script.place_in(whole[7:50, 11:70] + 1, whole)


def test_a_tripod_is_at_least_as_good_as_a_hand(script: ModuleType) -> None:
    manager = PluginManager.discover()
    spec = manager.restorer("laplacian")
    restorer = manager.load(spec, None, Runtime(threads=1))
    picture = script.middle(np.ascontiguousarray(data.astronaut()))
    still, told, hand = script.compared(picture, SeriesKind.FOCUS, restorer, spec.options(), (6.0, 0.5))
    assert still > told > 25 and hand > 25
