"""Blur kernels have the widths asked for, taken apart as well as whole."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from restore.degrade.blur import blur_matrices, disc_kernel, gaussian_kernel, separated


def scalar(value: float) -> Tensor:
    return torch.tensor([[[value]]])


def spread(kernel: Tensor) -> tuple[float, float]:
    """Standard deviations of a kernel ``(K, K)`` along its columns and rows."""
    places = torch.arange(kernel.shape[0]) - kernel.shape[0] // 2
    down, right = (float((kernel.sum(1 - axis) * places**2).sum().sqrt()) for axis in (0, 1))
    return down, right


def test_a_round_gaussian_has_its_sigma_in_both_directions() -> None:
    kernel = gaussian_kernel(scalar(2), scalar(1), scalar(0.3), 10)[0]
    assert spread(kernel) == pytest.approx((2, 2), rel=0.01)


def test_a_drawn_out_gaussian_is_longer_along_its_angle() -> None:
    lying, standing = (gaussian_kernel(scalar(2), scalar(1.3), scalar(a), 12)[0] for a in (0, math.pi / 2))
    assert spread(lying) == pytest.approx((2 / 1.3, 2 * 1.3), rel=0.01)
    assert spread(standing) == pytest.approx((2 * 1.3, 2 / 1.3), rel=0.01)


def test_no_blur_is_a_single_tap() -> None:
    for kernel in (gaussian_kernel(scalar(0), scalar(1.2), scalar(1), 4)[0], disc_kernel(scalar(0), 4)[0]):
        assert float(kernel[4, 4]) == pytest.approx(1)


def test_defocus_is_flat_with_a_sharp_edge() -> None:
    kernel = disc_kernel(scalar(4), 6)[0]
    assert float(kernel[6, 6]) == pytest.approx(float(kernel[6, 3]))
    assert float(kernel[6, 11]) == 0
    assert spread(kernel)[0] == pytest.approx(4 / 2, rel=0.06)  # a disc's standard deviation is half its radius


@pytest.mark.parametrize("sharpness", [0.0, 0.3, 1.0])
def test_three_products_are_near_enough(sharpness: float) -> None:
    angles = torch.linspace(0, 3, 20).reshape(-1, 1, 1)
    drawn = gaussian_kernel(3.2 * sharpness + 0 * angles, math.exp(0.3) + 0 * angles, angles, 10)
    discs = disc_kernel(4.8 * sharpness * torch.linspace(0, 1, 20).reshape(-1, 1, 1), 6)
    for kernels in (drawn, discs):
        columns, rows = separated(kernels, 3)
        again = torch.einsum("nri,nrj->nij", columns, rows)
        assert float((again - kernels).abs().sum((1, 2)).max()) < 0.07
        assert again.sum((1, 2)).tolist() == pytest.approx([1.0] * 20, abs=1e-5)


def test_a_blur_matrix_mirrors_at_the_borders() -> None:
    blur = blur_matrices(torch.tensor([[[0.25, 0.5, 0.25]]]), 4)[0, 0]
    assert blur[0].tolist() == [0.75, 0.25, 0, 0]
    assert blur[2].tolist() == [0, 0.25, 0.5, 0.25]
    assert blur[3].tolist() == [0, 0, 0.25, 0.75]
