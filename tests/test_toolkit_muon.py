"""Muon: updates with equal singular values, and a network that learns."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from restore.toolkit.muon import Muon, orthogonalised


@pytest.mark.parametrize("shape", [(64, 576), (192, 64), (16, 16)], ids=str)
def test_an_orthogonalised_matrix_keeps_its_directions_and_evens_out_their_sizes(shape: tuple[int, int]) -> None:
    # A random square matrix has singular values near zero, which five steps cannot lift: keep away from them.
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0)) + 3 * torch.eye(*shape)
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    result = orthogonalised(matrix)
    after = left.T @ result @ right.T
    assert float(values.max() / values.min()) > 1.5
    assert float(after.diagonal().min()) > 0.6
    assert float(after.diagonal().max()) < 1.3
    assert float((after - after.diagonal().diag()).abs().max()) < 1e-3


def test_the_scale_of_a_gradient_does_not_matter() -> None:
    matrix = torch.randn(8, 20)
    assert torch.allclose(orthogonalised(matrix), orthogonalised(1000 * matrix), atol=1e-4)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["contiguous", "channels last"])
def test_a_convolution_learns_another_one(layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    teacher, pupil = (nn.Conv2d(4, 4, 3, padding=1, bias=False) for _ in range(2))
    pupil.weight.data = pupil.weight.data.contiguous(memory_format=layout)
    optimizer = Muon(pupil.parameters(), lr=0.02)
    first = last = 0.0
    for step in range(120):
        for group in optimizer.param_groups:
            group["lr"] = 0.03 * (1 - step / 120)
        x = torch.randn(4, 4, 8, 8)
        loss = (pupil(x) - teacher(x)).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        first, last = first or float(loss.detach()), float(loss.detach())
    assert last < 0.02 * first


def test_weight_decay_keeps_weights_bounded_where_steps_never_grow_small() -> None:
    norms = {}
    for decay in (0.0, 1.0):
        generator = torch.Generator().manual_seed(0)
        parameter = nn.Parameter(torch.zeros(8, 8))
        optimizer = Muon([parameter], lr=0.1, decay=decay)
        for _ in range(300):
            parameter.grad = torch.ones(8, 8) + 0.1 * torch.randn(8, 8, generator=generator)
            optimizer.step()
        norms[decay] = float(torch.linalg.matrix_norm(parameter.detach(), 2))
    assert norms[0.0] > 15
    assert norms[1.0] < 1.5


def test_a_parameter_without_a_gradient_stays() -> None:
    parameter = nn.Parameter(torch.ones(2, 2))
    Muon([parameter]).step()
    assert torch.equal(parameter.data, torch.ones(2, 2))


def test_a_closure_gives_its_loss_back() -> None:
    parameter = nn.Parameter(torch.eye(3))

    def closure() -> float:
        loss = parameter.pow(2).sum()
        torch.autograd.backward(loss)
        return float(loss.detach())

    assert Muon([parameter]).step(closure) == pytest.approx(3.0)
