"""Drawings are written whole, known again, and never over anything else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.drawn_png import check_drawing, save_drawing
from restore.errors import OutputError

DRAWING = np.full((20, 30, 3), (1, 2, 3), np.uint8)


def test_a_drawing_is_written_into_a_new_folder_and_over_an_earlier_one_of_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "drawing.png"
    save_drawing(DRAWING + 1, path, "contact sheet")
    save_drawing(DRAWING, path, "contact sheet")
    with PillowImage.open(path) as saved:
        assert np.array_equal(np.asarray(saved), DRAWING)
    assert [each.name for each in path.parent.iterdir()] == ["drawing.png"]


def test_neither_a_photo_nor_a_drawing_of_another_kind_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    PillowImage.fromarray(DRAWING).save(path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="no contact sheet"):
        save_drawing(DRAWING, path, "contact sheet")
    assert path.read_bytes() == before
    save_drawing(DRAWING, tmp_path / "other.png", "diagnosis")
    with pytest.raises(OutputError, match="no contact sheet"):
        check_drawing(tmp_path / "other.png", "contact sheet")


def test_a_name_of_another_format_or_of_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.png"):
        check_drawing(tmp_path / "sheet.jpg", "contact sheet")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OutputError):
        check_drawing(tmp_path / "folder.png", "contact sheet")
    check_drawing(tmp_path / "new.png", "contact sheet")
