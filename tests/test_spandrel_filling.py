"""Holes are filled each with what is round it; known pixels stay, and large windows are filled in a smaller size."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from restore_spandrel.execution import Execution
from restore_spandrel.filling import CONTEXT, SQUARE, fill, holes
from torch import Tensor, nn

from restore.spec import Runtime
from restore.toolkit.torchvision_operators import declare_missing_operators
from tests.spandrel_models import photograph

Mask = npt.NDArray[np.bool_]


class Mean(nn.Module):
    """Fills holes with the mean of what is known."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, image: Tensor, mask: Tensor) -> Tensor:
        known = 1 - mask
        mean = (image * known).sum((2, 3), keepdim=True) / known.sum()
        return image * known + mean * mask * self.weight


def execution(memory: int | None = None) -> Execution:
    """The mean as a network of spandrel's."""
    declare_missing_operators()
    from spandrel import MAIN_REGISTRY, MaskedImageModelDescriptor

    model = Mean()
    descriptor: Any = MaskedImageModelDescriptor(
        model,
        model.state_dict(),
        architecture=MAIN_REGISTRY["LaMa"].architecture,
        purpose="Inpainting",
        tags=[],
        supports_half=False,
        supports_bfloat16=True,
        input_channels=3,
        output_channels=3,
    )
    return Execution.of(descriptor, Runtime(device="cpu", threads=1, memory=memory))


def hole(height: int, width: int, top: int, left: int, edge: int) -> Mask:
    mask = np.zeros((height, width), np.bool_)
    mask[top : top + edge, left : left + edge] = True
    return mask


def test_a_small_picture_is_filled_as_a_whole() -> None:
    picture, mask = photograph(60, 80), hole(60, 80, 20, 30, 12)
    filled = fill(execution(), picture, mask)
    assert np.array_equal(filled[~mask], picture[~mask])
    assert np.abs(filled[mask] - picture[~mask].mean(axis=0)).max() <= 1


def test_what_a_hole_held_has_no_influence() -> None:
    picture, mask = (photograph(60, 80) / 255).astype(np.float32), hole(60, 80, 20, 30, 12)
    spoilt = picture.copy()
    spoilt[mask] = np.nan
    assert np.array_equal(fill(execution(), picture, mask), fill(execution(), spoilt, mask))


def test_a_grey_picture_is_filled_in_grey_also_where_it_is_stored_as_rgb() -> None:
    grey, mask = photograph(60, 80)[:, :, :1], hole(60, 80, 20, 30, 12)
    alone = fill(execution(), grey, mask)
    assert alone.shape == grey.shape
    assert (fill(execution(), np.repeat(grey, 3, axis=2), mask) == alone).all()


def test_each_hole_sees_what_is_round_it_and_no_more() -> None:
    picture, mask = np.zeros((100, 1000, 3), np.uint8), hole(100, 1000, 40, 40, 10) | hole(100, 1000, 40, 900, 10)
    picture[:, 500:] = 200
    filled = fill(execution(), picture, mask)
    assert (filled[40:50, 40:50] == 0).all() and (filled[40:50, 900:910] == 200).all()


def test_small_holes_near_each_other_are_filled_together_and_large_ones_alone() -> None:
    size = 4 * SQUARE
    specks = np.zeros((size, size), np.bool_)
    specks[5::20, 5::20] = True
    assert len(holes(specks)) == 16
    with_a_large_one = specks | hole(size, size, 100, 100, SQUARE + 50)
    assert max(holes(with_a_large_one)[0].shape) >= SQUARE + 50
    for box in holes(with_a_large_one):
        with_a_large_one[box.slices] = False
    assert not with_a_large_one.any()


def test_a_window_larger_than_memory_allows_is_filled_in_a_smaller_size(caplog: pytest.LogCaptureFixture) -> None:
    picture, mask = photograph(300, 300), hole(300, 300, 100, 100, 40)
    with caplog.at_level(logging.WARNING, logger="restore"):
        filled = fill(execution(memory=3 << 20), picture, mask)
    assert "it is filled in" in caplog.text
    assert np.array_equal(filled[~mask], picture[~mask])
    window = picture[100 - CONTEXT if CONTEXT < 100 else 0 : 140 + CONTEXT, 0 : 140 + CONTEXT]
    assert np.abs(filled[mask].mean(axis=0) - window.reshape(-1, 3).mean(axis=0)).max() < 12
