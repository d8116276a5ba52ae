"""A network run row by row gives what it gives for the whole picture."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from restore.toolkit.stream import Positional, Residual, Rows, receptive_radius, stream


def conv(inputs: int, outputs: int, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)


def unet() -> nn.Sequential:
    def block(width: int) -> Residual:
        return Residual(conv(width, width), nn.ReLU(), conv(width, width))

    inner = Residual(nn.Conv2d(8, 12, 2, stride=2), block(12), nn.ConvTranspose2d(12, 8, 2, stride=2))
    return nn.Sequential(nn.PixelUnshuffle(2), conv(12, 8), block(8), inner, block(8), conv(8, 12), nn.PixelShuffle(2))


def in_strips(network: nn.Module, picture: Tensor, heights: list[int]) -> Tensor:
    flow, top, out = stream(network), 0, []
    for height in heights:
        bottom = top + height
        piece = picture[:, :, top:bottom].contiguous(memory_format=torch.channels_last)
        done = flow.push(Rows(piece), bottom == picture.shape[2])
        top = bottom
        out += [done.data.clone()] if done else []
    return torch.cat(out, 2)


@pytest.mark.parametrize("heights", [[32], [4, 4, 4, 20], [12, 4, 16], [28, 4], [4] * 8], ids=str)
@torch.inference_mode()
def test_strips_of_any_height_give_the_whole_picture(heights: list[int]) -> None:
    torch.manual_seed(0)
    network, picture = unet().eval(), torch.rand(1, 3, 32, 20)
    assert torch.allclose(in_strips(network, picture, heights), network(picture), atol=1e-5)


@torch.inference_mode()
def test_a_single_row_of_pixels_can_be_streamed() -> None:
    network, picture = nn.Sequential(conv(1, 2), nn.ReLU(), conv(2, 1)), torch.rand(1, 1, 1, 9)
    assert torch.allclose(in_strips(network, picture, [1]), network(picture), atol=1e-6)


@torch.inference_mode()
def test_rows_pushed_one_by_one_through_plain_convolutions_match() -> None:
    network, picture = nn.Sequential(*[conv(1, 1) for _ in range(4)]), torch.rand(1, 1, 7, 5)
    assert torch.allclose(in_strips(network, picture, [1] * 7), network(picture), atol=1e-6)


@torch.inference_mode()
def test_two_pictures_do_not_share_state() -> None:
    network, a, b = unet().eval(), torch.rand(1, 3, 16, 8), torch.rand(1, 3, 16, 8)
    in_strips(network, a, [8, 8])
    assert torch.allclose(in_strips(network, b, [8, 8]), network(b), atol=1e-5)


@pytest.mark.parametrize(
    "module",
    [nn.BatchNorm2d(3), nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3, padding=1, padding_mode="reflect"), nn.Conv2d(3, 3, 5)],
    ids=["batch norm", "no padding", "reflecting", "5x5"],
)
def test_modules_that_cannot_be_streamed_are_refused(module: nn.Module) -> None:
    with pytest.raises(TypeError, match="row by row"):
        stream(nn.Sequential(module))


def test_the_receptive_radius_covers_every_pixel_that_has_influence() -> None:
    network = unet().double()
    radius = receptive_radius(network)
    picture = torch.rand(1, 3, 96, 96, dtype=torch.float64, requires_grad=True)
    for row in (40, 43):
        (gradient,) = torch.autograd.grad(network(picture)[:, :, row, 48].sum(), picture)
        reach = gradient.abs().sum((0, 1, 3)).nonzero()
        assert row - int(reach.min()) <= radius
        assert int(reach.max()) - row <= radius


class _RowNumber(Positional):
    """Adds the number of the row, so that a wrong one shows."""

    def forward(self, x: torch.Tensor, top: int = 0) -> torch.Tensor:
        return x + torch.arange(top, top + x.shape[2], dtype=x.dtype)[:, None]


def test_a_module_that_knows_its_place_sees_the_rows_of_the_whole_picture() -> None:
    network = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), _RowNumber(), nn.Conv2d(2, 2, 3, padding=1))
    x = torch.rand(1, 2, 13, 5)
    flow = stream(network)
    with torch.no_grad():
        whole = network(x)
        pieces = [flow.push(Rows(x[:, :, top : top + 4]), top + 4 >= 13) for top in range(0, 13, 4)]
    assert torch.allclose(torch.cat([p.data for p in pieces if p], 2), whole, atol=1e-6)
    assert receptive_radius(network) == 2
