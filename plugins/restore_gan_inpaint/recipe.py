"""What `gan-inpaint` learns from and how it is judged: settings and validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from restore.holes.drawing import draw_hole
from restore.image import Pixels
from restore.toolkit.patches import CropSampler
from restore.toolkit.training import Positive, Rate, Share, Sixteens, Weight, save_grid
from restore_gan_inpaint.losses import mean_where, squared_gradient
from restore_gan_inpaint.model import MULTIPLE, Architecture, Generator

HELD_BACK = 24
"""Photographs kept for validation, roughly, where there are many."""

JUDGED = ("scratch", "text", "brush20", "brush40")
"""Kinds of holes that validation fills."""


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
        sharpness: Weight of the energy of gradients that is lacking, from when the discriminator joins.
        penalty: Weight of the gradient penalty R1.
        penalty_every: Steps between two gradient penalties, each of which weighs so many times more.
        grey: Share of the crops that are grey.
        overlays: Folder of scanned film damage; empty to do without.
        holes: How many holes are drawn beforehand, of which crops are taken.
        teacher: Weights of this model that answer the lessons (see `restore_gan_inpaint.teaching`); empty to learn from
            the truth alone.
        taught: How much of what is learned is the teacher's answer; the rest is the truth.
        lessons: How many the teacher answers, before the training begins.
        critic: Checkpoint of another training whose discriminator goes on here; empty for a new one.
        half: Channels of the fine half at 1/2 of the resolution.
        quarter: At 1/4.
    """

    rate: Rate = 1e-3
    inner_rate: Rate = 0.02
    critic_rate: Rate = 1e-3
    decay: Weight = 0.02
    batch: Positive = 6
    crop: Sixteens = 192
    alone: Share = 0.6
    adversarial: Weight = 0.02
    matching: Weight = 0.2
    sharpness: Weight = 0.01
    penalty: Weight = 0.001
    penalty_every: Positive = 16
    grey: Share = 0.1
    overlays: str = ""
    holes: Positive = 600
    teacher: str = ""
    taught: Share = 0.75
    lessons: Positive = 6000
    critic: str = ""
    half: Positive = Architecture.half
    quarter: Positive = Architecture.quarter

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
        error = mean_where((filled - judged.truth) ** 2, missing)
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
    return mean_where(squared_gradient(pictures), inside).clamp(min=1e-6)
