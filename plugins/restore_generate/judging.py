"""How good generative models are: one table of models beside noise, blurred pictures and a second real set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from restore.errors import InputError, UsageError
from restore_generate.architecture import ENCODING
from restore_generate.classifier import Classifier
from restore_generate.frechet import Gaussian, features_of, frechet_distance, gaussian_of, share_met
from restore_generate.inception import inception_scores
from restore_generate.making import Maker
from restore_generate.models import Encoding, load_model
from restore_generate.pictures import PictureSet
from restore_generate.validation import bound

COLUMNS = ("frechet", "met", "psnr", "elbo", "distortion", "divergence", "bits", "active", "fid", "inception_score")
"""Fréchet distance of our features; share taken for the class asked for; on the second set: PSNR in dB of what is given
back, the bound and its two terms in nats per picture, bits per value, active latents; FID and Inception Score."""
BLUR = 2.0
"""Standard deviation of the blur of real pictures in pixels."""


@dataclass(frozen=True)
class Judge:
    """What pictures are judged with.

    Attributes:
        classifier: Its features are compared.
        classes: That it tells apart.
        real: The set that all are compared with.
        second: Another real set, which no model has learned from.
        count: Pictures of each row.
        seed: Of all draws.
        inception: File of Inception weights, or None to do without.
        device: Where to compute.
    """

    classifier: Classifier
    classes: tuple[str, ...]
    real: PictureSet
    second: PictureSet
    count: int
    seed: int
    device: torch.device
    inception: Path | None = None
    reference: Gaussian = field(init=False)

    def __post_init__(self) -> None:
        features = features_of(self.classifier, self.real.pictures(), self.device)
        object.__setattr__(self, "reference", gaussian_of(features))

    def row(self, pictures: Tensor, labels: Sequence[int] | None) -> dict[str, float]:
        """What is true of any set of pictures ``(N, C, H, W)``, made or real.

        Args:
            pictures: In [0, 1].
            labels: The classes asked for, as numbers of the classifier's classes; None where none were.
        """
        features = features_of(self.classifier, pictures, self.device)
        found = {"frechet": frechet_distance(self.reference, gaussian_of(features))}
        if labels is not None:
            found["met"] = share_met(self.classifier, pictures, labels, self.device)
        if self.inception is not None:
            found |= inception_scores(self.inception, self.real.pictures()[: self.count], pictures)
        return found

    def references(self) -> dict[str, dict[str, float]]:
        """The rows that every model is seen beside: noise, blurred real pictures, the second real set."""
        generator = torch.Generator().manual_seed(self.seed)
        some = self.real.part(torch.randperm(len(self.real), generator=generator)[: self.count]).pictures()
        second = self.second.part(torch.randperm(len(self.second), generator=generator)[: self.count])
        labels = second.labels.tolist() if second.classes == self.classes else None
        return {
            "noise": self.row(torch.rand(some.shape, generator=generator), None),
            "blurred real pictures": self.row(blurred(some, BLUR), None),
            "second real set": self.row(second.pictures(), labels),
        }

    def model(self, maker: Maker) -> dict[str, float]:
        """The row of one model.

        Raises:
            UsageError: The model is of another size, or knows other classes than the classifier.
        """
        a = maker.architecture
        if (a.edge, a.channels) != (self.real.pixels.shape[2], self.real.pixels.shape[1]):
            said = (
                f"{a.model} makes pictures of {a.edge} pixels and {a.channels} channels, the classifier takes others."
            )
            raise UsageError(said, hint="Train both with the same --set size=… and --set grey=….")
        labels = maker.in_turn(self.count)
        found = self.row(maker.decode(maker.noise(self.count, self.seed), labels).cpu(), self._asked(maker, labels))
        if a.model in ENCODING:
            told = self.second if not maker.conditioned or self.second.classes == maker.classes else None
            if told is not None:
                known = told if maker.conditioned else replace(told, classes=())
                with torch.inference_mode():
                    held = bound(cast(Encoding, maker.model), known, self.device)
                found |= {name.removeprefix("held_"): value for name, value in held.items()}
                found["bits"] = found.pop("bits_per_value")
        return found

    def _asked(self, maker: Maker, labels: Sequence[int]) -> list[int] | None:
        if not maker.conditioned:
            return None
        return [self.classes.index(maker.classes[k]) for k in labels]


def check_fits(maker: Maker, classes: Sequence[str], edge: int, channels: int) -> None:
    """Refuse a model that a classifier cannot judge.

    Raises:
        UsageError: It is of another size, or knows other classes.
    """
    a = maker.architecture
    if (a.edge, a.channels) != (edge, channels):
        said = f"{a.model} makes pictures of {a.edge} pixels and {a.channels} channels, the classifier takes others."
        raise UsageError(said, hint="Train both with the same --set size=… and --set grey=….")
    if not set(maker.classes) <= set(classes):
        said = f"the model's classes ({', '.join(maker.classes)}) are not the classifier's."
        raise UsageError(said, hint="Train both on the same data.")


def blurred(pictures: Tensor, sigma: float) -> Tensor:
    """Pictures ``(N, C, H, W)`` after a Gaussian blur, its sigma in pixels; edges are mirrored."""
    from kornia.filters import gaussian_blur2d

    reach = int(3 * sigma)
    result: Tensor = gaussian_blur2d(pictures, (2 * reach + 1, 2 * reach + 1), (sigma, sigma))
    return result


def load_classifier(path: Path, device: torch.device) -> tuple[Classifier, tuple[str, ...], int, int]:
    """Read a classifier: the network, its classes, the edge and the channels of its pictures.

    Raises:
        WeightsError: The file is missing, damaged, or not of a classifier.
    """
    network, architecture = load_model(path, "classifier", device)
    return cast(Classifier, network), architecture.classes, architecture.edge, architecture.channels


def check_sizes(real: PictureSet, second: PictureSet) -> None:
    """Refuse sets too small to have a covariance.

    Raises:
        InputError: One has fewer than two pictures.
    """
    for name, each in (("the first set", real), ("the second set", second)):
        if len(each) < 2:
            raise InputError(f"{name} has fewer than two pictures.", hint="Name a folder with more.")


def table(rows: dict[str, dict[str, float]]) -> list[list[str]]:
    """Rows of text with a header; columns that nobody fills are left out.

    Args:
        rows: By their names, as `Judge` gives them.
    """
    used = [name for name in COLUMNS if any(name in row for row in rows.values())]
    body = [[name, *(f"{row[c]:.4g}" if c in row else "" for c in used)] for name, row in rows.items()]
    return [["", *used], *body]
