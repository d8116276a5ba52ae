"""The losses of the fuser: what each calls perfect, and that they agree with the metrics they stand for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from restore_latent_fusion.losses import (
    WINDOW,
    gradient_loss,
    gradients,
    luma,
    similarity,
    structure,
    structure_loss,
)
from skimage import data
from skimage.metrics import structural_similarity
from torch import Tensor

from restore.degrade import bracket
from restore.fusion_metrics.mef_ssim import _quality


def photo(edge: int = 128) -> Tensor:
    """``(1, 3, edge, edge)``."""
    picture = np.ascontiguousarray(data.astronaut()[20 : 20 + edge, 130 : 130 + edge])
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255


def grey(edge: int = 128) -> Tensor:
    return luma(photo(edge))


def exposed(*stops: float) -> Tensor:
    """Luma of a bracket, ``(1, N, 128, 128)``."""
    generator = torch.Generator().manual_seed(0)
    return luma(bracket(photo(), generator, len(stops), ev=torch.tensor([stops]))).squeeze(2)


def ramp(slope: float, edge: int = 32) -> Tensor:
    return (slope * torch.arange(edge).float()).expand(1, 1, edge, edge)


def test_luma_is_that_of_bt_601_and_that_of_grey_is_grey() -> None:
    colours = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.3, 0.3, 0.3]])[:, :, None, None]
    assert luma(colours).flatten().tolist() == pytest.approx([0.299, 0.587, 0.114, 0.3])


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_picture_has_all_of_its_own_structure_and_loses_nothing(count: int) -> None:
    own = grey()
    score = structure(own, own.expand(-1, count, -1, -1))
    assert score.shape == (1, 1, 128 - WINDOW + 1, 128 - WINDOW + 1)
    assert float(score.min()) > 0.995 and float(score.max()) <= 1 + 1e-5
    assert 0 <= float(structure_loss(own, own.expand(-1, count, -1, -1))) < 0.002


def test_the_level_of_a_patch_is_free_and_its_contrast_is_not() -> None:
    own = grey()
    assert torch.allclose(structure(own + 0.2, own), structure(own, own), atol=1e-3)
    flatter, stronger = (float(structure(own.mean() + gain * (own - own.mean()), own).mean()) for gain in (0.5, 2.0))
    assert flatter < 0.95 and stronger < 0.95


def test_the_frame_with_the_best_contrast_has_more_structure_than_the_average() -> None:
    own = grey()
    sources = torch.cat([own, 0.5 + 0.2 * (own - 0.5)], 1)
    best, average = (float(structure(f, sources).mean()) for f in (own, sources.mean(1, keepdim=True)))
    assert best > 0.99 > 0.95 > average


def test_the_negative_of_a_frame_has_less_than_none() -> None:
    assert float(structure(1 - grey(), grey()).mean()) < -0.4


def test_the_order_of_the_frames_means_nothing_to_any_loss() -> None:
    sources, fused = exposed(-2.0, 0.3, 2.0), grey()
    turned = sources[:, [2, 0, 1]]
    assert torch.allclose(structure(fused, sources), structure(fused, turned), atol=1e-4)
    assert torch.allclose(gradient_loss(fused, sources), gradient_loss(fused, turned), atol=1e-6)


@pytest.mark.parametrize("stops", [(-1.5, 1.5), (-2.5, 0.0, 2.5)])
def test_structure_agrees_with_the_finest_scale_of_mef_ssim(stops: tuple[float, ...]) -> None:
    """Patches are of 8 pixels and even weight here, of 11 and Gaussian weight there."""
    sources = exposed(*stops)
    fused = [sources.mean(1, keepdim=True), sources[:, :1], sources[:, -1:], grey(), 0.5 * grey() + 0.2]
    ours = [float(structure(each, sources).mean()) for each in fused]
    planes = [plane.double().numpy() * 255 - 128 for plane in sources[0]]
    theirs = [_quality(each[0, 0].double().numpy() * 255 - 128, planes) for each in fused]
    assert np.abs(np.subtract(ours, theirs)).max() < 0.04
    apart = [(i, j) for i in range(5) for j in range(5) if theirs[i] - theirs[j] > 0.03]
    assert len(apart) > 5, "they are not all the same"
    assert all(ours[i] > ours[j] for i, j in apart)


def test_every_loss_can_be_learnt_from_also_where_frames_are_flat() -> None:
    for sources in (exposed(-1.0, 1.0), torch.zeros(1, 2, 128, 128), torch.ones(1, 2, 128, 128)):
        fused = torch.full((1, 1, 128, 128), 0.5, requires_grad=True)
        total = structure_loss(fused, sources) + gradient_loss(fused, sources) - similarity(fused, sources[:, :1])
        (slope,) = torch.autograd.grad(total, fused)
        assert torch.isfinite(slope).all()
        assert torch.isfinite(total)


def test_a_step_of_1_is_a_gradient_of_1_across_it_and_of_0_along_it() -> None:
    edge = (torch.arange(32) >= 16).float().expand(1, 1, 32, 32)
    found = gradients(edge)
    assert found.shape == (1, 2, 30, 30)
    assert set(found[0, 0].flatten().tolist()) == {0.0, 1.0} and not found[:, 1].any()
    assert torch.equal(gradients(edge.mT).flip(1), found.mT)


def test_gradients_of_the_stronger_frame_are_wanted_with_their_direction() -> None:
    steep, flat = ramp(0.02), torch.full((1, 1, 32, 32), 0.3)
    sources = torch.cat([flat, steep], 1)
    assert float(gradient_loss(steep, sources)) == pytest.approx(0, abs=1e-6)
    average, reverse = (float(gradient_loss(f, sources)) for f in (sources.mean(1, keepdim=True), -steep))
    assert 0 < float(gradient_loss(0.75 * steep, sources)) < average < float(gradient_loss(flat, sources)) < reverse
    assert float(gradient_loss(steep + 0.3, sources)) == pytest.approx(0, abs=1e-6), "its level is free"


def test_opposite_edges_keep_one_of_the_two_instead_of_vanishing() -> None:
    rising, falling = ramp(0.02), ramp(-0.015)
    sources = torch.cat([rising, falling], 1)
    assert float(gradient_loss(rising, sources)) < float(gradient_loss(falling, sources))
    assert float(gradient_loss(rising, sources)) < 0.1 * float(gradient_loss(sources.mean(1, keepdim=True), sources))


def test_equal_pictures_are_alike_and_others_as_ssim_says() -> None:
    own = grey()
    assert float(similarity(own, own)) == pytest.approx(1, abs=1e-5)
    torch.manual_seed(0)
    noisy = own + 0.1 * torch.randn_like(own)
    plain = {"win_size": 11, "data_range": 1.0, "use_sample_covariance": False}
    expected = structural_similarity(own[0, 0].numpy(), noisy[0, 0].numpy(), **plain)
    assert float(similarity(own, noisy)) == pytest.approx(expected, abs=2e-3)
    assert torch.allclose(similarity(own, noisy), similarity(noisy, own))
    assert float(similarity(1 - own, own)) < 0
