"""A pipeline as a restorer: what the engine is told of sizes, memory and files, and that a run treats it like any."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pillow
from restore_classic import plugin as classic
from restore_correct import plugin as correct

from restore.batch import run_batch
from restore.forecast import foresee
from restore.image import Image, Observation
from restore.job import Job
from restore.journal_reading import read_journal
from restore.pipeline import PlannedStep, pipeline_options, pipeline_spec, workers_of
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.provenance import treatments
from restore.reporting import Report
from restore.resuming import DONE
from restore.spec import Companion, Runtime

if TYPE_CHECKING:
    from tests.tiny import Tiny

Photo = Callable[..., Path]
LARGER = PlannedStep("bicubic", {"size": "96x64"})
TWICE = PlannedStep("bicubic", {"scale": 2})
INVERTED = PlannedStep("tiny")


@pytest.fixture
def manager(tiny: Tiny) -> PluginManager:
    return PluginManager.of({"tiny": tiny, "classic": classic, "correct": correct})


@pytest.fixture
def run(manager: PluginManager, tmp_path: Path) -> Callable[..., Report]:
    def call(*steps: PlannedStep) -> Report:
        return run_batch(job(manager, tmp_path, *steps), manager)

    return call


def job(manager: PluginManager, folder: Path, *steps: PlannedStep) -> Job:
    spec, options = pipeline_spec(steps, manager), pipeline_options(steps, manager)
    companions = () if spec.companions is None else spec.companions(options)
    return Job(plan([str(folder / "in")], folder / "out", companions=companions), spec, options)


def test_sizes_follow_from_all_steps(manager: PluginManager) -> None:
    spec, options = pipeline_spec([TWICE, INVERTED, TWICE], manager), pipeline_options([TWICE], manager)
    assert spec.output_size is not None
    assert spec.output_size(options, 10, 20) == (40, 80)
    assert pipeline_spec([INVERTED], manager).output_size is None
    crop = pipeline_spec([TWICE, PlannedStep("correct", {"crop": True})], manager)
    assert crop.size_is_found is not None
    assert crop.size_is_found(options)


def test_memory_is_that_of_the_hungriest_step_with_pictures_of_16_bits(manager: PluginManager) -> None:
    spec, options = pipeline_spec([INVERTED, TWICE], manager), pipeline_options([INVERTED, TWICE], manager)
    assert spec.working_bytes is not None
    pixels = 1000 * 1000
    least = (pixels + 4 * pixels) * 3 * 2
    assert spec.working_bytes(options, 1000, 1000, 3, 8) >= least
    alone = pipeline_spec([INVERTED], manager)
    assert alone.working_bytes is not None
    assert alone.working_bytes(options, 1000, 1000, 3, 8) == 2 * pixels * 3


def test_files_beside_the_result_are_those_of_all_steps(manager: PluginManager) -> None:
    steps = [PlannedStep("tiny", {"companions": 2}), TWICE]
    spec = pipeline_spec(steps, manager)
    assert spec.companions is not None
    assert spec.companions(pipeline_options(steps, manager)) == (Companion("negative"), Companion("map", ".png"))


def test_a_piece_is_enlarged_as_much_as_the_whole_picture(manager: PluginManager) -> None:
    spec, options = pipeline_spec([INVERTED, LARGER], manager), pipeline_options([INVERTED, LARGER], manager)
    restorer = spec.load(None, Runtime())
    piece = Observation((Image(np.zeros((8, 8, 3), np.uint8)),))
    result = restorer.restore(piece, options.for_piece(32, 48))
    assert not isinstance(result, Image)
    assert (result.image.height, result.image.width) == (16, 16)


def test_a_run_is_journalled_with_every_step_and_goes_on_where_it_stopped(
    photo: Photo, tmp_path: Path, run: Callable[..., Report]
) -> None:
    photo(tmp_path / "in" / "a.jpg")
    assert run(INVERTED, TWICE).done == 1
    with Pillow.open(tmp_path / "out" / "a.jpg") as result:
        assert result.size == (48, 32)
    (entry,) = read_journal(tmp_path / "out").entries
    assert entry.account is not None
    assert entry.account["summary"] == "denoise, upscale"
    assert run(INVERTED, TWICE).with_reason(DONE) == 1
    assert run(INVERTED, PlannedStep("bicubic", {"scale": 3})).done == 1, "another step is another recipe"


def test_the_history_of_a_result_tells_all_steps(
    photo: Photo, tmp_path: Path, run: Callable[..., Report], manager: PluginManager
) -> None:
    photo(tmp_path / "in" / "a.png")
    run(INVERTED, TWICE)
    xmp = manager.read_image(tmp_path / "out" / "a.png", 10**6).metadata.xmp
    assert xmp is not None
    (done,) = treatments(xmp)
    steps = done.options["steps"]
    assert isinstance(steps, list)
    assert [step["model"] for step in steps] == ["tiny", "bicubic"]
    assert "seconds" not in json.dumps(steps), "equal runs make equal bytes"


def test_a_picture_that_no_step_changes_is_copied_byte_for_byte(
    photo: Photo, tmp_path: Path, run: Callable[..., Report]
) -> None:
    source = photo(tmp_path / "in" / "a.jpg")
    same = PlannedStep("tiny", {"strength": 0.0})
    assert run(same, same).done == 1
    assert (tmp_path / "out" / "a.jpg").read_bytes() == source.read_bytes()


def test_what_a_run_takes_is_foretold(photo: Photo, tmp_path: Path, manager: PluginManager) -> None:
    photo(tmp_path / "in" / "a.png")
    forecast = foresee(job(manager, tmp_path, INVERTED, LARGER), manager)
    assert forecast.trouble is None
    assert forecast.seconds is not None
    assert forecast.memory is not None


def test_the_work_can_be_done_in_another_process(photo: Photo, tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    steps = (PlannedStep("correct", {"exposure": 1.0}), TWICE)
    manager = PluginManager.discover()
    report = run_batch(job(manager, tmp_path, *steps), manager, workers=workers_of(steps))
    assert [(result.state, result.reason) for result in report.results] == [("done", None)]
    with Pillow.open(tmp_path / "out" / "a.png") as result:
        assert result.size == (48, 32)
