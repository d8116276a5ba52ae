"""What the inpainter's losses ask for, and what they leave alone."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from restore_gan_inpaint.discriminator import Discriminator
from restore_gan_inpaint.losses import (
    adversarial_loss,
    contested,
    critic_loss,
    gradient_penalty,
    matching_loss,
    reconstruction,
    sharpness_loss,
    squared_gradient,
    touched,
)
from restore_gan_inpaint.recipe import emptied
from torch import Tensor

from tests.random_inpainter import some


def test_the_reconstruction_looks_inside_the_hole_and_on_its_rim_alone() -> None:
    truth, missing = some()
    coarse = torch.nn.functional.avg_pool2d(truth, 4)
    exact = reconstruction(truth, coarse, truth, missing)
    far, inside, rim = truth.clone(), truth.clone(), truth.clone()
    far[:, :, :10] += 0.5
    inside[:, :, 25] += 0.5
    rim[:, :, 18] += 0.5
    assert torch.equal(reconstruction(far, coarse, truth, missing), exact)
    assert float(reconstruction(inside, coarse, truth, missing)) > float(exact) + 0.01
    assert float(reconstruction(rim, coarse, truth, missing)) > float(exact) + 0.001
    assert float(reconstruction(truth, coarse + 0.5, truth, missing)) > float(exact) + 0.01


def test_a_blur_is_told_by_the_energy_of_its_gradients_and_so_is_noise() -> None:
    truth, missing = some()
    blurred = torch.nn.functional.avg_pool2d(truth, 5, 1, 2)
    assert float(sharpness_loss(truth, truth, missing)) == 0.0
    assert float(sharpness_loss(blurred, truth, missing)) > 1.0
    assert float(sharpness_loss(2 * truth, truth, missing)) > 0.5
    assert (
        float(sharpness_loss(torch.where(missing > 0, truth, blurred), truth, missing)) == 0.0
    )  # known: not looked at
    flat = torch.full_like(truth, 0.5)
    assert float(sharpness_loss(flat, flat, missing)) == 0.0


def test_what_is_lacking_is_a_share_of_the_energy_and_counts_more_in_thicker_holes() -> None:
    truth, _ = some()
    losses = []
    for width in (3, 8):
        missing = torch.zeros(2, 1, 64, 64)
        missing[:, :, 20 : 20 + width, 5:60] = 1
        flat = torch.full_like(truth, 0.5)
        half, most, all_of_it = (float(sharpness_loss(flat.lerp(truth, k), truth, missing)) for k in (0.5, 0.9, 1.0))
        assert half > 1.5 * most > 0.01 > all_of_it == 0.0
        losses.append(half)
    assert losses[1] > 1.4 * losses[0]


def test_the_squared_gradient_is_opencv_s() -> None:
    picture = torch.rand(1, 3, 20, 30)
    luma = (picture[0] * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(0).numpy()
    expected = cv2.Sobel(luma, cv2.CV_32F, 1, 0) ** 2 + cv2.Sobel(luma, cv2.CV_32F, 0, 1) ** 2
    found = squared_gradient(picture)[0, 0].numpy()
    assert np.allclose(found[1:-1, 1:-1], expected[1:-1, 1:-1], atol=1e-5)


def test_the_hinge_losses_are_zero_where_everybody_has_won() -> None:
    where = torch.ones(1, 1, 2, 2)
    sure = torch.full((1, 1, 2, 2), 1.0)
    assert [float(x) for x in critic_loss(sure, -sure, where)] == [0.0, 1.0]
    assert [float(x) for x in critic_loss(-sure, sure, where)] == [4.0, 0.0]
    assert float(adversarial_loss(sure, where)) == -1.0
    assert float(adversarial_loss(sure, torch.zeros_like(where))) == 0.0


def test_the_discriminator_has_a_say_in_fine_texture_deep_inside_holes_alone() -> None:
    made, missing = some()
    made.requires_grad_(True)
    seen = contested(made, missing)
    assert torch.equal(seen, made)

    def asked_for(what: Tensor) -> Tensor:
        (gradient,) = torch.autograd.grad((contested(made, missing) * what).sum(), made)
        return gradient

    rows, columns = torch.arange(64)[:, None], torch.arange(64)
    texture = ((rows + columns) % 2 * 2.0 - 1).expand(2, 3, 64, 64)
    fine, flat = asked_for(texture), asked_for(torch.ones_like(made))
    assert torch.allclose(fine[..., 29:31, 20:40], texture[..., 29:31, 20:40], atol=0.05)
    assert fine[..., :16, :].abs().max() == 0 and fine[..., 20:24, :].abs().max() < 0.15, "known, and near the edge"
    assert flat[..., 29:31, 20:40].abs().max() < 0.05 < fine[..., 29:31, 20:40].abs().min()


def test_only_patches_that_hold_missing_pixels_are_judged() -> None:
    truth, missing = some(64, 128)
    scores, features = Discriminator()(truth, missing)
    where = touched(missing, scores)
    assert scores.shape == where.shape == (2, 1, 4, 8)
    assert where[0, 0].tolist() == [[0.0] * 8, [1.0] * 4 + [0.0] * 4, [1.0] * 4 + [0.0] * 4, [0.0] * 8]
    assert float(matching_loss(features, features, missing).detach()) == 0.0
    other = Discriminator()(emptied(truth, missing), missing)[1]
    assert float(matching_loss(features, other, missing).detach()) > 0.0


def test_the_gradient_penalty_is_that_of_a_discriminator_whose_slope_is_known() -> None:
    class Slope(Discriminator):
        def forward(self, picture: Tensor, missing: Tensor) -> tuple[Tensor, list[Tensor]]:
            return 3 * picture[:, :1, :1, :1] + 0 * missing[:, :, :1, :1], []

    truth, missing = some()
    assert float(gradient_penalty(Slope(), truth, missing)) == pytest.approx(4.5)
