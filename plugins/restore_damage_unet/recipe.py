"""What `damage-unet` learns from and how it is judged: settings, batches, loss, validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from restore.image import Pixels
from restore.toolkit.patches import CropSampler
from restore.toolkit.training import Counts, Positive, Rate, Share, Weight, save_grid
from restore_damage_unet.damage import DRAWN, Layers, draw_layers, scanned, toned, truth_of
from restore_damage_unet.model import Architecture, Detector, shown
from restore_damage_unet.overlays import Overlay
from restore_damage_unet.scoring import Agreement, agreement

HELD_BACK = 24
"""Photographs kept for validation, roughly, where there are many."""
MARGIN = 16
"""Crops are made with this many pixels more and cropped again, so that JPEG blocks lie anywhere."""
VALIDATED = 256
"""Edge of the crops that are judged, in pixels."""
ALLOWED = 6e-4
"""Share of the pixels of clean held-back crops that may be marked. Pictures from elsewhere may be harder."""
FEW = 500
"""Damaged pixels of a crop that are few: theirs count up to `MORE` more, or specks would be outweighed by stains."""
MORE = 4.0


@dataclass(frozen=True)
class Settings:
    """What can be set with ``--set name=value``.

    Attributes:
        rate: Peak learning rate of Adam: first and last layers, biases.
        inner_rate: Peak learning rate of Muon: all other kernels.
        decay: Weight decay of Muon.
        batch: Crops per step.
        crop: Edge of the crops in pixels, a multiple of 2 to the power of the number of levels.
        clean: Share of the crops without damage.
        again: Share of those that are shown again because the network saw damage in them.
        drawn: Share of the pieces of damage that are drawn scratches.
        kinds: Kinds of overlays to learn from, "hair+scratches"; empty for all.
        judged: Batches of eight damaged crops for validation; there are a third more of clean ones.
        widths: Channels per level, "16-48-96-128-160".
    """

    rate: Rate = 1e-3
    inner_rate: Rate = 0.005
    decay: Weight = 0.05
    batch: Positive = 6
    crop: Positive = 256
    clean: Share = 0.3
    again: Share = 0.5
    drawn: Share = DRAWN
    kinds: str = ""
    judged: Positive = 6
    widths: Counts = "16-48-96-128-160"

    def __post_init__(self) -> None:
        """Refuse crops that the network cannot halve as often as it does.

        Raises:
            ValueError: Their edge is no multiple of what it must be.
        """
        if self.crop % self.architecture.multiple:
            raise ValueError(
                f"widths={self.widths} needs a multiple of {self.architecture.multiple}, not crop={self.crop}"
            )

    @property
    def architecture(self) -> Architecture:
        """The network these settings describe."""
        return Architecture(tuple(int(n) for n in self.widths.split("-")))


@dataclass(frozen=True)
class Batch:
    """Scans and the truth about them.

    Attributes:
        scan: ``(N, 3, H, W)`` in [0, 1].
        truth: ``(N, 1, H, W)``, 1 = damaged.
        weight: ``(N, 1, H, W)``, how much each pixel counts.
    """

    scan: Tensor
    truth: Tensor
    weight: Tensor


def split(pictures: Sequence[Pixels]) -> tuple[list[Pixels], list[Pixels]]:
    """Pictures to learn from, and those held back for validation: every n-th of the list, so that all sources count.

    One in ten is held back, in large sets no more than about `HELD_BACK`; a single picture is both.
    """
    every = min(max(10, len(pictures) // HELD_BACK), len(pictures))
    held = list(pictures[every // 2 :: every])
    learned = [p for k, p in enumerate(pictures) if k % every != every // 2]
    return learned or held, held


def make_batch(clean: Tensor, layers: Layers, generator: Generator) -> Batch:
    """Damage clean crops ``(N, 3, crop + MARGIN, crop + MARGIN)`` and scan them."""
    clean = toned(clean, generator)
    scan, change = scanned(clean, layers.on(clean), generator)
    y, x = (int(torch.randint(MARGIN + 1, (1,), generator=generator, device=generator.device)) for _ in range(2))
    edge = clean.shape[2] - MARGIN
    window = (slice(None), slice(None), slice(y, y + edge), slice(x, x + edge))
    truth, weight = truth_of(change[window])
    return Batch(scan[window].contiguous(memory_format=torch.channels_last), truth, weight)


def loss_of(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of the pixels; a damaged one counts more where there are few in its crop."""
    damaged = (batch.truth * batch.weight).sum((1, 2, 3), keepdim=True)
    weight = batch.weight * (1 + batch.truth * MORE / (1 + damaged / FEW))
    total = F.binary_cross_entropy_with_logits(logits.float(), batch.truth, weight, reduction="sum")
    loss: Tensor = total / weight.sum()
    return loss


def validation_batches(
    held: Sequence[Pixels], overlays: Sequence[Overlay], count: int, device: torch.device
) -> tuple[list[Batch], list[Batch]]:
    """Damaged and clean crops made of photographs and overlays held back; the same ones in every training on them."""
    generator, random = Generator(device=device).manual_seed(7), np.random.default_rng(7)
    edge = VALIDATED + MARGIN
    sampler = CropSampler([p[:1024, :1024] for p in held], edge, seed=1, scales=(1.0, 0.5), candidates=1)

    def batches(count: int, clean: float) -> list[Batch]:
        drawn = (sampler.batch(8).to(device) for _ in range(count))
        return [make_batch(c, draw_layers(overlays, 8, edge, clean, random).to(device), generator) for c in drawn]

    return batches(count, 0.0), batches(count + count // 3, 1.0)


@torch.no_grad()
def validate(
    model: Detector, damaged: Sequence[Batch], clean: Sequence[Batch], folder: Path, step: int
) -> dict[str, float]:
    """Find the threshold that marks no more than `ALLOWED` of clean crops and has the best F1, and judge there.

    Returns:
        "f1", "precision" and "recall" (1 pixel tolerance, all pixels of the damaged crops), "single" (mean F1 of the
        crops), "marked" (share of clean pixels, in per cent), "logit" (the threshold).
    """
    model.eval()
    silent = torch.cat([model(shown(batch.scan)).flatten() for batch in clean])
    least = float(silent.kthvalue(round((1 - ALLOWED) * silent.numel())).values)
    logits = [model(shown(batch.scan)) for batch in damaged]

    def judged(threshold: float) -> tuple[Agreement, float]:
        pairs = [
            agreement((one > threshold).numpy(), (other > 0.5).numpy())
            for found, batch in zip(logits, damaged, strict=True)
            for one, other in zip(found[:, 0].float().cpu(), batch.truth[:, 0].cpu(), strict=True)
        ]
        return sum(pairs, Agreement()), float(np.mean([pair.f1 for pair in pairs]))

    threshold = max((least + further for further in (0.0, 0.5, 1.0, 2.0, 3.0)), key=lambda t: judged(t)[0].f1)
    total, single = judged(threshold)
    _grid(folder / f"grid-{step:07d}.png", logits, damaged, threshold)
    model.train()
    return {
        "f1": total.f1,
        "precision": total.precision,
        "recall": total.recall,
        "single": single,
        "marked": 100 * float((silent > threshold).float().mean()),
        "logit": threshold,
    }


def _grid(path: Path, logits: Sequence[Tensor], damaged: Sequence[Batch], threshold: float) -> None:
    """Scan, truth, probability and mask of three crops of each batch."""
    rows = []
    for found, batch in zip(logits, damaged, strict=True):
        shifted = found.float() - threshold
        shown = (batch.scan, batch.truth, shifted.sigmoid(), (shifted > 0).float())
        rows += [[t[k].expand(3, -1, -1) for t in shown] for k in range(3)]
    save_grid(path, rows)


@torch.no_grad()
def calibrate(model: Detector, threshold: float) -> None:
    """Shift the logits so that the threshold comes to lie at 0, a probability of one half."""
    assert model.head.bias is not None
    model.head.bias -= threshold
