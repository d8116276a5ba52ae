"""What `conv-dae` learns from and how it is judged: settings, networks, loss; noise, and validation on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from restore.degrade import camera_noise, gaussian_noise, grey, uniform
from restore.image import Pixels
from restore.toolkit.training import Counts, Numbers, Positive, Rate, Share, Sixteens, Weight, save_grid
from restore_conv_dae.model import Architecture, Denoiser, NoiseEstimator, denoise

HELD_BACK = 24
"""Photographs kept for validation, roughly, where there are many."""
FLOOR = 5e-5
"""Squared error below which a picture's part in the loss levels off."""
MARGIN = 16
"""Crops are degraded with this many pixels more and cropped again, so that JPEG blocks lie anywhere."""


@dataclass(frozen=True)
class Settings:
    """What can be set with ``--set name=value``.

    Attributes:
        rate: Peak learning rate of Adam: first and last layers, estimator.
        inner_rate: Peak learning rate of Muon: all other layers of the denoiser.
        decay: Weight decay of Muon.
        batch: Crops per step.
        crop: Edge of the crops in pixels, a multiple of 16.
        camera: Share of the crops with camera noise.
        grey: Share of the crops that are grey.
        clean: Share of the crops without camera noise that have no noise at all: do no harm.
        told: Share of the crops for which the denoiser is told the true noise level.
        widths: Channels per level, "64-128-192".
        luma: Share of the loss that asks for lightness alone, whatever the colours are.
        learns: "both", or "estimator" alone: a given denoiser stays as it is.
        blocks: Residual blocks: encoder levels, bottleneck, decoder levels, "1-1-2-2-1".
        scales: Scales at which photographs take part, see `restore.toolkit.patches.CropSampler`.
        candidates: Of how many places the one with the most detail is taken.
    """

    rate: Rate = 1e-3
    inner_rate: Rate = 0.02
    decay: Weight = 0.02
    batch: Positive = 16
    crop: Sixteens = 96
    camera: Share = 0.19
    grey: Share = 0.13
    clean: Share = 0.08
    told: Share = 0.6
    widths: Counts = "64-128-192"
    blocks: Counts = "1-1-2-2-1"
    scales: Numbers = "1-0.7-0.5"
    candidates: Positive = 2
    luma: Share = 0.0
    learns: Literal["both", "estimator"] = "both"

    def __post_init__(self) -> None:
        """Refuse widths and blocks of different networks.

        Raises:
            ValueError: There is not one number of blocks for each level on the way down and up.
        """
        levels = 2 * len(self.widths.split("-")) - 1
        if len(self.blocks.split("-")) != levels:
            raise ValueError(f"widths={self.widths} needs {levels} numbers of blocks, not blocks={self.blocks}")

    @property
    def architecture(self) -> Architecture:
        """The denoiser these settings describe."""
        blocks = [int(n) for n in self.blocks.split("-")]
        levels = len(blocks) // 2
        return Architecture(
            tuple(int(n) for n in self.widths.split("-")),
            tuple(blocks[:levels]),
            blocks[levels],
            tuple(blocks[levels + 1 :]),
        )


class Pair(nn.Module):
    """Denoiser and estimator under one roof, for one optimiser and one average."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.denoiser = Denoiser(architecture)
        self.estimator = NoiseEstimator()

    def inner_and_outer(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The kernels between the denoiser's first and last convolution, and all other parameters."""
        kernels = list(self.denoiser.parameters())
        inner = kernels[1:-1]
        return inner, [kernels[0], kernels[-1], *self.estimator.parameters()]

    def forward(self, noisy: Tensor, level: Tensor, told: Tensor) -> tuple[Tensor, Tensor]:
        """Denoise with the true level where `told`, else with the estimate.

        Args:
            noisy: ``(N, 3, H, W)``.
            level: ``(N, 1, H/8, W/8)``, the true noise level.
            told: Boolean ``(N, 1, 1, 1)``.

        Returns:
            The denoised pictures ``(N, 3, H, W)`` and the estimated level ``(N, 1, H/8, W/8)``.
        """
        estimate = self.estimator(noisy)
        # The estimator learns from the true level alone: gradients of the denoiser would teach it to cheat on texture.
        level = torch.where(told, level, estimate.detach().clamp(min=0).to(level.dtype))
        return denoise(self.denoiser, noisy, enlarge(level)), estimate


@dataclass(frozen=True)
class Lesson:
    """What a pair of networks is to learn: one task, from making the damage to the mark.

    Attributes:
        model: Name of the restorer.
        settings: What can be set.
        scores: What validation measures, in the log's order.
        damage: ``damage(clean, settings, generator)`` → damaged and clean crops ``(N, 3, crop, crop)`` and the level of
            the damage ``(N, 1, crop/8, crop/8)``; clean crops come with `MARGIN` pixels more.
        validate: ``validate(pair, crops, folder, step)`` → the scores; writes a picture grid.
        mark: One number out of the scores; the weights with the highest are kept.
    """

    model: str
    settings: type[Settings]
    scores: tuple[str, ...]
    damage: Callable[[Tensor, Any, Generator], tuple[Tensor, Tensor, Tensor]]
    validate: Callable[[Pair, Tensor, Path, int], dict[str, float]]
    mark: Callable[[Mapping[str, float]], float]


def split(pictures: Sequence[Pixels]) -> tuple[list[Pixels], list[Pixels]]:
    """Pictures to learn from, and those held back for validation: every n-th of the list, so that all sources count.

    One in ten is held back, in large sets no more than about `HELD_BACK`; a single picture is both.
    """
    every = min(max(10, len(pictures) // HELD_BACK), len(pictures))
    held = list(pictures[every // 2 :: every])
    learned = [p for k, p in enumerate(pictures) if k % every != every // 2]
    return learned or held, held


def enlarge(level: Tensor) -> Tensor:
    """A noise-level map ``(N, 1, H/8, W/8)`` at the size of the picture."""
    return F.interpolate(level, scale_factor=8, mode="nearest")


def degrade(clean: Tensor, settings: Settings, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Make a training batch out of clean crops with a margin.

    Returns:
        Noisy and clean crops ``(N, 3, crop, crop)`` and the noise level ``(N, 1, crop/8, crop/8)``.
    """
    count = clean.shape[0]
    camera, greys = round(count * settings.camera), round(count * settings.grey)
    clean = clean.clone()
    clean[:greys] = grey(clean[:greys])
    sigma = uniform(count, 0, 75 / 255, generator)
    # The loss weighs each picture by its own error; low noise still deserves more than its share of the draws.
    sigma = torch.where(uniform(count, 0, 1, generator) < 0.35, sigma * 0.3, sigma)
    sigma = torch.where(uniform(count, 0, 1, generator) < settings.clean, torch.zeros_like(sigma), sigma)
    noise = gaussian_noise(torch.zeros_like(clean), sigma, generator)
    noise[:greys] = noise[:greys, :1].expand_as(noise[:greys])
    noisy = clean + noise
    if camera:
        noisy[-camera:] = camera_noise(clean[-camera:], generator)
        # A third of the camera pictures are grey scans: their noise is the same in all channels.
        scans = slice(count - max(1, camera // 3), count)
        noisy[scans], clean[scans] = grey(noisy[scans]), grey(clean[scans])
    y, x = (int(torch.randint(MARGIN + 1, (1,), generator=generator, device=clean.device)) for _ in range(2))
    window = (slice(None), slice(None), slice(y, y + settings.crop), slice(x, x + settings.crop))
    noisy, clean = noisy[window], clean[window]
    return noisy, clean, _level(noisy - clean, sigma, camera)


def _level(noise: Tensor, sigma: Tensor, camera: int) -> Tensor:
    """The standard deviation of the noise per 8x8 pixels: known where it is Gaussian, measured where it is not."""
    count, _, height, width = noise.shape
    level = sigma.expand(count, 1, height // 8, width // 8).clone()
    if camera:
        power = F.avg_pool2d((noise[-camera:] ** 2).mean(1, keepdim=True), 8)
        power = F.avg_pool2d(power, 5, stride=1, padding=2, count_include_pad=False)
        level[-camera:] = power.sqrt()
    return level


def picture_loss(restored: Tensor, clean: Tensor, level: Tensor, luma: float = 0.0) -> Tensor:
    """Mean over the pictures of the root of their squared error, relative to what is usual at their noise level.

    Between two extremes: the mean logarithm of the errors (PSNR per crop) lets the flattest crops pull hardest, the
    squared error itself the most textured ones, though a whole photograph, whose PSNR counts in the end, holds both.
    Relative to the level, so that light noise is not neglected. In equal short runs this gave 0.1 dB more than either.

    Args:
        restored: ``(N, 3, H, W)`` in [0, 1] units.
        clean: The same shape.
        level: The noise level ``(N, 1, h, w)``.
        luma: Share of the squared error, 0 to 1, that is of luma alone.
    """
    difference = restored.float() - clean
    error = (difference**2).mean((1, 2, 3))
    if luma:
        error = (1 - luma) * error + luma * (grey(difference) ** 2).mean((1, 2, 3))
    # 1.4: so the error of a trained network grows with the level. The floor (1.8 grey levels) keeps pictures with
    # hardly any noise from outweighing all others.
    usual = 1e-3 * (level.mean((1, 2, 3)) * 255 / 25) ** 1.4 + FLOOR
    return ((error + FLOOR) / usual).sqrt().mean()


@torch.no_grad()
def validate(pair: Pair, crops: Tensor, folder: Path, step: int) -> dict[str, float]:
    """PSNR in dB on held-back crops: told at sigma 15, 25, 50, blind at 25, grey at 25, camera noise blind."""
    pair.eval()
    device = next(pair.parameters()).device
    crops = crops.to(device)

    def score(noisy: Tensor, clean: Tensor, sigma: float | None) -> tuple[float, Tensor]:
        n, _, h, w = noisy.shape
        level = noisy.new_full((n, 1, h // 8, w // 8), (sigma or 0) / 255)
        told = torch.full((n, 1, 1, 1), sigma is not None, device=device)
        out = pair(noisy, level, told)[0].clamp(0, 1)
        return float(-10 * ((out - clean) ** 2).mean((1, 2, 3)).log10().mean()), out

    def gaussian(clean: Tensor, sigma: float) -> Tensor:
        generator = torch.Generator(device=device).manual_seed(7)
        return gaussian_noise(clean, torch.tensor(sigma / 255, device=device), generator)

    result = {f"db{s}": score(gaussian(crops, s), crops, s)[0] for s in (15, 25, 50)}
    result["blind25"], blind = score(gaussian(crops, 25), crops, None)
    mono = grey(crops)
    result["grey25"] = score(mono + (gaussian(crops, 25) - crops)[:, :1], mono, 25)[0]
    taken = camera_noise(crops, torch.Generator(device=device).manual_seed(7))
    result["camera"], developed = score(taken, crops, None)
    shown = [[t[k] for t in (crops, gaussian(crops, 25), blind, taken, developed)] for k in range(0, len(crops), 6)]
    save_grid(folder / f"grid-{step:07d}.png", shown)
    pair.train()
    return result


def _mark(scores: Mapping[str, float]) -> float:
    """Light, middle and strong noise, blind and told, and the noise of cameras."""
    return sum(scores[name] for name in ("db15", "db25", "db50", "blind25", "camera")) / 5


NOISE = Lesson("conv-dae", Settings, ("db15", "db25", "db50", "blind25", "grey25", "camera"), degrade, validate, _mark)
"""To take noise away."""
