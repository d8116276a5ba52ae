"""Tiles pass into each other: exactly where a network looks no further than the skirt, smoothly elsewhere."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from restore_spandrel.seams import run_seamless
from restore_spandrel.spans import FEATHER, SKIRT
from torch import Tensor

torch.manual_seed(0)
PICTURE = torch.rand(1, 3, 210, 170)


def source(top: int, bottom: int, left: int, right: int) -> Tensor:
    return PICTURE[:, :, top:bottom, left:right]


class Canvas:
    """Takes pieces, each pixel once."""

    def __init__(self, height: int, width: int) -> None:
        self.pixels = torch.full((1, 3, height, width), float("nan"))

    def __call__(self, top: int, left: int, piece: Tensor) -> None:
        there = self.pixels[:, :, top : top + piece.shape[2], left : left + piece.shape[3]]
        assert there.isnan().all(), "a pixel is written twice"
        there.copy_(piece)


@pytest.mark.parametrize("edge", [64, 70, 100, 210])
@pytest.mark.parametrize("scale", [1, 2])
def test_a_network_that_looks_no_further_than_the_skirt_gives_what_it_gives_for_the_whole(
    edge: int, scale: int
) -> None:
    kernel = torch.rand(3, 1, 2 * SKIRT + 1, 3) / 50

    def network(x: Tensor) -> Tensor:
        blurred = F.conv2d(x, kernel, padding=(SKIRT, 1), groups=3)
        return F.interpolate(blurred, scale_factor=scale, mode="nearest")

    canvas = Canvas(210 * scale, 170 * scale)
    run_seamless(network, source, canvas, (210, 170), edge, scale)
    assert torch.allclose(canvas.pixels, network(PICTURE), atol=1e-5)


def test_where_tiles_disagree_one_is_faded_into_the_next() -> None:
    """A network that paints each tile in a grey of its own: no step is larger than the fading makes it."""
    greys = iter(torch.linspace(0, 1, 9).tolist())

    def network(x: Tensor) -> Tensor:
        return torch.full_like(x, next(greys))

    canvas = Canvas(210, 170)
    run_seamless(network, source, canvas, (210, 170), 70, 1)
    painted = canvas.pixels
    assert float(painted.max()) - float(painted.min()) > 0.9
    for axis in (2, 3):
        assert float(painted.diff(dim=axis).abs().max()) <= 4 / 8 / FEATHER + 1e-6
