"""Windows round holes: every hole is in one, none is larger than it may be, and little is computed in vain."""

from __future__ import annotations

import numpy as np
import pytest
from restore_gan_inpaint.crops import Cover, batches, pixels_of, reduced

from restore.holes import KINDS
from restore.holes.drawing import draw_hole
from restore.toolkit.missing import Box, Mask


def cells(*marked: tuple[int, int], shape: tuple[int, int] = (60, 80)) -> Mask:
    grid = np.zeros(shape, np.bool_)
    for place in marked:
        grid[place] = True
    return grid


def line() -> Mask:
    """A scratch from corner to corner."""
    return cells(*((k * 60 // 80, k) for k in range(80)))


def work(cover: Cover) -> int:
    """Cells that are computed."""
    return sum(int(np.prod(cover.window(box).shape)) for box in cover.boxes())


def test_a_cell_is_marked_where_any_pixel_is_missing_and_full_where_all_are() -> None:
    mask = np.zeros((40, 50), np.bool_)
    mask[15, 16] = True
    mask[32:, 48:] = True  # a cell that reaches beyond the picture
    assert np.argwhere(reduced(mask)).tolist() == [[0, 1], [2, 3]]
    assert np.argwhere(reduced(mask, full=True)).tolist() == [[2, 3]]
    assert reduced(mask, 4, full=True).sum() == 2 * 1, "the last column of cells has two pixels"


@pytest.mark.parametrize("largest", [3, 8, 64])
@pytest.mark.parametrize("kind", KINDS)
def test_every_marked_cell_is_in_exactly_one_box(kind: str, largest: int) -> None:
    marked = reduced(draw_hole(kind, 512, 768, np.random.default_rng(0)))
    seen = np.zeros(marked.shape, int)
    for box in Cover(marked, 2, largest, 8).boxes():
        assert max(box.shape) <= largest
        seen[box.slices] += 1
    assert seen.max() == 1 and (seen[marked] == 1).all()


@pytest.mark.parametrize("margin", [2, 26])
def test_a_window_has_its_whole_margin_or_ends_where_the_picture_ends(margin: int) -> None:
    cover = Cover(line(), margin, 12, 8)
    for box in cover.boxes():
        window = cover.window(box)
        assert 0 <= window.top <= max(0, box.top - margin) and min(60, box.bottom + margin) <= window.bottom <= 60
        assert 0 <= window.left <= max(0, box.left - margin) and min(80, box.right + margin) <= window.right <= 80


def test_a_picture_full_of_holes_is_one_window_and_a_scratch_across_it_many_small_ones() -> None:
    everywhere = np.indices((60, 80)).sum(axis=0) % 3 == 0
    assert Cover(everywhere, 2, 100, 8).boxes() == [Box(0, 60, 0, 80)]
    cover = Cover(line(), 2, 100, 8)
    assert len(cover.boxes()) > 5
    assert work(cover) < 0.5 * 60 * 80


def test_holes_far_apart_get_windows_of_their_own_and_neighbours_share_one() -> None:
    cover = Cover(cells((10, 10), (10, 12), (50, 70)), 2, 100, 8)
    assert sorted(cover.boxes(), key=repr) == [Box(10, 11, 10, 13), Box(50, 51, 70, 71)]
    assert Cover(cells((10, 10), (10, 12)), 26, 100, 40).boxes() == [Box(10, 11, 10, 13)]


def test_an_evenly_filled_picture_is_cut_into_few_pieces_and_no_slivers() -> None:
    everywhere = np.ones((60, 80), np.bool_)
    boxes = Cover(everywhere, 2, 32, 8).boxes()
    assert len(boxes) <= 8
    assert min(min(box.shape) for box in boxes) >= 15


def test_only_the_part_asked_for_is_covered() -> None:
    cover = Cover(cells((3, 3), (40, 40)), 2, 100, 8)
    assert cover.boxes(Box(30, 60, 30, 60)) == [Box(40, 41, 40, 41)]
    assert cover.boxes(Box(10, 20, 10, 20)) == []


def test_windows_of_one_shape_run_together_and_few_shapes_there_are() -> None:
    cover = Cover(line(), 2, 12, 8)
    windows = [(box, cover.window(box)) for box in cover.boxes()]
    found = list(batches(windows, 300))
    assert sorted(map(repr, (pair for batch in found for pair in batch))) == sorted(map(repr, windows))
    for batch in found:
        shape = batch[0][1].shape
        assert all(window.shape == shape for _, window in batch)
        assert len(batch) == 1 or len(batch) * shape[0] * shape[1] <= 300
    assert any(len(batch) > 1 for batch in found)


def test_few_shapes_are_needed_however_many_holes_there_are() -> None:
    """Each shape costs time and memory of its own."""
    marked = np.random.default_rng(0).random((250, 375)) < 0.002
    cover = Cover(marked, 3, 48, 8)
    windows = [cover.window(box) for box in cover.boxes()]
    assert len(windows) > 100 and len({window.shape for window in windows}) <= 16


def test_boxes_of_cells_are_counted_in_pixels() -> None:
    box = Box(1, 3, 3, 6)
    assert pixels_of(box) == (slice(16, 48), slice(48, 96)) and pixels_of(box, 2) == (slice(2, 6), slice(6, 12))
