"""What `latent-fusion` learns from and how it is judged: settings, series, losses, validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from restore.degrade import bracket, focus_split, grey, lit_bracket, uniform
from restore.image import Pixels
from restore.toolkit.patches import CropSampler
from restore.toolkit.training import AnyNumber, Positive, Rate, Share, Sixteens, Weight, save_grid
from restore_latent_fusion.losses import gradient_loss, luma, similarity, structure, structure_loss
from restore_latent_fusion.modalities import modalities
from restore_latent_fusion.model import KINDS, Architecture, LatentFusion

EXPOSURE, FOCUS, INFRARED = range(len(KINDS))
VALIDATED = 256
"""Edge of the crops that are judged, in pixels."""
EXTREME = 0.6
"""Share of the brackets of two that have nothing rightly exposed, as those that are hardest to fuse."""
STOPS = (0.8, 3.2)
"""How far from right their frames lie, in stops."""
RADII = (0.8, 10.0)
"""Of the blur of focus pairs, in pixels: from what is hardly seen to what tall lenses make."""
FLOOR = 2e-5
"""Squared error below which a crop's part in the loss levels off: 1.1 grey levels."""


@dataclass(frozen=True)
class Settings:
    """What can be set with ``--set name=value``.

    Attributes:
        rate: Peak learning rate of Adam: first and last layers, biases.
        inner_rate: Peak learning rate of Muon: all other kernels.
        decay: Weight decay of Muon.
        exposures: Brackets per step.
        splits: Focus pairs per step.
        pairs: Infrared pairs per step.
        crop: Edge of the crops in pixels, a multiple of 16.
        equal: Share of the series whose frames are all the photograph: nothing is lacking there, but the latents learn
            from them what is neither too dark nor blurred.
        alone: Weight of the pictures made of the latents alone.
        nats: Weight of the latents' divergence, in nats per position.
        truth: Weight of the brackets' distance from the photograph they were made of.
        edges: Weight of the infrared pairs' distance from the stronger gradients.
        level: Weight of their distance from the brighter frame.
        alike: Weight of what they lack in SSIM to both frames.
        width: Channels at the latents' resolution.
        deep: Channels at half of it.
        latent: Latent variables per position.
    """

    rate: Rate = 1e-3
    inner_rate: Rate = 0.01
    decay: Weight = 0.02
    exposures: AnyNumber = 3
    splits: AnyNumber = 3
    pairs: AnyNumber = 3
    crop: Sixteens = 128
    equal: Share = 0.1
    alone: Weight = 0.5
    nats: Weight = 1e-4
    truth: Weight = 0.7
    edges: Weight = 1.5
    level: Weight = 0.1
    alike: Weight = 1.5
    width: Positive = 64
    deep: Positive = 96
    latent: Positive = 48

    def __post_init__(self) -> None:
        """Refuse steps of nothing.

        Raises:
            ValueError: There are to be no series of any kind.
        """
        if not self.exposures + self.splits + self.pairs:
            raise ValueError("exposures, splits and pairs are all 0, so that there is nothing to learn from")

    @property
    def architecture(self) -> Architecture:
        """The network these settings describe."""
        return Architecture(self.width, self.deep, self.latent)


@dataclass(frozen=True)
class Series:
    """Series of one kind and what is known about them.

    Attributes:
        frames: ``(B, N, 3, H, W)`` in [0, 1], rounded to 8 bits.
        kind: Its place in `KINDS`.
        truth: ``(B, 3, H, W)``: the photographs that they were made of.
    """

    frames: Tensor
    kind: int
    truth: Tensor

    @property
    def kinds(self) -> Tensor:
        """``(B,)``, as the network wants it."""
        return torch.full((len(self.frames),), self.kind, device=self.frames.device)


def split(pictures: Sequence[Pixels]) -> tuple[list[Pixels], list[Pixels]]:
    """Pictures to learn from, and one in twenty held back for validation; a single picture is both."""
    every = min(20, len(pictures))
    learned = [p for k, p in enumerate(pictures) if k % every != every // 2]
    return learned or list(pictures), list(pictures[every // 2 :: every])


def make_brackets(clean: Tensor, generator: Generator) -> Series:
    """Brackets of two or three frames: half of them of scenes that no exposure holds, the others of photographs."""
    count = 3 if float(torch.rand((), generator=generator, device=generator.device)) < 0.3 else 2
    half = len(clean) // 2
    lit, pleasant = lit_bracket(clean[half:], generator, count)
    if not half:
        return Series(lit, EXPOSURE, pleasant)
    even = clean[:half]
    stops = None
    if count == 2 and float(torch.rand((), generator=generator, device=generator.device)) < EXTREME:
        apart = [-uniform(half, *STOPS, generator), uniform(half, *STOPS, generator)]
        stops = torch.cat(apart, 1).reshape(half, 2)
    drawn = bracket(even, generator, count, ev=stops)
    return Series(torch.cat([drawn, lit]), EXPOSURE, torch.cat([even, pleasant]))


def make_splits(clean: Tensor, generator: Generator) -> Series:
    """Focus pairs."""
    return Series(focus_split(clean, generator, radii=RADII)[0], FOCUS, clean)


def make_pairs(clean: Tensor, generator: Generator) -> Series:
    """Infrared pairs, grey: the colours of the visible frame are none of the network's business."""
    one, other = modalities(grey(clean)[:, :1], generator)
    return Series(torch.stack([one, other], 1).expand(-1, -1, 3, -1, -1).contiguous(), INFRARED, clean)


def some_equal(series: Series, clean: Tensor, share: float, generator: Generator) -> Series:
    """The same with some series' frames all replaced by the photograph, of infrared pairs by its luma."""
    same = uniform(len(clean), 0, 1, generator) < share
    shown = grey(clean) if series.kind == INFRARED else clean
    whole = ((shown * 255).round() / 255)[:, None].expand_as(series.frames)
    frames = torch.where(same[:, None], whole, series.frames)
    return Series(frames, series.kind, torch.where(same, clean, series.truth))


def draw(sampler: CropSampler, settings: Settings, generator: Generator) -> list[Series]:
    """A step's series, one of each kind of which there are to be any."""
    counts = [settings.exposures, settings.splits, settings.pairs]
    crops = torch.split(sampler.batch(sum(counts)).to(generator.device), counts)
    makers = (make_brackets, make_splits, make_pairs)
    made = [(clean, make(clean, generator)) for clean, make in zip(crops, makers, strict=True) if len(clean)]
    return [some_equal(series, clean, settings.equal, generator) for clean, series in made]


def fusion_loss(fused: Tensor, series: Series, settings: Settings) -> Tensor:
    """How far a fused picture is from what it is to be; a scalar of about 0.1 to 1 for every kind."""
    sources = luma(series.frames).squeeze(2)
    own = luma(fused)
    if series.kind == FOCUS:
        error = (fused - series.truth).pow(2).mean((1, 2, 3))
        return 0.1 * (torch.log10(error + FLOOR) + 5).mean() + 0.5 * gradient_loss(own, sources)
    if series.kind == EXPOSURE:
        # The structure says nothing about level and colour: those of the photograph are pleasant.
        return structure_loss(own, sources) + settings.truth * (fused - series.truth).abs().mean()
    # A frame's mean is not its brightness at noon: the brighter one of both, as thermal targets demand.
    level = (own - sources.amax(1, keepdim=True)).abs().mean()
    alike = 1 - 0.5 * (similarity(own, sources[:, :1]) + similarity(own, sources[:, 1:]))
    grey_too = (fused - own).abs().mean()
    known = settings.edges * gradient_loss(own, sources) + settings.level * level + settings.alike * alike
    return known + grey_too


def losses(
    model: LatentFusion, series: Series, settings: Settings, generator: Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """What one kind of series has to say.

    Returns:
        The loss, its part from the fused picture, and the nats per position of the latents.
    """
    flat = series.frames.flatten(0, 1)
    encoded = model.encode(flat)
    weights = model.weigh(encoded, series.frames.shape[1], series.kinds)
    fused = model.combine(encoded, series.frames, weights, series.kinds)
    found = fusion_loss(fused, series, settings)
    # One frame of each series is made of its latents alone, so that these mean something without the frames.
    picked = slice(None, None, series.frames.shape[1])
    drawn = encoded.sample(torch.randn(encoded.mean.shape, generator=generator, device=generator.device))[picked]
    alone = model.decoder.alone(drawn)
    nats = encoded.divergence().sum(1).mean()
    error = (alone - flat[picked]).pow(2).mean((1, 2, 3))
    total = found + settings.alone * 0.1 * (torch.log10(error + FLOOR) + 5).mean() + settings.nats * nats
    return total, found.detach(), nats.detach()


def validation_series(held: Sequence[Pixels], device: torch.device) -> list[Series]:
    """One set of each kind, made of held-back photographs; the same ones in every training on them."""
    sampler = CropSampler(held, VALIDATED, seed=1, candidates=1)
    generator = Generator(device=device).manual_seed(1)
    crops = [sampler.batch(12).to(device) for _ in range(3)]
    three = Series(bracket(crops[0][:6], generator, 3), EXPOSURE, crops[0][:6])
    frames, pleasant = lit_bracket(crops[0][6:], generator)
    two = Series(frames, EXPOSURE, pleasant)
    return [three, two, make_splits(crops[1], generator), make_pairs(crops[2], generator)]


@torch.no_grad()
def validate(model: LatentFusion, validation: Sequence[Series], folder: Path, step: int) -> dict[str, float]:
    """Judge.

    Returns:
        "structure" of the brackets (MEF-SSIM of the finest scale), "veil" (mean distance of brackets' results from the
        photograph), "focus" (PSNR), "same" (PSNR of a result from two equal frames), "infrared" (the loss), "alone"
        (PSNR of photographs made of their latents alone).
    """
    model.eval()
    results = [model(series.frames, series.kinds)[0].clamp(0, 1) for series in validation]
    brackets = [(r, s) for r, s in zip(results, validation, strict=True) if s.kind == EXPOSURE]
    structures = [structure(luma(r), luma(s.frames).squeeze(2)).mean((1, 2, 3)) for r, s in brackets]
    veil = torch.cat([(r - s.truth).abs().mean((1, 2, 3)) for r, s in brackets])
    truth = validation[2].truth
    same, _ = model(truth[:, None].expand(-1, 2, -1, -1, -1), validation[2].kinds)
    alone = model.decoder.alone(model.encode(truth).mean)
    save_grid(
        folder / f"grid-{step:07d}.png",
        [_row(r, s, k) for r, s in zip(results, validation, strict=True) for k in (0, 1, 2)],
    )
    model.train()
    return {
        "structure": float(torch.cat(structures).mean()),
        "veil": float(veil.mean()),
        "focus_psnr": _psnr(results[2], truth),
        "same_psnr": _psnr(same.clamp(0, 1), truth),
        "infrared_loss": float(fusion_loss(results[3], validation[3], Settings())),
        "alone_psnr": _psnr(alone.clamp(0, 1), truth),
    }


def _row(result: Tensor, series: Series, k: int) -> list[Tensor]:
    """First and last frame, the result, the photograph."""
    return [series.frames[k, 0], series.frames[k, -1], result[k], series.truth[k]]


def _psnr(x: Tensor, y: Tensor) -> float:
    """Mean PSNR of a batch, in dB."""
    return float((-10 * torch.log10((x - y).pow(2).mean((1, 2, 3)) + 1e-10)).mean())
