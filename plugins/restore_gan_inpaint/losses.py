"""The losses of `gan-inpaint`: its generator's alone, its discriminator's, and the generator's against that."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from restore_gan_inpaint.discriminator import Discriminator

MOST_ENERGY = 1.1
"""Energy of gradients relative to the truth's from which on there is too much of it."""

THICK = 2
"""How many pixels inside a hole nothing is left of a scratch, and something of a letter."""

EDGE_OF_HOLE = 4
"""How many pixels inside a hole are near its edge."""

FLAT = 1e-3
"""Energy (see `squared_gradient`) that is added to both: there is nothing to be sharp about in a sky."""

COARSE = 9
"""Edge in pixels of the windows whose means are what the discriminator has no say in."""

NEAR = 5
"""Width in pixels of the rim of known pixels on which the result is held to the picture, too."""


def reconstruction(result: Tensor, coarse: Tensor, truth: Tensor, missing: Tensor) -> Tensor:
    """How far the filling is from what was there: inside the hole, on its rim, and at the coarse half's resolution.

    Inside, half of it is the mean absolute error (L1), half the root of the mean squared error, each per picture: L1
    alone goes for the median, which PSNR punishes; the square alone for what is hopeless. The rim is what makes
    gradients go on across the seam. Each picture counts relative to what is usual for such a hole: wide ones, where
    little can be known, would outweigh thin ones, where much can.

    Args:
        result: ``(N, 3, H, W)``.
        coarse: ``(N, 3, H/4, W/4)``.
        truth: ``(N, 3, H, W)`` in [0, 1].
        missing: ``(N, 1, H, W)``, 1 = missing.
    """
    error = (result.float() - truth).abs()
    rim = _grown(missing, NEAR) - missing
    small_truth, small_missing = F.avg_pool2d(truth, 4), F.avg_pool2d(missing, 4)
    far = ((coarse.float() - small_truth).abs() * small_missing).sum((1, 2, 3)) / small_missing.sum((1, 2, 3)) / 3
    inside = mean_where(error, missing) + (mean_where(error**2, missing) + 1e-6).sqrt()
    usual = 0.7 + 0.8 * inner(missing).sum((1, 2, 3)) / missing.sum((1, 2, 3))
    return ((inside / 2 + 0.2 * mean_where(error, rim) + 0.3 * far) / usual).mean()


def inner(missing: Tensor) -> Tensor:
    """What of a hole is farther than `EDGE_OF_HOLE` pixels inside, ``(N, 1, H, W)``."""
    return -_grown(-missing, EDGE_OF_HOLE)


def _grown(x: Tensor, by: int) -> Tensor:
    """The maximum over the pixels up to `by` away: rows first, then columns, which is a fifth of the work."""
    size = 2 * by + 1
    return F.max_pool2d(F.max_pool2d(x, (1, size), 1, (0, by)), (size, 1), 1, (by, 0))


def mean_where(values: Tensor, where: Tensor) -> Tensor:
    """The mean per picture of ``(N, 3, H, W)`` where ``(N, 1, H, W)`` says."""
    return (values * where).sum((1, 2, 3)) / (where.sum((1, 2, 3)).clamp(min=1) * values.shape[1])


def sharpness_loss(result: Tensor, truth: Tensor, missing: Tensor) -> Tensor:
    """How much of the energy of gradients near the edge of a hole is lacking, as a share of the truth's.

    What is nearest to the truth on average is a blur, and so is what L1 asks for. Of all that is sharper, the cheapest
    is more contrast where the network knows in which direction: that is what this loss finds in thin holes. Its weight
    is what a share of energy may cost in accuracy. That is the same for all pictures, so that energy comes from where
    it is cheapest. The thicker a thin hole is, the more it lacks, and the more that counts. Too much is punished from
    `MOST_ENERGY` on. Deep inside, where no direction is known, the cheapest energy is a grid; there the discriminator
    alone has to see to it that there is texture.

    Args:
        result: ``(N, 3, H, W)``.
        truth: The same in [0, 1].
        missing: ``(N, 1, H, W)``, 1 = missing.

    Returns:
        The mean over the pictures.
    """
    made = torch.where(missing > 0, result.float(), truth)
    where = missing - inner(missing)
    made_energy, true_energy = (mean_where(squared_gradient(each), where) + FLAT for each in (made, truth))
    ratio = made_energy / true_energy
    thick = (-_grown(-missing, THICK)).sum((1, 2, 3)) / missing.sum((1, 2, 3)).clamp(min=1)
    weight = 1 + (3 * thick).clamp(max=0.8)
    return (weight * (F.relu(1 - ratio) + F.relu(ratio - MOST_ENERGY))).mean()


def squared_gradient(pictures: Tensor) -> Tensor:
    """The squared Sobel gradient of luma, ``(N, 1, H, W)`` of ``(N, 3, H, W)``; zero at the picture's edge."""
    luma = (pictures * pictures.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    across = luma.new_tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    gradient = F.conv2d(luma, torch.stack([across, across.T])[:, None])
    return F.pad(gradient.square().sum(1, keepdim=True), (1, 1, 1, 1))


def touched(missing: Tensor, scores: Tensor) -> Tensor:
    """The discriminator's patches that hold missing pixels, ``(N, 1, h, w)``, 0 or 1: the others say nothing."""
    return (F.adaptive_max_pool2d(missing, scores.shape[-2:]) > 0).to(scores.dtype)


def critic_loss(real: Tensor, made: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """The discriminator's hinge loss (Lim, Ye, Geometric GAN, 2017), and the share of patches it is right about.

    Args:
        real: Scores of pictures that were taken, ``(N, 1, h, w)``.
        made: Scores of filled ones.
        where: The patches that count.
    """
    count = where.sum().clamp(min=1)
    loss = ((F.relu(1 - real.float()) + F.relu(1 + made.float())) * where).sum() / count
    right = (((real > 0).float() + (made < 0).float()) * where).sum() / (2 * count)
    return loss, right


def contested(made: Tensor, missing: Tensor) -> Tensor:
    """A filled picture such that the discriminator has a say only in fine texture deep inside holes.

    Near a hole's edge (see `inner`) what is right is mostly known: there `sharpness_loss` costs less accuracy for the
    same energy. And brightness or colour over more than some pixels is guessed best by what is likely, not by what
    looks real: it carries most of the error and hardly any of the energy of gradients. Texture is grey, or else pixels
    of all colours come of it: that is the channels' mean alone.

    Args:
        made: ``(N, 3, H, W)``.
        missing: ``(N, 1, H, W)``, 1 = missing.

    Returns:
        The same values; gradients pass only as said.
    """
    change = made - made.detach()
    fine = (change - F.avg_pool2d(change, COARSE, 1, COARSE // 2)).mean(1, keepdim=True)
    return made.detach() + fine * inner(missing)


def adversarial_loss(made: Tensor, where: Tensor) -> Tensor:
    """The generator's part of the hinge loss."""
    return -(made.float() * where).sum() / where.sum().clamp(min=1)


def matching_loss(real: Sequence[Tensor], made: Sequence[Tensor], missing: Tensor) -> Tensor:
    """Feature matching: the discriminator's features of filling and truth are to agree (Wang et al., CVPR 2018)."""
    total = missing.new_zeros(())
    for a, b in zip(real, made, strict=True):
        where = F.adaptive_max_pool2d(missing, a.shape[-2:])
        total = total + ((a.detach().float() - b.float()).abs() * where).sum() / (where.sum().clamp(min=1) * a.shape[1])
    return total / len(real)


def gradient_penalty(critic: Discriminator, truth: Tensor, missing: Tensor) -> Tensor:
    """R1: the squared gradient of the discriminator at real pictures (Mescheder, Geiger, Nowozin, ICML 2018).

    It keeps the discriminator from becoming ever steeper once it has won, the usual way for training to diverge.
    """
    truth = truth.detach().requires_grad_(True)
    scores, _ = critic(truth, missing)
    (gradient,) = torch.autograd.grad(scores.float().sum(), truth, create_graph=True)
    penalty: Tensor = gradient.float().square().sum((1, 2, 3)).mean() / 2
    return penalty
