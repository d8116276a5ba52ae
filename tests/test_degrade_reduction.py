"""Reductions are MATLAB's where they say so, and never move a picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from restore.degrade import reduce
from restore.degrade.reduction import KINDS, matrix, mirrored, reduced, resample
from restore.resampling import resized


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(5, 7), (36, 29)], ids=str)
def test_reduce_equals_imresize_borders_included(scale: int, size: tuple[int, int]) -> None:
    clean = torch.rand(2, 3, size[0] * scale, size[1] * scale, generator=torch.Generator().manual_seed(1))
    reduced = reduce(clean, scale)
    for one, small in zip(clean, reduced, strict=True):
        expected = resized(np.ascontiguousarray(one.permute(1, 2, 0)), *size)
        assert np.abs(small.permute(1, 2, 0).numpy() - expected).max() < 1e-5


def test_reduce_neither_rounds_nor_clips() -> None:
    edge = torch.zeros(1, 1, 32, 32, dtype=torch.float64)
    edge[..., 16:] = 1
    small = reduce(edge, 4)
    assert float(small.min()) < -0.01
    assert float(small.max()) > 1.01
    assert small.dtype == torch.float64


def test_gradients_flow_through_reduce() -> None:
    clean = torch.rand(1, 3, 12, 12, requires_grad=True)
    (gradient,) = torch.autograd.grad(reduce(clean, 3).sum(), clean)
    assert float(gradient.sum()) == pytest.approx(3 * 16, rel=1e-5)


def test_reduce_refuses_what_is_no_whole_multiple() -> None:
    with pytest.raises(ValueError, match="33x32 pixels cannot be reduced by 4"):
        reduce(torch.rand(1, 3, 32, 33), 4)


@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("given", "wanted"), [(192, 48), (192, 77), (96, 48), (77, 48), (90, 30), (48, 48)])
def test_no_reduction_moves_a_picture(kind: str, antialias: bool, given: int, wanted: int) -> None:
    """On a ramp whose value is its place, every pixel must hold the place it stands for."""
    ramp = torch.arange(given, dtype=torch.float64) + 0.5
    found = matrix(given, wanted, kind, antialias) @ ramp / (given / wanted)
    wanted_places = torch.arange(wanted) + 0.5
    inside = slice(3, -3)
    assert float((found - wanted_places)[inside].abs().mean()) < 0.05
    assert abs(float((found - wanted_places)[inside].mean())) < 1e-3


def test_area_takes_the_mean_of_the_pixels_covered() -> None:
    thirds = matrix(3, 2, "area")
    assert thirds.flatten().tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0, 1 / 3, 2 / 3])


def test_without_antialiasing_pixels_are_skipped() -> None:
    assert int((matrix(64, 16, "bilinear", antialias=False)[5] > 0).sum()) == 2
    assert int((matrix(64, 16, "bilinear")[5] > 0).sum()) == 8


def test_the_mirror_repeats_the_edge_pixel_as_often_as_it_takes() -> None:
    assert mirrored(-4, 6, 2).tolist() == [0, 1, 1, 0, 0, 1, 1, 0, 0, 1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("scale", [1, 2, 3, 16])
def test_reduction_by_convolution_has_the_weights_of_the_matrices(kind: str, antialias: bool, scale: int) -> None:
    clean = torch.rand(2, 3, 3 * scale, 5 * scale, generator=torch.Generator().manual_seed(0))
    rows, columns = (matrix(size * scale, size, kind, antialias).to(clean) for size in (3, 5))
    assert torch.allclose(reduced(clean, scale, kind, antialias), resample(clean, rows, columns), atol=1e-5)


def test_reduced_refuses_what_is_no_whole_multiple() -> None:
    with pytest.raises(ValueError, match="no whole multiples"):
        reduced(torch.zeros(1, 3, 9, 10), 2, "area")
