"""The evidence lower bound and its two terms, in nats per picture (Kingma, Welling, 2014)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Terms:
    """What one batch costs; each of the first two ``(B,)``, in nats per picture.

    The bound is ELBO = E_q[log p(x|z)] - KL(q(z|x) || p(z)) = -(distortion + rate).

    Attributes:
        distortion: -E_q[log p(x|z)], with one sample of q.
        rate: KL(q(z|x) || p(z)); 0 where the model has no prior.
        means: ``(B, latent)``: means of q in units of the prior, by which active units are counted.
        weights: KL of the weights' distribution to their prior, of the whole model (`bvae`); 0 elsewhere.
    """

    distortion: Tensor
    rate: Tensor
    means: Tensor
    weights: Tensor

    @property
    def elbo(self) -> Tensor:
        """``(B,)``: the evidence lower bound, in nats per picture."""
        return -(self.distortion + self.rate)


def gaussian_nll(pictures: Tensor, means: Tensor, log_sigma: Tensor) -> Tensor:
    """-log N(x; m, sigma²), with one sigma for all values, learned.

    A sigma that is learned takes the place of a weight on the other term (Rybkin, Daniilidis, Levine: Simple and
    effective VAE training with calibrated decoders, ICML 2021).

    Args:
        pictures: ``(B, ...)``.
        means: The same shape.
        log_sigma: A scalar; values below the step of 8-bit pictures are taken as that.

    Returns:
        ``(B,)``, nats of a density over pictures in [0, 1].
    """
    log_sigma = log_sigma.float().clamp(min=-math.log(255))
    error = (pictures.float() - means.float()).flatten(1)
    squares = error.square().sum(1) * (0.5 * torch.exp(-2 * log_sigma))
    return squares + error.shape[1] * (log_sigma + 0.5 * math.log(2 * math.pi))


def gaussian_kl(mean: Tensor, log_sigma: Tensor, prior_mean: Tensor, prior_log_sigma: Tensor) -> Tensor:
    """KL(N(m, s²) || N(m0, s0²)) of independent variables, summed over the last axis, in nats.

    Args:
        mean: ``(..., latent)``.
        log_sigma: The same shape.
        prior_mean: A shape that broadcasts to it.
        prior_log_sigma: The same.
    """
    mean, log_sigma = mean.float(), log_sigma.float()
    ratio = torch.exp(2 * (log_sigma - prior_log_sigma))
    distance = ((mean - prior_mean) * torch.exp(-prior_log_sigma)).square()
    return 0.5 * (ratio + distance - 1).sum(-1) - (log_sigma - prior_log_sigma).sum(-1)


def draw(mean: Tensor, log_sigma: Tensor) -> Tensor:
    """A sample of N(m, s²) through which gradients flow (the reparameterisation of Kingma and Welling)."""
    return mean + torch.exp(log_sigma) * torch.randn_like(mean)


def bits_per_value(nats: float, values: int) -> float:
    """What a bound in nats per picture says of coding 8-bit values: bits for each.

    Args:
        nats: Of a density over [0, 1], as `Terms` has it: distortion and rate.
        values: In a picture.
    """
    return nats / values / math.log(2) + 8
