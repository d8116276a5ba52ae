"""`restore inpaint --mask auto`: the damage is found first, then filled; sound pictures stay as they are."""

from __future__ import annotations

import json
import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.batch import described
from restore.codecs.reading import read
from restore.engine import run
from restore.errors import ExitCode
from restore.image import Observation
from restore.job import Job
from restore.masks.detecting import detector_of
from restore.masks.request import Box, Masking
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.provenance import treatments
from restore.spec import Options, RestorerSpec, Runtime
from restore.worker import Errand
from tests.standing_by import meanwhile, until

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny_neighbours import Painter, Spotter

Photo = Callable[..., Path]
Command = Callable[..., "Outcome"]
SPOT = (slice(4, 7), slice(10, 15))
AREA, ROUND = 3 * 5, 2 * (3 + 5)
"""Pixels of the spot, and of the ring by which the mask grows at first."""


@pytest.fixture
def manager(spotter: Spotter, painter: Painter) -> PluginManager:
    return PluginManager.of({"spotter": spotter, "painter": painter})


@pytest.fixture
def inpaint(manager: PluginManager, run_cli: Command, tmp_path: Path) -> Command:
    """``restore inpaint IN -o OUT --mask auto`` with further words."""
    return lambda *words: run_cli(manager, "inpaint", tmp_path / "in", "-o", tmp_path / "out", "--mask", "auto", *words)


@pytest.fixture
def damaged(photo: Photo) -> Photo:
    """Writes a picture with a white spot."""

    def write(path: Path, width: int = 24) -> Path:
        pixels = np.array(PillowImage.open(photo(path, width=width)))
        pixels[SPOT] = 255
        PillowImage.fromarray(pixels).save(path)
        return path

    return write


def test_what_is_found_is_filled_with_a_margin_of_one_pixel_and_nothing_else_changes(
    tmp_path: Path, damaged: Photo, inpaint: Command, painter: Painter
) -> None:
    source = damaged(tmp_path / "in" / "a.png")
    outcome = inpaint()
    assert outcome.code == ExitCode.OK, outcome.err
    mask = painter.seen[0]
    assert mask[SPOT].all() and mask.sum() == AREA + ROUND
    before, after = read(source).pixels, read(tmp_path / "out" / "a.png").pixels
    assert np.array_equal(before[~mask], after[~mask]) and (after[mask] == 255).all()


def test_what_the_user_says_about_growing_counts(
    tmp_path: Path, damaged: Photo, inpaint: Command, painter: Painter
) -> None:
    damaged(tmp_path / "in" / "a.png")
    assert inpaint("--grow", "0").code == inpaint("--grow", "2", "--feather", "1").code == ExitCode.OK
    in_a_circle = (3 + 6) * (5 + 6) - 4 * 5
    assert [mask.sum() for mask in painter.seen] == [AREA, in_a_circle]


def test_boxes_and_colours_are_filled_too(tmp_path: Path, damaged: Photo, inpaint: Command, painter: Painter) -> None:
    damaged(tmp_path / "in" / "a.png")
    assert inpaint("--box", "0,0,2,2", "--grow", "0").code == ExitCode.OK
    assert painter.seen[0].sum() == AREA + 4 and painter.seen[0][:2, :2].all() and painter.seen[0][SPOT].all()


def test_a_restorer_knows_whether_its_mask_was_found(
    tmp_path: Path, damaged: Photo, manager: PluginManager, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []

    def listen(observation: Observation, options: Options) -> object:
        told.append(observation.mask_found)
        return observation.image

    monkeypatch.setattr(painter, "restore", listen)
    damaged(tmp_path / "in" / "a.png")
    box = (Box(0, 0, 2, 2),)
    for number, masking in enumerate((Masking(boxes=box), Masking(boxes=box, detector=detector_of(manager)))):
        the_plan = plan([str(tmp_path / "in")], tmp_path / f"out{number}")
        assert run(Job(the_plan, painter.spec, Options(), masking=masking), manager).done == 1
    assert told == [False, True]


def test_sound_pictures_stay_byte_for_byte_and_are_counted(
    tmp_path: Path, photo: Photo, damaged: Photo, inpaint: Command, painter: Painter
) -> None:
    sound = [photo(tmp_path / "in" / name) for name in ("a.jpg", "sub/b.png")]
    damaged(tmp_path / "in" / "c.png")
    outcome = inpaint()
    assert outcome.code == ExitCode.OK and len(painter.seen) == 1
    assert "note: nothing is missing in 2 pictures, left as they are (-v names them)" in outcome.err
    assert "warning" not in outcome.err, "that most pictures are sound is no reason to warn of each"
    for source in sound:
        assert (tmp_path / "out" / source.relative_to(tmp_path / "in")).read_bytes() == source.read_bytes()
    told = json.loads(inpaint("--overwrite", "--json").out)
    assert told["nothing_missing"] == 2
    assert told["results"][0]["warnings"] == ["Nothing is missing, so nothing was filled: no damage was found."]


def test_wide_damage_that_may_be_a_part_of_the_picture_is_filled_with_a_warning(
    tmp_path: Path, damaged: Photo, inpaint: Command, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restore.masks.detecting.WIDE", 2)
    source = damaged(tmp_path / "in" / "a.png")
    outcome = inpaint()
    assert outcome.code == ExitCode.OK and painter.seen[0][SPOT].all()
    assert f"warning: {source}: Wide damage was found at 12,5: a stain, or a part of the picture?" in outcome.err


def test_with_v_it_tells_how_much_was_found_in_each_picture(
    tmp_path: Path, photo: Photo, damaged: Photo, inpaint: Command
) -> None:
    source, sound = damaged(tmp_path / "in" / "a.png"), photo(tmp_path / "in" / "b.png")
    said = inpaint("-v").err
    assert f"INFO: {source}: 3.906% is damaged, in 1 place\n" in said
    assert f"INFO: {sound}: no damage was found\n" in said
    assert f"note: {sound}: Nothing is missing, so nothing was filled: no damage was found." in said


def test_each_picture_is_looked_at_once_and_the_detector_is_loaded_once_if_at_all(
    tmp_path: Path, damaged: Photo, inpaint: Command, spotter: Spotter, run_cli: Command, manager: PluginManager
) -> None:
    for name in ("a.png", "b.png"):
        damaged(tmp_path / "in" / name)
    run_cli(manager, "inpaint", tmp_path / "in", "-o", tmp_path / "other", "--box", "0,0,2,2")
    assert spotter.loads == 0
    inpaint()
    assert (spotter.loads, len(spotter.seen)) == (1, 2)
    inpaint()
    assert (spotter.loads, len(spotter.seen)) == (1, 2), "done already"


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("bug", "the model 'spotter' or a codec failed unexpectedly (ZeroDivisionError: spotter's bug)"),
        ("size", "the model 'spotter' returned (15, 13, 1) uint8 where a mask was due: (16, 13, 1) uint8, 0 or 255."),
    ],
)
def test_a_detector_in_trouble_over_one_picture_fails_that_picture_only(
    tmp_path: Path, damaged: Photo, inpaint: Command, spotter: Spotter, trouble: str, said: str
) -> None:
    spotter.trouble = trouble
    for name, width in (("a.png", 24), ("b.png", 13), ("c.png", 24)):
        damaged(tmp_path / "in" / name, width=width)
    outcome = inpaint()
    assert outcome.code == ExitCode.SOME_FAILED and "3 inputs = 2 done + 0 skipped + 1 failed" in outcome.out
    assert said in outcome.err


def test_a_picture_that_seems_damaged_all_over_is_an_error_that_tells_how_to_see_it(
    tmp_path: Path, inpaint: Command
) -> None:
    (tmp_path / "in").mkdir()
    PillowImage.new("RGB", (24, 16), "white").save(tmp_path / "in" / "a.png")
    outcome = inpaint()
    assert outcome.code == ExitCode.INPUT
    assert "would be missing as a whole: all 24 x 16 pixels, with the damage that was found." in outcome.err
    assert "`restore detect` makes a mask of what is found" in outcome.err


def test_another_detector_or_other_weights_mean_doing_it_again(
    tmp_path: Path, damaged: Photo, manager: PluginManager, spotter: Spotter, painter: Painter, run_cli: Command
) -> None:
    damaged(tmp_path / "in" / "a.png")
    weights = tmp_path / "weights.bin"

    class Retrained(type(spotter)):  # type: ignore[misc]
        @property
        def spec(self) -> RestorerSpec:
            weighed: RestorerSpec = replace(super().spec, weights=weights)
            return weighed

    def inpaint() -> Outcome:
        plugins = PluginManager.of({"spotter": Retrained(), "painter": painter})
        return run_cli(plugins, "inpaint", tmp_path / "in", "-o", tmp_path / "out", "--mask", "auto")

    weights.write_bytes(b"first")
    assert "1 input = 1 done" in inpaint().out
    assert "1 done already" in inpaint().out
    weights.write_bytes(b"second")
    assert "1 input = 1 done" in inpaint().out
    weights.unlink()
    outcome = inpaint()
    assert (
        outcome.code == ExitCode.WEIGHTS and "They belong to the model 'spotter', which --mask auto asks" in outcome.err
    )


def test_journals_of_runs_without_it_stay_valid_and_the_history_tells_of_it(
    tmp_path: Path, damaged: Photo, inpaint: Command, manager: PluginManager, painter: Painter
) -> None:
    damaged(tmp_path / "in" / "a.png")
    the_plan = plan([str(tmp_path / "in")], tmp_path / "out")
    recipe, _ = described(Job(the_plan, painter.spec, Options(), masking=Masking(alpha=True)))
    assert "auto" not in json.loads(recipe.settings)["mask"], "recipes of earlier versions must stay equal"
    inpaint()
    (entry,) = treatments(read(tmp_path / "out" / "a.png").metadata.xmp or b"")
    assert entry.options["mask"] == {
        "auto": {"model": "spotter", "weights": None, "options": {"level": 0.8}},
        "grow": 1,
    }


def test_without_a_detector_it_says_so_and_what_to_do(
    tmp_path: Path, damaged: Photo, run_cli: Command, painter: Painter, spotter: Spotter
) -> None:
    damaged(tmp_path / "in" / "a.png")

    words = ["inpaint", tmp_path / "in", "-o", tmp_path / "out", "--mask", "auto"]
    outcome = run_cli(PluginManager.of({"painter": painter}), *words)
    assert outcome.code == ExitCode.PLUGIN and not (tmp_path / "out").exists()
    assert "none of the plugins has one (task 'detect'). Make masks by hand" in outcome.err


def test_a_dry_run_asks_the_detector_too_and_writes_nothing(
    tmp_path: Path, damaged: Photo, inpaint: Command, spotter: Spotter
) -> None:
    damaged(tmp_path / "in" / "a.png")
    told = json.loads(inpaint("--dry-run", "--json").out)
    assert told["seconds"] is not None and told["trouble"] is None and spotter.seen
    assert not (tmp_path / "out").exists()
    inpaint()
    spotter.loads = 0
    assert inpaint("--dry-run").code == ExitCode.OK and spotter.loads == 0, "nothing to do: nothing to load"


def test_memory_is_foretold_with_what_the_detector_holds(
    tmp_path: Path, damaged: Photo, run_cli: Command, spotter: Spotter, painter: Painter
) -> None:
    damaged(tmp_path / "in" / "a.png")

    class Hungry(type(spotter)):  # type: ignore[misc]
        @property
        def spec(self) -> RestorerSpec:
            hungry: RestorerSpec = replace(super().spec, working_bytes=lambda *_: 3 << 30)
            return hungry

    def memory(detector: object) -> int:
        plugins = PluginManager.of({"spotter": detector, "painter": painter})
        words = ["inpaint", tmp_path / "in", "-o", tmp_path / "out", "--mask", "auto", "--dry-run", "--json"]
        foretold: int = json.loads(run_cli(plugins, *words).out)["memory"]
        return foretold

    assert memory(Hungry()) - memory(spotter) == 3 << 30
    plugins = PluginManager.of({"spotter": Hungry(), "painter": painter})
    words = ["inpaint", tmp_path / "in", "-o", tmp_path / "out", "--mask", "auto", "--memory", "2GiB"]
    assert "needs about 3072 MiB beside the network" in run_cli(plugins, *words).err


def test_it_can_be_sent_to_another_process(tmp_path: Path, damaged: Photo, manager: PluginManager) -> None:
    damaged(tmp_path / "in" / "a.png")
    the_plan, spec = plan([str(tmp_path / "in")], tmp_path / "out"), manager.restorer("painter")
    job = Job(the_plan, spec, spec.options(), Runtime(), masking=Masking(detector=detector_of(manager), grow=1))
    errand = pickle.loads(pickle.dumps(Errand.of(job, None, None, alone=False)))
    assert errand.job(the_plan, manager).masking == job.masking


def test_a_watched_folder_is_looked_through_as_pictures_arrive(
    tmp_path: Path, damaged: Photo, inpaint: Command, painter: Painter
) -> None:
    damaged(tmp_path / "in" / "a.png")
    out = tmp_path / "out"
    with meanwhile(
        lambda: until((out / "a.png").exists),
        lambda: damaged(tmp_path / "in" / "b.png"),
        lambda: until((out / "b.png").exists),
        lambda: time.sleep(0.3),
    ):
        outcome = inpaint("--watch", "--settle", "0.3")
    assert "in all: 2 inputs = 2 done" in outcome.out, outcome.err
    assert [mask.sum() for mask in painter.seen] == [AREA + ROUND] * 2
