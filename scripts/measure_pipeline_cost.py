"""Measure what a pipeline costs beside its steps alone, each run as its task's command does it.

    python scripts/measure_pipeline_cost.py PHOTO [--rounds 5]

Every round runs each step alone, on what the one before has written, and the pipeline: decode, restore, encode,
durably, without a journal and in this process. Models stay loaded, since both ways load the same. What is compared was
so measured within a moment of each other; on a machine that does other things as well the processor's seconds say more
than the clock's. One set of steps is a user's, with networks; one has light steps only, where all that a pipeline adds
weighs most.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from restore.engine import execute
from restore.job import Job
from restore.pipeline import PlannedStep, pipeline_options, pipeline_spec
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.spec import Options
from restore.station import Station

COLOURS = PlannedStep("correct", {"white_balance": "shades-of-grey", "contrast": 0.8})
SETS = {
    "denoise, correct, upscale": (PlannedStep("conv-dae"), COLOURS, PlannedStep("vae-sr", {"scale": 2})),
    "light steps": (PlannedStep("bilateral"), COLOURS, PlannedStep("lanczos", {"scale": 1.5})),
}


Seconds = tuple[float, float]
"""By the clock, and of the processor."""


class Way:
    """A pipeline, or one of its steps; keeps its models.

    Args:
        steps: One for a task's own command, several for a pipeline.
        manager: Of the plugins.
    """

    def __init__(self, steps: Sequence[PlannedStep], manager: PluginManager) -> None:
        self.manager, self.station = manager, Station()
        if len(steps) > 1:
            self.spec = pipeline_spec(steps, manager)
            self.options: Options = pipeline_options(steps, manager)
        else:
            self.spec = manager.restorer(steps[0].model)
            self.options = self.spec.options.model_validate(dict(steps[0].options))

    def seconds(self, source: Path, output: Path) -> Seconds:
        """The time for one photo, its model loaded."""
        job = Job(plan([str(source)], output, overwrite=True), self.spec, self.options, overwrite=True)
        self.station.outputs = None
        began = time.perf_counter(), time.process_time()
        report = execute(job, self.manager, station=self.station)
        seconds = time.perf_counter() - began[0], time.process_time() - began[1]
        if report.done != 1:
            raise SystemExit(f"{source}: {report.results[0].reason}")
        return seconds


def compared(
    steps: Sequence[PlannedStep], photo: Path, rounds: int, manager: PluginManager
) -> list[tuple[Seconds, Seconds]]:
    """Seconds of the steps alone and of the pipeline, round by round; the first, which loads, is left out."""
    alone, together = [Way([step], manager) for step in steps], Way(steps, manager)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds + 1):
            source, apart = photo, (0.0, 0.0)
            for place, way in enumerate(alone):
                output = Path(folder, f"{place}{photo.suffix}")
                clock, processor = way.seconds(source, output)
                source, apart = output, (apart[0] + clock, apart[1] + processor)
            at_once = together.seconds(photo, Path(folder, f"pipeline{photo.suffix}"))
            if number:
                found.append((apart, at_once))
    return found


def main() -> None:
    """Print a row per set of steps."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    manager = PluginManager.discover()
    for name, steps in SETS.items():
        pairs = compared(steps, asked.photo, asked.rounds, manager)
        for which, clock in enumerate(("clock", "processor")):
            apart = statistics.median(each[which] for each, _ in pairs)
            at_once = statistics.median(each[which] for _, each in pairs)
            ratio = statistics.median(together[which] / alone[which] for alone, together in pairs)
            row = f"steps alone {apart:6.2f} s   pipeline {at_once:6.2f} s   ratio {ratio:.3f}"
            print(f"{name:28} {clock:10} {row}")


if __name__ == "__main__":
    main()
