"""How much a restorer changed, and where most."""

from __future__ import annotations

import math

import numpy as np
import pytest

from restore.image import Image
from restore.metrics import psnr
from restore.reports.change import changed


def texture(height: int, width: int) -> np.ndarray:
    """Something to look at."""
    return np.random.default_rng(0).integers(40, 200, (height, width, 3), dtype=np.uint8)


def test_the_part_is_found_where_most_was_changed() -> None:
    before = texture(400, 600)
    after = before.copy()
    after[300:340, 500:540] += 50
    found = changed(Image(before), Image(after), 100)
    assert found.box is not None and found.scale == 1
    assert found.box.top <= 300 and found.box.top + 100 >= 340
    assert found.box.left <= 500 and found.box.left + 100 >= 540
    assert found.psnr == pytest.approx(psnr(after, before), abs=0.01)


def test_strips_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    before = texture(333, 217)
    after = before.copy()
    after[200:260, 30:80] //= 2
    whole = changed(Image(before), Image(after), 64)
    monkeypatch.setattr("restore.reports.change._STRIP", 5000)
    strips = changed(Image(before), Image(after), 64)
    assert strips.psnr == pytest.approx(whole.psnr or 0)
    assert strips.box == whole.box


def test_what_is_the_same_has_no_such_part() -> None:
    before = Image(texture(50, 50))
    found = changed(before, before, 20)
    assert found.psnr == math.inf and found.box is None


def test_depths_and_channels_may_differ() -> None:
    grey = np.full((40, 40, 1), 100, np.uint8)
    colour = np.full((40, 40, 3), 100 * 257, np.uint16)
    assert changed(Image(grey), Image(colour), 20).psnr == math.inf


def test_of_an_enlarged_picture_the_part_with_most_detail_is_shown() -> None:
    before = np.full((100, 150, 3), 90, np.uint8)
    before[60:90, 110:140] = texture(30, 30)
    found = changed(Image(before), Image(before.repeat(3, axis=0).repeat(3, axis=1)), 90)
    assert found.scale == 3 and found.psnr is None and found.box is not None
    assert (found.box.height, found.box.width) == (30, 30)
    assert abs(found.box.top - 60) <= 8 and abs(found.box.left - 110) <= 8


@pytest.mark.parametrize("size", [(90, 150), (100, 151), (50, 75)])
def test_what_was_cropped_or_reduced_is_not_laid_over_what_it_was(size: tuple[int, int]) -> None:
    found = changed(Image(texture(100, 150)), Image(texture(*size)), 64)
    assert (found.psnr, found.scale, found.box) == (None, None, None)


@pytest.mark.parametrize("size", [(1, 1), (3, 500), (500, 3)])
def test_the_part_never_leaves_the_picture(size: tuple[int, int]) -> None:
    before = texture(*size)
    box = changed(Image(before), Image(255 - before), 64).box
    assert box is not None
    assert 0 <= box.top <= box.top + box.height <= size[0] and 0 <= box.left <= box.left + box.width <= size[1]
