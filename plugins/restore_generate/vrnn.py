"""The variational recurrent network (Chung et al.: A recurrent latent variable model, NeurIPS 2015), over a picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restore_generate.architecture import Architecture
from restore_generate.likelihood import Terms, draw, gaussian_kl, gaussian_nll

FEATURES = 8
"""Hidden units for each channel of the width."""


class VRNN(nn.Module):
    """Goes over a picture patch by patch (or row by row), with latents at each step whose prior the past has set.

    With h the state before a step: prior p(z|h), posterior q(z|x, h), likelihood p(x|z, h), new state f(h, x, z).
    Latents are given and taken in units of the prior of their step, so that standard normal noise is right for all.

    Args:
        architecture: Sizes; ``latent`` is of each step, ``patch`` 0 for rows.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a, hidden = architecture, FEATURES * architecture.width
        self.channels, self.edge, self.latent, self.hidden = a.channels, a.edge, a.latent, hidden
        self.patch = (1, a.edge) if a.patch == 0 else (a.patch, a.patch)
        self.steps = a.edge // self.patch[0] * (a.edge // self.patch[1])
        self.latent_size = self.steps * a.latent
        values = a.values // self.steps
        self.of_patch = nn.Sequential(nn.Linear(values, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.of_latent = nn.Sequential(nn.Linear(a.latent, hidden), nn.ReLU())
        self.prior = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * a.latent))
        self.encoder = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * a.latent))
        self.decoder = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.ReLU(), nn.Linear(hidden, values))
        self.state = nn.GRUCell(2 * hidden, hidden)
        self.log_sigma = nn.Parameter(torch.tensor(-1.5))

    def cut(self, pictures: Tensor) -> Tensor:
        """Pictures ``(B, C, H, W)`` as steps ``(B, steps, values)``, row by row."""
        parts = F.unfold(pictures.contiguous().float(), self.patch, stride=self.patch)
        return parts.mT

    def joined(self, parts: Tensor) -> Tensor:
        """Steps ``(B, steps, values)`` as pictures ``(B, C, H, W)``: the inverse of `cut`."""
        return F.fold(parts.mT, (self.edge, self.edge), self.patch, stride=self.patch)

    def _prior(self, state: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_sigma = self.prior(state).float().chunk(2, 1)
        return mean, log_sigma.clamp(-4, 4)

    def _posterior(self, features: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_sigma = self.encoder(torch.cat([features, state], 1)).float().chunk(2, 1)
        return mean, log_sigma.clamp(-8, 4)

    def _patch(self, heard: Tensor, state: Tensor) -> Tensor:
        result: Tensor = 0.5 + 0.5 * self.decoder(torch.cat([heard, state], 1)).float()
        return result

    def terms(self, pictures: Tensor, classes: Tensor | None = None) -> Terms:
        """The two terms of the ELBO, summed over the steps; pictures ``(B, C, H, W)`` in [0, 1]."""
        parts = self.cut(pictures)
        state = parts.new_zeros(len(parts), self.hidden)
        distortion = rate = parts.new_zeros(len(parts))
        means = []
        for part in parts.unbind(1):
            features = self.of_patch(2 * part - 1)
            prior, posterior = self._prior(state), self._posterior(features, state)
            heard = self.of_latent(draw(*posterior))
            distortion = distortion + gaussian_nll(part, self._patch(heard, state), self.log_sigma)
            rate = rate + gaussian_kl(*posterior, *prior)
            means.append((posterior[0] - prior[0]) * torch.exp(-prior[1]))
            state = self.state(torch.cat([features, heard], 1), state)
        return Terms(distortion, rate, torch.cat(means, 1), rate.new_zeros(()))

    def encode(self, pictures: Tensor, classes: Tensor | None = None) -> Tensor:
        """Means of q in units of the prior of their step, ``(B, steps * latent)``."""
        parts = self.cut(pictures)
        state = parts.new_zeros(len(parts), self.hidden)
        noise = []
        for part in parts.unbind(1):
            mean, log_sigma = self._prior(state)
            found, _ = self._posterior(self.of_patch(2 * part - 1), state)
            noise.append((found - mean) * torch.exp(-log_sigma))
            heard = self.of_latent(found)
            # The state goes on from what decoding will have: not the patch itself but what is given back of it.
            seen = self._patch(heard, state).clamp(0, 1)
            state = self.state(torch.cat([self.of_patch(2 * seen - 1), heard], 1), state)
        return torch.cat(noise, 1)

    def decode(self, noise: Tensor, classes: Tensor | None = None) -> Tensor:
        """Pictures ``(B, C, H, W)`` in [0, 1] of standard normal noise ``(B, steps * latent)``."""
        state = noise.new_zeros(len(noise), self.hidden)
        parts = []
        for step in noise.view(len(noise), self.steps, self.latent).unbind(1):
            mean, log_sigma = self._prior(state)
            heard = self.of_latent(mean + torch.exp(log_sigma) * step)
            seen = self._patch(heard, state).clamp(0, 1)
            parts.append(seen)
            state = self.state(torch.cat([self.of_patch(2 * seen - 1), heard], 1), state)
        return self.joined(torch.stack(parts, 1))
