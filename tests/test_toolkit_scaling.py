"""Bicubic enlargement and reduction on tensors, as MATLAB's imresize does them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from restore.resampling import resized
from restore.toolkit.scaling import REACH, enlarge, reduce, round_trip, undo_round_trip


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_both_agree_with_the_resampling_of_arrays(scale: int) -> None:
    small = torch.rand(1, 3, 11, 14, generator=torch.Generator().manual_seed(0))
    large = torch.rand(1, 3, 11 * scale, 14 * scale, generator=torch.Generator().manual_seed(1))
    for result, given, size in (
        (enlarge(small, scale), small, (11 * scale, 14 * scale)),
        (reduce(large, scale), large, (11, 14)),
    ):
        wanted = resized(np.ascontiguousarray(given[0].permute(1, 2, 0).numpy()), *size)
        assert np.abs(result[0].permute(1, 2, 0).numpy() - wanted).max() < 2e-6


def test_known_values_of_an_edge_doubled() -> None:
    edge = torch.tensor([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]).reshape(1, 1, 1, 6)
    # Keys' kernel at 0.25, 0.75, 1.25, 1.75: 0.8671875, 0.2265625, -0.0703125, -0.0234375.
    wanted = [0.0, 0.0, 0.0, -0.0234375, -0.0703125, 0.203125, 0.796875, 1.0703125, 1.0234375, 1.0, 1.0, 1.0]
    assert torch.allclose(enlarge(edge, 2)[0, 0, 0], torch.tensor(wanted))


def test_a_flat_picture_stays_flat_up_to_its_borders() -> None:
    flat = torch.full((1, 1, 5, 7), 0.3)
    assert torch.allclose(enlarge(flat, 3), torch.full((1, 1, 15, 21), 0.3))
    assert torch.allclose(reduce(enlarge(flat, 3), 3), flat)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_pieces_with_enough_around_them_equal_the_whole_to_the_last_bit(scale: int) -> None:
    small = torch.rand(1, 3, 20, 9)
    piece = enlarge(small[:, :, 5 - REACH : 12 + REACH], scale)[:, :, REACH * scale : -REACH * scale]
    assert torch.equal(piece, enlarge(small, scale)[:, :, 5 * scale : 12 * scale])
    large = torch.rand(1, 3, 20 * scale, 9 * scale)
    part = reduce(large[:, :, (5 - REACH) * scale : (12 + REACH) * scale], scale)[:, :, REACH:-REACH]
    assert torch.equal(part, reduce(large, scale)[:, :, 5:12])


def test_a_picture_smaller_than_the_kernel_is_mirrored_as_often_as_needed() -> None:
    assert torch.allclose(reduce(torch.full((1, 1, 4, 4), 0.5), 4), torch.full((1, 1, 1, 1), 0.5))


def test_a_size_that_is_no_multiple_is_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 4"):
        reduce(torch.zeros(1, 1, 8, 9), 4)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_a_round_trip_on_the_small_grid_is_the_one_through_the_large(scale: int) -> None:
    for size in ((1, 3, 12, 17), (1, 1, 1, 3)):
        small = torch.rand(size)
        assert torch.allclose(round_trip(small, scale), reduce(enlarge(small, scale), scale), atol=1e-6)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_undoing_a_round_trip_gives_the_picture_back_even_if_it_is_noise(scale: int) -> None:
    small = torch.rand(1, 3, 15, 22)
    assert (round_trip(undo_round_trip(small, scale), scale) - small).abs().max() < 2e-3
    flat = torch.full((1, 1, 5, 5), 0.7)
    assert torch.allclose(undo_round_trip(flat, scale), flat)
