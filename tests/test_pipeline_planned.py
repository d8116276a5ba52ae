"""Steps as plain values, tied to their restorers: what shapes their results, and which cannot follow each other."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from restore_classic import plugin as classic
from restore_correct import plugin as correct
from restore_vae_sr import plugin as vae

from restore.errors import PluginError, WeightsError
from restore.pipeline.masking import MaskKeys
from restore.pipeline.planned import ChainError, Link, PlannedStep, chained, nearest
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from tests.tiny import Tiny
    from tests.tiny_neighbours import Painter, Spotter


@pytest.fixture
def manager(tiny: Tiny, painter: Painter, spotter: Spotter) -> PluginManager:
    plugins = {"tiny": tiny, "painter": painter, "spotter": spotter}
    return PluginManager.of(plugins | {"correct": correct, "vae": vae, "classic": classic})


def test_steps_can_be_sent_to_another_process() -> None:
    step = PlannedStep("painter", {"a": 1}, Path("w"), MaskKeys(mask="auto"), "why")
    assert pickle.loads(pickle.dumps(step)) == step


def test_all_that_shapes_a_result_is_in_its_recipe(manager: PluginManager, tmp_path: Path) -> None:
    weights = tmp_path / "w"
    weights.write_bytes(b"one")
    step = PlannedStep("tiny", {"strength": 0.5}, weights)
    first = Link.of(step, manager).recipe()
    assert (first["task"], first["model"]) == ("denoise", "tiny")
    weights.write_bytes(b"two")
    second = Link.of(step, manager).recipe()
    assert first["weights"] != second["weights"]
    assert Link.of(PlannedStep("tiny", {"strength": 0.6}, weights), manager).recipe()["options"] != second["options"]
    masks = [Link.of(PlannedStep("painter", mask=MaskKeys(mask=word)), manager).recipe() for word in ("auto", "found")]
    assert masks[0]["mask"] != masks[1]["mask"]


def test_weights_that_are_not_there_are_told(manager: PluginManager, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="belong to the model 'tiny'"):
        Link.of(PlannedStep("tiny", weights=tmp_path / "none"), manager).recipe()


def test_a_model_that_does_not_exist_is_told(manager: PluginManager) -> None:
    with pytest.raises(PluginError, match="no model 'tinny'"):
        chained([PlannedStep("tinny")], manager)


def test_a_step_that_enlarges_cannot_follow_one_whose_size_is_only_found(manager: PluginManager) -> None:
    crop, larger = PlannedStep("correct", {"crop": True}), PlannedStep("bicubic", {"scale": 2})
    assert len(chained([larger, crop], manager)) == 2
    with pytest.raises(ChainError, match="step 2: 'bicubic' changes the size"):
        chained([crop, larger], manager)


def test_two_steps_do_not_write_one_file(manager: PluginManager) -> None:
    step = PlannedStep("tiny", {"companions": 1})
    with pytest.raises(ChainError, match="step 2: 'tiny' writes 'negative' beside each result"):
        chained([step, step], manager)


def test_what_a_step_does_to_the_size_is_known_beforehand(manager: PluginManager) -> None:
    def keeps(model: str, **options: object) -> bool:
        return Link.of(PlannedStep(model, options), manager).keeps_size

    assert keeps("tiny")
    assert keeps("correct", contrast=1.0)
    assert not keeps("correct", crop=True)
    assert not keeps("bicubic", scale=2)


def test_advice_names_the_nearest_or_all() -> None:
    assert nearest("sigm", ["sigma", "strength"], "There is") == "Did you mean 'sigma'?"
    assert nearest("x", ["sigma", "strength"], "There is") == "There is: sigma, strength."
