"""The Bayesian variational autoencoder: weight uncertainty (Blundell et al., ICML 2015) in the decoder of a VAE."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from restore_generate.architecture import Architecture
from restore_generate.likelihood import Terms, draw, gaussian_kl, gaussian_nll
from restore_generate.vae import VAE

PRIOR_SIGMA = 0.1
"""Of the weights' prior N(0, s²): about what kernels of these sizes are initialised with."""
FIRST_SIGMA = 0.005
"""Of the weights' posterior at the start: small enough that learning can begin."""


class BVAE(VAE):
    """Every weight of the decoder is a Gaussian, of which each batch sees one draw (Bayes by backprop).

    Bound: E[log p(x|z, w)] - KL(q(z|x) || p(z)) - KL(q(w) || p(w)) / N for each of N pictures. The weights' prior is
    one Gaussian, whose divergence has a closed form, instead of the paper's mixture of two. Few data leave weights
    uncertain, and `over_weights` shows where the pictures are so too (Daxberger, Hernández-Lobato: Bayesian VAEs,
    2019). `decode` takes the means of the weights.

    Args:
        architecture: Sizes.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__(architecture)
        first = math.log(math.expm1(FIRST_SIGMA))
        means = self.decoder.named_parameters()
        self.rho = nn.ParameterDict({_key(name): torch.full_like(value, first) for name, value in means})

    def _drawn(self, generator: torch.Generator | None = None) -> dict[str, Tensor]:
        """One draw of all weights: mean + softplus(rho) * noise."""
        weights = {}
        for name, mean in self.decoder.named_parameters():
            noise = torch.randn(mean.shape, generator=generator, device=mean.device)
            weights[name] = mean + F.softplus(self.rho[_key(name)]) * noise
        return weights

    def weights_divergence(self) -> Tensor:
        """KL(q(w) || p(w)) of all weights together, in nats."""
        total = self.log_sigma.new_zeros(())
        prior = torch.tensor(math.log(PRIOR_SIGMA), device=total.device)
        for name, mean in self.decoder.named_parameters():
            sigma = F.softplus(self.rho[_key(name)])
            total = total + gaussian_kl(mean.flatten(), sigma.flatten().log(), total.new_zeros(()), prior)
        return total

    def terms(self, pictures: Tensor, classes: Tensor | None = None) -> Terms:
        """The terms of the bound, with one draw of the weights; pictures ``(B, C, H, W)`` in [0, 1]."""
        mean, log_sigma = self.posterior(pictures)
        seen: Tensor = functional_call(self.decoder, self._drawn(), (draw(mean, log_sigma),))
        zero = mean.new_zeros(())
        distortion = gaussian_nll(pictures, seen, self.log_sigma)
        return Terms(distortion, gaussian_kl(mean, log_sigma, zero, zero), mean, self.weights_divergence())

    @torch.no_grad()
    def over_weights(self, noise: Tensor, draws: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """What the weights leave uncertain: mean and standard deviation of each value over draws of them.

        Args:
            noise: ``(B, latent)``.
            draws: Of the weights, at least two.
            generator: Of the draws, on the model's device.

        Returns:
            Two times ``(B, C, H, W)``, pictures in [0, 1] each.
        """
        seen = [functional_call(self.decoder, self._drawn(generator), (noise,)) for _ in range(draws)]
        pictures = torch.stack(seen)
        return pictures.mean(0), pictures.std(0)


def _key(name: str) -> str:
    return name.replace(".", "_")  # a ParameterDict takes no dots
