"""What is said beside a picture is judged as on the command line, in Python's spelling."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import Field

from restore.errors import PluginError, UsageError
from restore.library.settings import judged, settings_of
from restore.plugin_manager import PluginManager
from restore.spec import Options
from tests.tiny import Tiny
from tests.tiny_neighbours import Averager, Painter, Spotter


class Some(Options):
    """Options of many kinds."""

    must: int = Field(ge=1, description="Must be given.")
    names: tuple[str, ...] = Field((), description="Several texts.")


@pytest.fixture
def manager(tiny: Tiny, painter: Painter, averager: Averager, spotter: Spotter) -> PluginManager:
    return PluginManager.of({"tiny": tiny, "painter": painter, "averager": averager, "spotter": spotter})


def test_values_are_judged_one_sentence_for_each() -> None:
    with pytest.raises(UsageError, match=r"^thing: must must be given: a whole number"):
        judged(Some, {}, "thing")
    with pytest.raises(UsageError, match=r"must cannot be 0; give .* names cannot be 3; give"):
        judged(Some, {"must": 0, "names": 3}, "thing")


def test_a_lone_text_stands_for_several() -> None:
    assert judged(Some, {"must": 1, "names": "a"}, "thing").names == ("a",)
    assert judged(Some, {"must": 1, "names": ("a", "b")}, "thing").names == ("a", "b")


def test_names_may_be_spelt_as_flags_and_numbers_be_numpys(manager: PluginManager, painter: Painter) -> None:
    said = {"mask-color": "#ff00ff", "grow": np.int64(3)}
    settings = settings_of(painter.spec, said, manager, mask=None, given=False)
    assert settings.masking is not None
    assert (settings.masking.colour, settings.masking.grow) == ((255, 0, 255), 3)


def test_a_mask_that_is_given_does_not_grow_unasked_and_one_that_is_found_does(
    manager: PluginManager, painter: Painter
) -> None:
    given = settings_of(painter.spec, {}, manager, mask=None, given=True).masking
    found = settings_of(painter.spec, {}, manager, mask="auto", given=False).masking
    assert given is not None and found is not None
    assert given.grow == 0 and found.grow > 0 and found.detector is not None


def test_damage_cannot_be_found_where_nobody_can(painter: Painter) -> None:
    with pytest.raises(PluginError, match="needs a model that finds damage"):
        settings_of(painter.spec, {}, PluginManager.of({"painter": painter}), mask="auto", given=False)


def test_frames_have_settings_of_their_own(manager: PluginManager, averager: Averager) -> None:
    series = settings_of(averager.spec, {"align": False}, manager, mask=None, given=False).series
    assert series is not None and (series.mode, series.align, series.deghost) == ("auto", False, True)
    with pytest.raises(UsageError, match="has no option 'grow'"):
        settings_of(averager.spec, {"grow": 1}, manager, mask=None, given=False)
