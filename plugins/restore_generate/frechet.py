"""The Fréchet distance between sets of pictures, as Gaussians of their features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from restore_generate.classifier import Classifier


@dataclass(frozen=True)
class Gaussian:
    """Mean ``(D,)`` and covariance ``(D, D)`` of features, float64."""

    mean: Tensor
    covariance: Tensor


def gaussian_of(features: Tensor) -> Gaussian:
    """The Gaussian of features ``(N, D)``, N at least 2; the covariance with N - 1 below."""
    values = features.double()
    return Gaussian(values.mean(0), torch.cov(values.T).reshape(values.shape[1], values.shape[1]))


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """The squared 2-Wasserstein distance between two Gaussians; 0 for equal ones.

    |m1 - m2|² + tr(S1 + S2 - 2 (S1^½ S2 S1^½)^½) (Dowson, Landau, 1982; as a measure of pictures Heusel et al.: GANs
    trained by a two time-scale update rule, NeurIPS 2017). The matrix below the root is symmetric, so that its root has
    no imaginary part to be thrown away.
    """
    values, vectors = torch.linalg.eigh(first.covariance)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    inner = torch.linalg.eigvalsh(root @ second.covariance @ root).clamp(min=0)
    apart = (first.mean - second.mean).square().sum()
    traces = first.covariance.trace() + second.covariance.trace()
    return max(0.0, float(apart + traces - 2 * inner.sqrt().sum()))


@torch.inference_mode()
def features_of(classifier: Classifier, pictures: Tensor, device: torch.device) -> Tensor:
    """Features ``(N, D)`` of pictures ``(N, C, H, W)`` in [0, 1], rounded to 8 bits first as files are."""
    parts = torch.split((pictures.clamp(0, 1) * 255).round().div(255), 256)
    return torch.cat([classifier.features(part.to(device)).cpu() for part in parts])


@torch.inference_mode()
def share_met(classifier: Classifier, pictures: Tensor, labels: Sequence[int], device: torch.device) -> float:
    """Share of the pictures that the classifier takes for the class asked for."""
    answers = torch.cat([classifier(part.to(device)).argmax(1).cpu() for part in torch.split(pictures, 256)])
    return float((answers == torch.tensor(list(labels))).float().mean())
