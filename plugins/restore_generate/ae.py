"""The convolutional autoencoder (Hinton, Salakhutdinov: Reducing the dimensionality of data, Science 2006)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from restore_generate.architecture import Architecture
from restore_generate.layers import Decoder, Encoder
from restore_generate.likelihood import Terms, gaussian_nll


class AE(nn.Module):
    """Learns to give pictures back through a narrow place; a Gaussian is laid over its latents when it has learned.

    An autoencoder has no prior to sample from. After training the mean and the covariance of the latents are measured
    (Ghosh et al.: From variational to deterministic autoencoders, ICLR 2020), and latents are given and taken in units
    of that Gaussian, so that standard normal noise makes pictures here as it does elsewhere.

    Args:
        architecture: Sizes.
    """

    centre: Tensor
    factor: Tensor

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = architecture
        self.latent_size = a.latent
        self.encoder = Encoder(a.channels, a.widths, a.blocks, a.latent)
        self.decoder = Decoder(a.latent, a.channels, a.widths, a.blocks)
        self.log_sigma = nn.Parameter(torch.tensor(-1.5))
        self.register_buffer("centre", torch.zeros(a.latent))
        self.register_buffer("factor", torch.eye(a.latent))

    def terms(self, pictures: Tensor, classes: Tensor | None = None) -> Terms:
        """The reconstruction error as a Gaussian's negative log-likelihood; there is no second term."""
        latents = self.encoder(pictures).float()
        distortion = gaussian_nll(pictures, self.decoder(latents), self.log_sigma)
        return Terms(distortion, torch.zeros_like(distortion), latents, latents.new_zeros(()))

    @torch.no_grad()
    def measure(self, pictures: Tensor) -> None:
        """Lay the Gaussian over the latents of these pictures, ``(N, C, H, W)`` in [0, 1]."""
        latents = torch.cat([self.encoder(part).float() for part in torch.split(pictures, 256)])
        self.centre.copy_(latents.mean(0))
        apart = latents - latents.mean(0)
        covariance = apart.T @ apart / max(len(latents) - 1, 1)
        # A hundredth of the mean variance keeps directions that few pictures use from collapsing to nothing.
        floor = 1e-2 * covariance.diagonal().mean() + 1e-6
        self.factor.copy_(torch.linalg.cholesky(covariance + floor * torch.eye(len(covariance), device=latents.device)))

    def encode(self, pictures: Tensor, classes: Tensor | None = None) -> Tensor:
        """Latents in units of their Gaussian, ``(B, latent)``."""
        apart = self.encoder(pictures).float() - self.centre
        result: Tensor = torch.linalg.solve_triangular(self.factor, apart.T, upper=False).T
        return result

    def decode(self, noise: Tensor, classes: Tensor | None = None) -> Tensor:
        """Pictures ``(B, C, H, W)`` in [0, 1] of standard normal noise ``(B, latent)``."""
        result: Tensor = self.decoder(self.centre + noise @ self.factor.T)
        return result
