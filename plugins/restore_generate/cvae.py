"""The conditional variational autoencoder (Sohn, Lee, Yan: Learning structured output representation, NeurIPS 2015)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from restore_generate.architecture import Architecture
from restore_generate.layers import Decoder, Encoder
from restore_generate.likelihood import Terms, draw, gaussian_kl, gaussian_nll


class CVAE(nn.Module):
    """A variational autoencoder that is told the class; every class has a Gaussian prior of its own, learned.

    Latents are given and taken in units of their class's prior, so that standard normal noise is right for all.

    Args:
        architecture: Sizes, and at least one class.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a, known = architecture, len(architecture.classes)
        self.latent_size = a.latent
        self.encoder = Encoder(a.channels, a.widths, a.blocks, 2 * a.latent, known)
        self.decoder = Decoder(a.latent, a.channels, a.widths, a.blocks, known)
        self.prior_mean = nn.Parameter(torch.zeros(known, a.latent))
        self.prior_log_sigma = nn.Parameter(torch.zeros(known, a.latent))
        self.log_sigma = nn.Parameter(torch.tensor(-1.5))

    def prior(self, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log sigma of p(z|c), each ``(B, latent)``."""
        return classes @ self.prior_mean, (classes @ self.prior_log_sigma).clamp(-4, 4)

    def posterior(self, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log sigma of q(z|x, c), each ``(B, latent)``."""
        mean, log_sigma = self.encoder(pictures, classes).float().chunk(2, 1)
        return mean, log_sigma.clamp(-8, 4)

    def terms(self, pictures: Tensor, classes: Tensor) -> Terms:
        """The two terms of the ELBO of log p(x|c); pictures ``(B, C, H, W)`` in [0, 1], classes one-hot."""
        mean, log_sigma = self.posterior(pictures, classes)
        prior_mean, prior_log_sigma = self.prior(classes)
        seen = self.decoder(draw(mean, log_sigma), classes)
        return Terms(
            gaussian_nll(pictures, seen, self.log_sigma),
            gaussian_kl(mean, log_sigma, prior_mean, prior_log_sigma),
            (mean - prior_mean) * torch.exp(-prior_log_sigma),
            mean.new_zeros(()),
        )

    def encode(self, pictures: Tensor, classes: Tensor) -> Tensor:
        """The mean of q(z|x, c) in units of the class's prior, ``(B, latent)``."""
        mean, _ = self.posterior(pictures, classes)
        prior_mean, prior_log_sigma = self.prior(classes)
        return (mean - prior_mean) * torch.exp(-prior_log_sigma)

    def decode(self, noise: Tensor, classes: Tensor) -> Tensor:
        """Pictures ``(B, C, H, W)`` in [0, 1] of standard normal noise ``(B, latent)`` and classes."""
        mean, log_sigma = self.prior(classes)
        result: Tensor = self.decoder(mean + torch.exp(log_sigma) * noise, classes)
        return result
