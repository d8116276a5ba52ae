"""The variational autoencoder (Kingma, Welling: Auto-encoding variational Bayes, ICLR 2014)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from restore_generate.architecture import Architecture
from restore_generate.layers import Decoder, Encoder
from restore_generate.likelihood import Terms, draw, gaussian_kl, gaussian_nll


class VAE(nn.Module):
    """Latents with a standard normal prior; a Gaussian decoder whose one sigma is learned.

    Args:
        architecture: Sizes.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = architecture
        self.latent_size = a.latent
        self.encoder = Encoder(a.channels, a.widths, a.blocks, 2 * a.latent)
        self.decoder = Decoder(a.latent, a.channels, a.widths, a.blocks)
        self.log_sigma = nn.Parameter(torch.tensor(-1.5))

    def posterior(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log sigma of q(z|x), each ``(B, latent)``."""
        mean, log_sigma = self.encoder(pictures).float().chunk(2, 1)
        return mean, log_sigma.clamp(-8, 4)

    def terms(self, pictures: Tensor, classes: Tensor | None = None) -> Terms:
        """The two terms of the ELBO; pictures ``(B, C, H, W)`` in [0, 1]; classes are not looked at."""
        mean, log_sigma = self.posterior(pictures)
        seen = self.decoder(draw(mean, log_sigma))
        zero = mean.new_zeros(())
        distortion = gaussian_nll(pictures, seen, self.log_sigma)
        return Terms(distortion, gaussian_kl(mean, log_sigma, zero, zero), mean, zero)

    def encode(self, pictures: Tensor, classes: Tensor | None = None) -> Tensor:
        """The mean of q(z|x), ``(B, latent)``: where a picture lies in the space whose prior is standard normal."""
        return self.posterior(pictures)[0]

    def decode(self, noise: Tensor, classes: Tensor | None = None) -> Tensor:
        """Pictures ``(B, C, H, W)`` in [0, 1] of standard normal noise ``(B, latent)``."""
        result: Tensor = self.decoder(noise)
        return result
