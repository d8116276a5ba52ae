"""A contact sheet: many photos on one picture of bounded size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.contact_sheet import EMPTY, PAPER, TROUBLE, Cell, ContactSheet

RED, BLUE = (200, 30, 30), (30, 30, 200)


def plain(colour: tuple[int, int, int], height: int = 40, width: int = 60) -> np.ndarray:
    """A picture of one colour."""
    return np.full((height, width, 3), colour, np.uint8)


def share(sheet: ContactSheet, colour: tuple[int, int, int]) -> float:
    """How much of a sheet has a colour."""
    return float((sheet.pixels == np.array(colour)).all(axis=2).mean())


def test_before_and_after_lie_side_by_side() -> None:
    sheet = ContactSheet(1)
    sheet.add(Cell("a.jpg", "done", plain(RED), plain(BLUE)))
    red = np.argwhere((sheet.pixels == RED).all(axis=2))
    blue = np.argwhere((sheet.pixels == BLUE).all(axis=2))
    assert len(red) == len(blue) == 40 * 60
    assert red[:, 1].max() < blue[:, 1].min() and red[:, 0].min() == blue[:, 0].min()


def test_each_photo_has_its_own_place_and_its_name() -> None:
    sheet = ContactSheet(12)
    blank = (sheet.pixels != PAPER).sum()
    assert blank == 0
    for number in range(12):
        sheet.add(Cell(f"{number}.jpg", "done", plain(RED), plain(BLUE)))
    assert share(sheet, RED) == share(sheet, BLUE) == pytest.approx(12 * 2400 / sheet.pixels[..., 0].size)
    ink = (sheet.pixels < 100).all(axis=2).sum()
    assert ink > 100, "names are written"


def test_what_cannot_be_shown_is_an_empty_place_with_its_state() -> None:
    sheet = ContactSheet(1)
    sheet.add(Cell("a.jpg", "failed", None, None))
    assert share(sheet, (EMPTY,) * 3) > 0.5
    middle = sheet.pixels[:, sheet.pixels.shape[1] // 2 :]
    assert (middle < 100).all(axis=2).any(), "the state is written where the result would be"


def test_transparent_pictures_lie_on_paper_and_grey_ones_are_grey() -> None:
    clear = np.dstack([plain(RED), np.zeros((40, 60), np.uint8)])
    sheet = ContactSheet(1)
    sheet.add(Cell("", "done", clear, np.full((40, 60, 1), 77, np.uint8)))
    assert share(sheet, RED) == 0 and share(sheet, (77, 77, 77)) > 0


@pytest.mark.parametrize("count", [1, 300, 5_000, 20_000])
def test_a_sheet_stays_within_bounds_however_many_there_are(count: int) -> None:
    sheet = ContactSheet(count)
    height, width = sheet.pixels.shape[:2]
    assert height * width < 60_000_000 and 0.4 < width / height < 2.5
    for _ in range(min(count, 50)):
        sheet.add(Cell("a.jpg", "failed", plain(RED), None))
    assert share(sheet, TROUBLE) > 0 or sheet.pixels.shape[0] < 8000


def test_a_sheet_is_saved_as_it_was_drawn(tmp_path: Path) -> None:
    sheet = ContactSheet(1)
    sheet.add(Cell("a.jpg", "done", plain(RED), plain(BLUE)))
    sheet.save(tmp_path / "sheet.png")
    with PillowImage.open(tmp_path / "sheet.png") as saved:
        assert np.array_equal(np.asarray(saved), sheet.pixels)
