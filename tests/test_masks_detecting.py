"""Who finds damage by itself, and what is made of its answer."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from restore.errors import PluginError
from restore.image import Image
from restore.masks.detecting import WIDE, detector_of, finder_of, places, tell_found, wide_find
from restore.masks.request import Detector, Masking
from restore.plugin_manager import PluginManager
from restore.spec import Makes, Runtime

if TYPE_CHECKING:
    from tests.tiny_neighbours import Painter, Spotter


def test_the_default_detector_is_known_again_by_plain_values(spotter: Spotter) -> None:
    manager = PluginManager.of({"spotter": spotter})
    detector = detector_of(manager)
    assert detector == Detector("spotter", None, {"level": 0.8}) and spotter.loads == 0
    finder = finder_of(Masking(detector=detector), manager)
    assert finder is not None and finder.options.model_dump() == {"level": 0.8}
    assert finder_of(Masking(alpha=True), manager) is finder_of(None, manager) is None


def test_what_makes_no_masks_is_no_detector(spotter: Spotter, painter: Painter) -> None:
    with pytest.raises(PluginError, match=r"needs a model that finds damage, and none of the plugins has one"):
        detector_of(PluginManager.of({"painter": painter}))
    odd = type("Odd", (type(spotter),), {"spec": property(lambda self: replace(spotter.spec, makes=Makes.PICTURE))})
    with pytest.raises(PluginError, match="'spotter' is for the task 'detect', but makes no masks"):
        detector_of(PluginManager.of({"odd": odd()}))


def test_a_mask_is_true_where_the_detector_says_so(spotter: Spotter) -> None:
    manager = PluginManager.of({"spotter": spotter})
    finder = finder_of(Masking(detector=detector_of(manager)), manager)
    assert finder is not None
    pixels = np.zeros((5, 7, 3), np.float32)
    pixels[2, 3] = 1
    found = finder.find(spotter.load(None, Runtime()), Image(pixels))
    assert found.dtype == np.bool_ and [*zip(*np.nonzero(found), strict=True)] == [(2, 3)]


def test_places_are_pieces_that_do_not_touch() -> None:
    mask = np.zeros((9, 9), np.bool_)
    assert places(mask) == 0
    mask[0, 0] = mask[1, 1] = True
    assert places(mask) == 1, "corners touch"
    mask[3:8, 3:8] = True
    mask[4:7, 4:7] = False
    mask[5, 5] = True
    assert places(mask) == 3, "a ring, and a speck inside it"
    assert places(np.ones((3, 3), np.bool_)) == 1


def test_how_much_was_found_is_told_to_whoever_listens(caplog: pytest.LogCaptureFixture) -> None:
    mask = np.zeros((100, 100), np.bool_)
    mask[3, :50] = mask[90, :50] = True
    with caplog.at_level(logging.INFO, "restore"):
        tell_found(mask, Path("in/a.jpg"))
        tell_found(~mask & mask, Path("in/b.jpg"))
    assert caplog.messages == ["in/a.jpg: 1.000% is damaged, in 2 places", "in/b.jpg: no damage was found"]
    caplog.clear()
    speck = np.zeros((1000, 1000), np.bool_)
    speck[500, 500] = True
    with caplog.at_level(logging.INFO, "restore"):
        tell_found(speck, Path("in/c.jpg"))
    assert caplog.messages == ["in/c.jpg: under 0.001% is damaged, in 1 place"], (
        "never nothing where there is something"
    )
    caplog.clear()
    with caplog.at_level(logging.WARNING, "restore"):
        tell_found(mask, Path("in/a.jpg"))
    assert caplog.messages == []


def test_what_is_wide_may_be_a_part_of_the_picture_and_is_told_of() -> None:
    found = np.zeros((600, 800), np.bool_)
    found[100:110, :] = found[:, 50:61] = True
    assert wide_find(found) is None, "narrow, however long"
    found[300 : 300 + WIDE - 1, 405 : 405 + WIDE - 1] = True
    assert "found at 41" in str(wide_find(found)), "it need not lie on a grid"
    found[480:600, 600:800] = True
    assert "in 2 places, most at 696,540: a stain, or a part of the picture?" in str(wide_find(found))
    large = np.zeros((3000, 2400), np.bool_)
    large[100:122, 100:122] = True
    assert wide_find(large) is None, "a fiftieth of 2400 pixels is 48"
    large[100:147, 100:147] = True
    assert wide_find(large) is not None
    assert wide_find(np.ones((5, 5), np.bool_)) is None, "too small for anything wide"
