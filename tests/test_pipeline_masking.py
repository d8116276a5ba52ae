"""What a step of a pipeline says is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from restore.errors import PluginError
from restore.masks.request import Box
from restore.pipeline.masking import MaskKeys
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from tests.tiny_neighbours import Spotter


def test_what_is_said_becomes_what_the_engine_understands(tiny_manager: PluginManager) -> None:
    keys = MaskKeys(mask="alpha", mask_color="magenta", tolerance=3, box=("1,2,3,4",), grow=5, feather=6)
    masking = keys.masking(tiny_manager)
    assert (masking.alpha, masking.colour, masking.tolerance) == (True, (255, 0, 255), 3)
    assert (masking.boxes, masking.grow, masking.feather) == ((Box(1, 2, 3, 4),), 5, 6)
    assert masking.detector is None


def test_damage_that_is_found_grows_by_itself(spotter: Spotter) -> None:
    manager = PluginManager.of({"spotter": spotter})
    auto = MaskKeys(mask="auto").masking(manager)
    assert auto.detector is not None
    assert (auto.detector.model, auto.grow) == ("spotter", 1)
    assert MaskKeys().masking(manager).grow == 1
    assert MaskKeys(mask="auto", grow=0).masking(manager).grow == 0
    assert MaskKeys(box=("1,2,3,4",)).masking(manager).grow == 0


def test_where_nothing_is_said_a_step_before_has_found_it() -> None:
    assert MaskKeys().uses_found
    assert MaskKeys(mask="found", box=("1,2,3,4",)).uses_found
    assert not MaskKeys(box=("1,2,3,4",)).uses_found
    assert not MaskKeys(mask="auto").uses_found


def test_damage_is_looked_for_only_where_somebody_can(tiny_manager: PluginManager) -> None:
    with pytest.raises(PluginError, match="finds damage"):
        MaskKeys(mask="auto").masking(tiny_manager)


@pytest.mark.parametrize("values", [{"mask": "masks/"}, {"box": ["1,2,3"]}, {"mask_color": "nocolour"}, {"grow": -1}])
def test_what_makes_no_sense_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MaskKeys.model_validate(values)
