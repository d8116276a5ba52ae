"""Memory is measured by what a network's tensors take at a time."""

from __future__ import annotations

import torch
from restore_spandrel.measuring import MARGIN, bytes_per_pixel, weight_bytes
from torch import Tensor, nn


def test_tensors_that_live_at_the_same_time_are_added_up_and_dead_ones_are_not() -> None:
    def keeps_all(x: Tensor) -> Tensor:
        kept = [x + k for k in range(5)]
        return torch.stack(kept).sum(0)

    def keeps_one(x: Tensor) -> Tensor:
        for _ in range(50):
            x = x + 1
        return x

    per_picture = 4 * 3
    assert bytes_per_pixel(keeps_all, 3, 64) == MARGIN * per_picture * (1 + 11)  # five, as many stacked, their sum
    assert bytes_per_pixel(keeps_one, 3, 64) == MARGIN * per_picture * (1 + 2)  # the old and the new


def test_views_and_work_in_place_take_nothing() -> None:
    def network(x: Tensor) -> Tensor:
        y = x * 2
        return y.permute(0, 2, 3, 1)[:, ::2].relu_().add_(1).flatten()

    assert bytes_per_pixel(network, 1, 32) == MARGIN * 4 * (1 + 1 + 0.5)  # flatten copies what is not contiguous


def test_a_wider_network_takes_more() -> None:
    narrow, wide = (nn.Sequential(nn.Conv2d(3, n, 3, padding=1), nn.Conv2d(n, 3, 3, padding=1)) for n in (8, 64))
    assert bytes_per_pixel(wide, 3, 64) > 4 * bytes_per_pixel(narrow, 3, 64)


def test_weights_are_counted_with_buffers() -> None:
    assert weight_bytes(nn.BatchNorm2d(10)) == 4 * 40 + 8
