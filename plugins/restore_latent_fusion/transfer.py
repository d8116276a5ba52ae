"""Transfer of the statistics of latents: what makes one picture look like another without its things."""

from __future__ import annotations

import torch
from torch import Tensor

SMALLEST = 1e-5
"""Variances below this are taken for none: nothing can be scaled up from them."""


def adain(content: Tensor, style: Tensor) -> Tensor:
    """Give every latent variable the mean and spread it has in another picture.

    Huang, Belongie: Arbitrary style transfer in real-time with adaptive instance normalization, ICCV 2017, equation 8.

    Args:
        content: ``(K, H, W)``.
        style: ``(K, H', W')``.

    Returns:
        The shape of `content`.
    """
    theirs, ours = style.flatten(1), content.flatten(1)
    spread = (theirs.var(1, correction=0).clamp(min=SMALLEST) / ours.var(1, correction=0).clamp(min=SMALLEST)).sqrt()
    return ((ours - ours.mean(1, keepdim=True)) * spread[:, None] + theirs.mean(1, keepdim=True)).reshape(content.shape)


def whiten_and_colour(content: Tensor, style: Tensor) -> Tensor:
    """Give latents the mean and the whole covariance they have in another picture.

    Li et al.: Universal style transfer via feature transforms, NeurIPS 2017, section 3.2; both square roots are the
    symmetric ones, so that of all such transforms the latents are moved the least.

    Args:
        content: ``(K, H, W)``.
        style: ``(K, H', W')``.

    Returns:
        The shape of `content`.
    """
    theirs, ours = style.flatten(1).double(), content.flatten(1).double()
    centred = ours - ours.mean(1, keepdim=True)
    white = _power(_covariance(ours), -0.5) @ centred
    coloured = _power(_covariance(theirs), 0.5) @ white + theirs.mean(1, keepdim=True)
    return coloured.to(content.dtype).reshape(content.shape)


def _covariance(x: Tensor) -> Tensor:
    centred = x - x.mean(1, keepdim=True)
    return centred @ centred.T / x.shape[1]


def _power(covariance: Tensor, power: float) -> Tensor:
    """A power of a symmetric matrix; directions without variance stay without."""
    values, vectors = torch.linalg.eigh(covariance)
    present = values > SMALLEST
    scaled: Tensor = (vectors[:, present] * values[present] ** power) @ vectors[:, present].T
    return scaled
