"""The blocks of a JPEG are found in its pixels, wherever they begin."""

from __future__ import annotations

import numpy as np
import pytest

from restore.diagnose import BLOCKED, jpeg_blocking, jpeg_grid
from tests.known_photographs import noisy, photographs, saved


@pytest.mark.parametrize("quality", [50, 75, 90])
@pytest.mark.parametrize("corner", [(0, 0), (3, 6), (7, 1)], ids=str)
def test_the_blocks_of_a_cropped_jpeg_are_found_where_they_begin(quality: int, corner: tuple[int, int]) -> None:
    top, left = corner
    for pixels in photographs():
        grid = jpeg_grid(saved(pixels, quality)[top:, left:])
        assert grid.strength > BLOCKED
        assert (grid.top, grid.left) == (-top % 8, -left % 8)


def test_lower_quality_shows_more() -> None:
    strengths = [jpeg_blocking(saved(photographs()[0], quality)) for quality in (95, 80, 50, 20)]
    assert strengths == sorted(strengths)


def test_where_nothing_was_compressed_no_blocks_are_found() -> None:
    for pixels in photographs():
        assert jpeg_blocking(pixels) <= BLOCKED
        assert jpeg_blocking(noisy(pixels, 5)) <= BLOCKED


@pytest.mark.parametrize("period", [2, 4])
def test_stripes_are_not_blocks(period: int) -> None:
    stripes = np.repeat(np.arange(256 // (period // 2)) % 2, period // 2).astype(np.float32)
    pattern = np.add.outer(stripes, stripes)[:, :, None] * 60 + 60
    pixels = noisy(np.broadcast_to(pattern, (256, 256, 3)).astype(np.uint8), 2)
    assert jpeg_blocking(pixels) <= BLOCKED
