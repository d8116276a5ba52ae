"""What the parts of one job share: a model is loaded once, a detector only where it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from restore.job import Job
from restore.masks.detecting import detector_of, finder_of
from restore.masks.request import Masking
from restore.planning import Plan
from restore.plugin_manager import PluginManager
from restore.spec import Options, Runtime
from restore.station import Station

if TYPE_CHECKING:
    from tests.tiny_neighbours import Painter, Spotter


def test_models_are_loaded_once_and_run_in_the_same_way(painter: Painter, spotter: Spotter) -> None:
    manager = PluginManager.of({"spotter": spotter, "painter": painter})
    job = Job(Plan((), folder=Path("out")), painter.spec, Options(), masking=Masking(alpha=True))
    station = Station()
    assert station.load(job, None, manager, Runtime()) is painter
    assert station.detector is None and spotter.loads == 0
    finder = finder_of(Masking(detector=detector_of(manager)), manager)
    for _ in range(2):
        assert station.load(job, finder, manager, Runtime()) is painter
    assert station.detector is spotter and spotter.loads == 1
