"""Interpolation and means by OpenCV are those that the network was trained with."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from restore_latent_fusion.model import finer
from restore_latent_fusion.resampling import interpolated, means


@pytest.mark.parametrize("factor", [2, 4, 8])
@pytest.mark.parametrize("shape", [(1, 5, 7), (3, 1, 1), (2, 3, 4500), (5, 1, 9)])
def test_interpolated_is_what_torch_gives_also_at_the_borders(shape: tuple[int, int, int], factor: int) -> None:
    torch.manual_seed(0)
    x = torch.rand(shape)
    assert torch.allclose(interpolated(x, factor), finer(x[None], factor), atol=1e-6)
    window = torch.rand(shape[0], shape[1] + 4, shape[2] + 3)[:, 2:-2, 1:-2]
    assert torch.allclose(interpolated(window, factor), finer(window[None], factor), atol=1e-6), "of a part of a tensor"


@pytest.mark.parametrize("edge", [2, 8])
@pytest.mark.parametrize("size", [(8, 16), (48, 33000), (8, 8)])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_means_are_those_of_squares(size: tuple[int, int], edge: int, layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    x = torch.rand(1, 3, *size).contiguous(memory_format=layout)
    assert torch.allclose(means(x, edge), F.avg_pool2d(x, edge), atol=1e-6)
    grey = x[:, :1].expand(-1, 3, -1, -1)
    assert torch.allclose(means(grey, edge), F.avg_pool2d(grey, edge), atol=1e-6)


def test_where_a_square_is_not_full_the_last_column_is_repeated() -> None:
    x = torch.arange(10.0).reshape(1, 1, 2, 5)
    assert means(x, 2)[0, 0].tolist() == [[3.0, 5.0, 6.5]]
    assert means(x.expand(-1, 3, -1, -1), 2).shape == (1, 3, 1, 3)
