"""What `gan-inpaint` learns from and how it is judged: settings, losses, validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from restore.holes.drawing import draw_hole
from restore.image import Pixels
from restore.toolkit.patches import CropSampler
from restore.toolkit.training import save_grid
from restore_gan_inpaint.discriminator import Discriminator
from restore_gan_inpaint.model import MULTIPLE, Architecture, Generator

HELD_BACK = 24
"""Photographs kept for validation, roughly, where there are many."""

JUDGED = ("scratch", "text", "brush20", "brush40")
"""Kinds of holes that validation fills."""

LEAST_ENERGY = 0.72
"""Energy of gradients relative to the truth's that is asked for near the edge of a hole."""

MOST_ENERGY = 1.1
"""More than this is punished again."""

EDGE_OF_HOLE = 4
"""How many pixels inside a hole are near its edge."""

FLAT = 1e-3
"""Energy (see `squared_gradient`) that is added to both: there is nothing to be sharp about in a sky."""

COARSE = 9
"""Edge in pixels of the windows whose means are what the discriminator has no say in."""

NEAR = 5
"""Width in pixels of the rim of known pixels on which the result is held to the picture, too."""


@dataclass(frozen=True)
class Settings:
    """What can be set with ``--set name=value``.

    Attributes:
        rate: Peak learning rate of Adam: the generator's first and last layers.
        inner_rate: Peak learning rate of Muon: the generator's other layers.
        critic_rate: Learning rate of the discriminator, that of Adam: larger than the generator's in effect, so that
            it keeps ahead (two time scales: Heusel et al., NeurIPS 2017).
        decay: Weight decay of Muon.
        batch: Crops per step.
        crop: Edge of the crops in pixels, a multiple of 16.
        alone: Share of the training in which the generator learns without the discriminator.
        adversarial: Weight of the adversarial loss.
        matching: Weight of the feature matching.
        sharpness: Weight of what holds the energy of gradients near the truth's, from when the discriminator joins.
        penalty: Weight of the gradient penalty R1.
        penalty_every: Steps between two gradient penalties, each of which weighs so many times more.
        grey: Share of the crops that are grey.
        overlays: Folder of scanned film damage; empty to do without.
        holes: How many holes are drawn beforehand, of which crops are taken.
        critic: Checkpoint of another training whose discriminator goes on here; empty for a new one.
        half: Channels of the fine half at 1/2 of the resolution.
        quarter: At 1/4.
    """

    rate: float = 1e-3
    inner_rate: float = 0.02
    critic_rate: float = 1e-3
    decay: float = 0.02
    batch: int = 6
    crop: int = 192
    alone: float = 0.6
    adversarial: float = 0.02
    matching: float = 0.2
    sharpness: float = 0.02
    penalty: float = 0.001
    penalty_every: int = 16
    grey: float = 0.1
    overlays: str = ""
    holes: int = 600
    critic: str = ""
    half: int = Architecture.half
    quarter: int = Architecture.quarter

    @property
    def architecture(self) -> Architecture:
        """The generator these settings describe."""
        return Architecture(half=self.half, quarter=self.quarter)


def split(pictures: Sequence[Pixels]) -> tuple[list[Pixels], list[Pixels]]:
    """Pictures to learn from, and those held back for validation: every n-th of the list, so that all sources count.

    One in ten is held back, in large sets no more than about `HELD_BACK`; a single picture is both.
    """
    every = min(max(10, len(pictures) // HELD_BACK), len(pictures))
    held = list(pictures[every // 2 :: every])
    learned = [p for k, p in enumerate(pictures) if k % every != every // 2]
    return learned or held, held


def emptied(picture: Tensor, missing: Tensor) -> Tensor:
    """The picture with grey where it is missing."""
    return torch.where(missing > 0, torch.full_like(picture, 0.5), picture)


def reconstruction(result: Tensor, coarse: Tensor, truth: Tensor, missing: Tensor) -> Tensor:
    """How far the filling is from what was there: inside the hole, on its rim, and at the coarse half's resolution.

    Inside, half of it is the mean absolute error (L1), half the root of the mean squared error, each per picture: L1
    alone goes for the median, which PSNR punishes; the square alone for what is hopeless. The rim is what makes
    gradients go on across the seam. Each picture counts relative to what is usual for such a hole: wide ones, where
    little can be known, would outweigh thin ones, where much can.

    Args:
        result: ``(N, 3, H, W)``.
        coarse: ``(N, 3, H/4, W/4)``.
        truth: ``(N, 3, H, W)`` in [0, 1].
        missing: ``(N, 1, H, W)``, 1 = missing.
    """
    error = (result.float() - truth).abs()
    rim = _grown(missing, NEAR) - missing
    small_truth, small_missing = F.avg_pool2d(truth, 4), F.avg_pool2d(missing, 4)
    far = ((coarse.float() - small_truth).abs() * small_missing).sum((1, 2, 3)) / small_missing.sum((1, 2, 3)) / 3
    inside = _mean(error, missing) + (_mean(error**2, missing) + 1e-6).sqrt()
    usual = 0.7 + 0.8 * inner(missing).sum((1, 2, 3)) / missing.sum((1, 2, 3))
    return ((inside / 2 + 0.2 * _mean(error, rim) + 0.3 * far) / usual).mean()


def inner(missing: Tensor) -> Tensor:
    """What of a hole is farther than `EDGE_OF_HOLE` pixels inside, ``(N, 1, H, W)``."""
    return -_grown(-missing, EDGE_OF_HOLE)


def _grown(x: Tensor, by: int) -> Tensor:
    """The maximum over the pixels up to `by` away: rows first, then columns, which is a fifth of the work."""
    size = 2 * by + 1
    return F.max_pool2d(F.max_pool2d(x, (1, size), 1, (0, by)), (size, 1), 1, (by, 0))


def _mean(values: Tensor, where: Tensor) -> Tensor:
    """The mean per picture of ``(N, 3, H, W)`` where ``(N, 1, H, W)`` says."""
    return (values * where).sum((1, 2, 3)) / (where.sum((1, 2, 3)).clamp(min=1) * values.shape[1])


def sharpness_loss(result: Tensor, truth: Tensor, missing: Tensor) -> Tensor:
    """How far the energy of gradients near the edge of a hole is from what it was, as a ratio: a blur has too little.

    What is nearest to the truth on average is a blur, and so is what L1 asks for. Of all that is sharper, the cheapest
    is more contrast where the network knows in which direction: that is what this loss finds in thin holes. Between
    `LEAST_ENERGY` and `MOST_ENERGY` nothing is punished. Deep inside, where no direction is known, the cheapest energy
    is a grid; there the discriminator alone has to see to it that there is texture.

    Args:
        result: ``(N, 3, H, W)``.
        truth: The same in [0, 1].
        missing: ``(N, 1, H, W)``, 1 = missing.

    Returns:
        The mean over the pictures of how far the logarithm of the ratio lies outside that range.
    """
    made = torch.where(missing > 0, result.float(), truth)
    where = missing - inner(missing)
    made_energy, true_energy = (_mean(squared_gradient(each), where) + FLAT for each in (made, truth))
    ratio = made_energy.log() - true_energy.log()
    outside = F.relu(math.log(LEAST_ENERGY) - ratio) + F.relu(ratio - math.log(MOST_ENERGY))
    return outside.mean()


def squared_gradient(pictures: Tensor) -> Tensor:
    """The squared Sobel gradient of luma, ``(N, 1, H, W)`` of ``(N, 3, H, W)``; zero at the picture's edge."""
    luma = (pictures * pictures.new_tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    across = luma.new_tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    gradient = F.conv2d(luma, torch.stack([across, across.T])[:, None])
    return F.pad(gradient.square().sum(1, keepdim=True), (1, 1, 1, 1))


def touched(missing: Tensor, scores: Tensor) -> Tensor:
    """The discriminator's patches that hold missing pixels, ``(N, 1, h, w)``, 0 or 1: the others say nothing."""
    return (F.adaptive_max_pool2d(missing, scores.shape[-2:]) > 0).to(scores.dtype)


def critic_loss(real: Tensor, made: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """The discriminator's hinge loss (Lim, Ye, Geometric GAN, 2017), and the share of patches it is right about.

    Args:
        real: Scores of pictures that were taken, ``(N, 1, h, w)``.
        made: Scores of filled ones.
        where: The patches that count.
    """
    count = where.sum().clamp(min=1)
    loss = ((F.relu(1 - real.float()) + F.relu(1 + made.float())) * where).sum() / count
    right = (((real > 0).float() + (made < 0).float()) * where).sum() / (2 * count)
    return loss, right


def contested(made: Tensor, missing: Tensor) -> Tensor:
    """A filled picture such that the discriminator has a say only in fine texture deep inside holes.

    Near a hole's edge (see `inner`) what is right is mostly known: there `sharpness_loss` costs less accuracy for the
    same energy. And brightness or colour over more than some pixels is guessed best by what is likely, not by what
    looks real: it carries most of the error and hardly any of the energy of gradients.

    Args:
        made: ``(N, 3, H, W)``.
        missing: ``(N, 1, H, W)``, 1 = missing.

    Returns:
        The same values; gradients pass only as said.
    """
    change = made - made.detach()
    fine = change - F.avg_pool2d(change, COARSE, 1, COARSE // 2)
    return made.detach() + fine * inner(missing)


def adversarial_loss(made: Tensor, where: Tensor) -> Tensor:
    """The generator's part of the hinge loss."""
    return -(made.float() * where).sum() / where.sum().clamp(min=1)


def matching_loss(real: Sequence[Tensor], made: Sequence[Tensor], missing: Tensor) -> Tensor:
    """Feature matching: the discriminator's features of filling and truth are to agree (Wang et al., CVPR 2018)."""
    total = missing.new_zeros(())
    for a, b in zip(real, made, strict=True):
        where = F.adaptive_max_pool2d(missing, a.shape[-2:])
        total = total + ((a.detach().float() - b.float()).abs() * where).sum() / (where.sum().clamp(min=1) * a.shape[1])
    return total / len(real)


def gradient_penalty(critic: Discriminator, truth: Tensor, missing: Tensor) -> Tensor:
    """R1: the squared gradient of the discriminator at real pictures (Mescheder, Geiger, Nowozin, ICML 2018).

    It keeps the discriminator from becoming ever steeper once it has won, the usual way for training to diverge.
    """
    truth = truth.detach().requires_grad_(True)
    scores, _ = critic(truth, missing)
    (gradient,) = torch.autograd.grad(scores.float().sum(), truth, create_graph=True)
    penalty: Tensor = gradient.float().square().sum((1, 2, 3)).mean() / 2
    return penalty


@dataclass(frozen=True)
class Judged:
    """Held-back crops with holes.

    Attributes:
        truth: ``(N, 3, H, W)``.
        missing: By kind of `JUDGED`, ``(N, 1, H, W)``.
    """

    truth: Tensor
    missing: dict[str, Tensor]


def validation_crops(held: Sequence[Pixels], device: torch.device) -> Judged:
    """The crops and holes on which every training is judged: one crop per held-back photograph, all kinds of holes.

    Crops are taken at 0.7 of a photograph's resolution and have 256 pixels, less where no photograph is as large.
    """
    edge = min(256, max(min(picture.shape[:2]) for picture in held) * 7 // 10 // MULTIPLE * MULTIPLE)
    large = [picture for picture in held if int(min(picture.shape[:2]) * 0.7) >= edge]
    sampler = CropSampler(large, edge, seed=1, scales=(0.7,), candidates=2)
    truth = sampler.batch(min(24, max(4, len(large)))).to(device)
    random = np.random.default_rng(3)
    missing = {}
    for kind in JUDGED:
        holes = [draw_hole(kind, edge, edge, random) for _ in range(len(truth))]
        missing[kind] = torch.from_numpy(np.stack(holes)[:, None].astype(np.float32)).to(device)
    return Judged(truth, missing)


@torch.no_grad()
def validate(generator: Generator, judged: Judged, folder: Path, step: int) -> dict[str, float]:
    """PSNR inside the hole in dB and gradient energy relative to the truth, per kind of hole; and a picture grid."""
    generator.eval()
    scores: dict[str, float] = {}
    rows: list[list[Tensor]] = []
    for kind, missing in judged.missing.items():
        pictures = emptied(judged.truth, missing)
        parts = [slice(k, k + 4) for k in range(0, len(pictures), 4)]
        filled = torch.cat([generator(pictures[part], missing[part])[0].float().clamp(0, 1) for part in parts])
        filled = torch.where(missing > 0, filled, judged.truth)
        error = _mean((filled - judged.truth) ** 2, missing)
        scores[kind] = float(-10 * error.clamp(min=1e-8).log10().mean())
        scores[f"{kind}_energy"] = float((_energy(filled, missing) / _energy(judged.truth, missing)).mean())
        which = len(rows)
        for k in (which % len(filled), (which + 5) % len(filled)):
            rows.append([pictures[k], filled[k], judged.truth[k]])
    save_grid(folder / f"grid-{step:07d}.png", rows)
    generator.train()
    return scores


def _energy(pictures: Tensor, missing: Tensor) -> Tensor:
    """The mean squared gradient of luma inside the holes, per picture; see `restore.benchmark.holes`."""
    inside = missing.clone()
    inside[..., (0, -1), :] = 0
    inside[..., (0, -1)] = 0
    return _mean(squared_gradient(pictures), inside).clamp(min=1e-6)
