"""Whether a generative model has collapsed, and what to do about it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

ACTIVE = 0.01
"""Variance of a latent's posterior mean over the data above which it counts (Burda, Grosse, Salakhutdinov, 2016)."""
FEW_UNITS = 0.1
"""Share of active latents below which a posterior has collapsed."""
ALIKE = 0.6
"""Spread of samples as a share of the data's below which they are too much alike."""
MANY_TWINS = 0.2
"""Share of samples with a near copy among the others above which modes are missing."""


def active_units(means: Tensor) -> int:
    """How many latents say something about a picture: those whose posterior means vary over the data.

    Args:
        means: ``(N, latent)``: posterior means of many pictures, in units of the prior.

    Source:
        Burda, Grosse, Salakhutdinov: Importance weighted autoencoders, ICLR 2016, section 5.2.
    """
    return int((means.float().var(0, unbiased=False) > ACTIVE).sum())


def _apart(pictures: Tensor) -> Tensor:
    """Distances between all pairs, seen at 8x8 pixels: ``(N, N)``, infinite on the diagonal."""
    small = F.adaptive_avg_pool2d(pictures.float(), 8).flatten(1)
    distances = torch.cdist(small, small)
    return distances.masked_fill(torch.eye(len(small), dtype=torch.bool, device=small.device), torch.inf)


def diversity(made: Tensor, real: Tensor) -> float:
    """How much samples differ from one another, as a share of how much real pictures do; 0 where all are the same.

    Args:
        made: ``(N, C, H, W)``, at least two.
        real: ``(M, C, H, W)``, at least two.
    """

    def mean(pictures: Tensor) -> float:
        distances = _apart(pictures)
        return float(distances[torch.isfinite(distances)].mean())

    return mean(made) / max(mean(real), 1e-6)


def twins(made: Tensor, real: Tensor) -> float:
    """Share of the samples that have a near copy among the others: a third of what is usual between real neighbours.

    Samples of few modes that lie far apart differ much from one another and are still copies: `diversity` alone does
    not see that.

    Args:
        made: ``(N, C, H, W)``.
        real: ``(N, C, H, W)``: as many, since neighbours lie nearer in larger sets.
    """
    usual = _apart(real).min(1).values.median()
    return float((_apart(made).min(1).values < usual / 3).float().mean())


def warnings(model: str, scores: dict[str, float], latent: int) -> list[str]:
    """What looks wrong, each with what to do: sentences for the log.

    Args:
        model: Name of the model.
        scores: With "diversity" and "twins", and "active" where the model has a posterior.
        latent: Number of latents.
    """
    found = []
    active = scores.get("active")
    if active is not None and model != "ae" and active < max(1.0, FEW_UNITS * latent):
        found.append(
            f"posterior collapse: only {active:.0f} of {latent} latents say anything about a picture. Let the weight "
            "of the divergence rise more slowly (--set anneal=0.5), lower it (--set beta=0.5), or take fewer latents."
        )
    if scores["diversity"] < ALIKE:
        advice = (
            "Train longer, lower the rate (--set rate=0.0001), or take a larger batch."
            if model == "dcgan"
            else "Early in a training that is as it should be; later, lower --set beta or train longer."
        )
        found.append(f"samples are much alike: they differ by {scores['diversity']:.2f} of what the data do. {advice}")
    if scores["twins"] > MANY_TWINS:
        found.append(
            f"mode collapse: {100 * scores['twins']:.0f} % of the samples have a near copy among the others. Go back "
            "to earlier weights, lower the rate (--set rate=0.0001), or take a larger batch."
        )
    return found
