"""What `vae-sr` learns from and how it is judged: settings, batches, losses, validation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from restore.degrade import photo
from restore.image import Pixels
from restore.toolkit.patches import CropSampler
from restore.toolkit.scaling import enlarge, reduce
from restore.toolkit.training import Positive, Rate, Share, Weight, save_grid
from restore_vae_sr.consistency import assembled
from restore_vae_sr.model import SCALES, Architecture, Gaussian, VaeSr

FLOOR = 2e-5
"""Squared error below which a crop's part in the loss levels off: 1.1 grey levels."""
HELD_WITHIN = 0.97
"""Share of the errors of held-back crops within two deviations. They come from the same places as what was learned;
with pictures from elsewhere errors are larger than foreseen, and 95 % here are 89 % there."""
VALIDATED = 192
"""Edge of the sharp crops that are judged, in pixels."""
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class Settings:
    """What can be set with ``--set name=value``.

    Attributes:
        training: "clean" learns to undo the field's bicubic reduction, "photo" what phones and the web do to pictures.
        rate: Peak learning rate of Adam: first and last layers, biases.
        inner_rate: Peak learning rate of Muon: all other kernels.
        decay: Weight decay of Muon.
        batch: Crops per step, shared out evenly among the scales: at least one for each.
        crop: Edge of the small crops in pixels.
        sampled: Share of the crops that are also seen through the posterior.
        elbo: Weight of the evidence bound (nats per value) beside the error of the faithful picture.
        spread: Weight of the spread's likelihood, likewise.
        free: Nats per small pixel and latent variable below which the divergence is not pressed down further.
        width: Channels of all features.
        trunk: Residual blocks of the trunk.
        decoder: Residual blocks of each decoder.
        latent: Latent variables per small pixel.
    """

    training: Literal["clean", "photo"] = "clean"
    rate: Rate = 1e-3
    inner_rate: Rate = 0.02
    decay: Weight = 0.02
    batch: Positive = 18
    crop: Positive = 32
    sampled: Share = 0.5
    elbo: Weight = 0.01
    spread: Weight = 0.05
    free: Weight = 0.02
    width: Positive = 64
    trunk: Positive = 3
    decoder: Positive = 1
    latent: Positive = 16

    def __post_init__(self) -> None:
        """Refuse batches too small for all scales.

        Raises:
            ValueError: There is not a crop for each.
        """
        if self.batch < len(SCALES):
            raise ValueError(f"batch={self.batch} has no crop for each of the scales {SCALES}")

    @property
    def consistent(self) -> bool:
        """Whether these pictures are judged as they are restored by default: held to their input, or not."""
        return self.training == "clean"

    @property
    def architecture(self) -> Architecture:
        """The networks these settings describe."""
        return Architecture(self.width, self.trunk, self.decoder, latent=self.latent)


@dataclass(frozen=True)
class Pair:
    """Crops of one scale.

    Attributes:
        small: ``(N, 3, H, W)`` in [0, 1], rounded to 8 bits.
        sharp: ``(N, 3, H·scale, W·scale)``.
        scale: Large pixels per small one along an edge.
    """

    small: Tensor
    sharp: Tensor
    scale: int


@dataclass(frozen=True)
class Losses:
    """What a step found.

    Attributes:
        total: To be made small.
        error: Of the faithful pictures.
        nats: Divergence of posterior and prior per small pixel.
    """

    total: Tensor
    error: Tensor
    nats: Tensor


def split(pictures: Sequence[Pixels]) -> tuple[list[Pixels], list[Pixels]]:
    """Pictures to learn from, and one in sixteen held back for validation; a single picture is both."""
    every = min(16, len(pictures))
    learned = [p for k, p in enumerate(pictures) if k % every != every // 2]
    return learned or list(pictures), list(pictures[every // 2 :: every])


def make_pairs(samplers: dict[int, CropSampler], settings: Settings, generator: Generator) -> list[Pair]:
    """Draw crops for every scale and make them small."""
    count = settings.batch // len(samplers)
    drawn = {scale: sampler.batch(count).to(generator.device) for scale, sampler in samplers.items()}
    return [made_small(sharp, scale, settings, generator) for scale, sharp in drawn.items()]


def made_small(sharp: Tensor, scale: int, settings: Settings, generator: Generator) -> Pair:
    """What is left of sharp crops ``(N, 3, H, W)`` after the training's kind of reduction."""
    small = photo(sharp, scale, generator) if settings.training == "photo" else rounded(reduce(sharp, scale))
    return Pair(small.contiguous(memory_format=torch.channels_last), sharp, scale)


def rounded(small: Tensor) -> Tensor:
    """What an 8-bit file holds of a picture in [0, 1]."""
    return (small.clamp(0, 1) * 255).round() / 255


def losses(model: VaeSr, pairs: Sequence[Pair], settings: Settings, generator: Generator) -> Losses:
    """Run the autoencoder over a batch.

    Three things are asked of it. The faithful picture (z at the prior's mean) shall have a small error. The sharp one
    shall be likely under the evidence lower bound, with the best constant variance per crop (Rybkin, Daniilidis,
    Levine: Simple and effective VAE training with calibrated decoders, ICML 2021). And the spread shall be the standard
    deviation under which the faithful picture's error is most likely.
    """
    features = model.trunk(torch.cat([p.small for p in pairs]))
    total = error = nats = features.new_zeros(())
    for pair, part in zip(pairs, features.split([len(p.small) for p in pairs]), strict=True):
        up = model.upscaler(pair.scale)
        residual = pair.sharp - enlarge(pair.small, pair.scale)
        prior = up.prior(part)
        decoded = up.decode(part, prior.mean)
        off = F.pixel_unshuffle(residual, pair.scale) - up.residual(decoded).float()
        faithful = _root_error(F.pixel_shuffle(off, pair.scale))
        spread = spread_loss(off.detach(), up.spread(decoded).float())

        some = slice(0, max(1, round(len(part) * settings.sampled)))
        posterior = model.encode(part[some], residual[some], pair.scale)
        own = Gaussian(prior.mean[some], prior.log_variance[some])
        noise = torch.randn(posterior.mean.shape, generator=generator, device=generator.device)
        again = up.residual(up.decode(part[some], posterior.sample(noise))).float()
        squared = (F.pixel_unshuffle(residual[some], pair.scale) - again) ** 2
        likelihood = 0.5 * (squared.mean((1, 2, 3)) + FLOOR).log().mean()
        divergence = posterior.divergence(own).float().mean((0, 2, 3))
        bound = likelihood + divergence.clamp(min=settings.free).sum() / again.shape[1]

        total = total + (faithful + settings.spread * spread + settings.elbo * bound) / len(pairs)
        error, nats = error + faithful.detach() / len(pairs), nats + divergence.detach().sum() / len(pairs)
    return Losses(total, error, nats)


def _root_error(off: Tensor) -> Tensor:
    """Mean over the crops of the root of their squared error, lightness counting as much as the three colours.

    Between the mean logarithm (PSNR per crop), where flat crops pull hardest, and the squared error, where the most
    textured ones do.
    """
    luma = (off * off.new_tensor(_LUMA)[None, :, None, None]).sum(1, keepdim=True)
    squared = 0.5 * (off**2).mean((1, 2, 3)) + 0.5 * (luma**2).mean((1, 2, 3))
    return 20 * ((squared + FLOOR).sqrt() - math.sqrt(FLOOR)).mean()


def spread_loss(off: Tensor, log_spread: Tensor) -> Tensor:
    """Negative logarithm of the likelihood of errors under normal distributions of the predicted spread.

    Args:
        off: Errors by phases, ``(N, 3·scale², H, W)``.
        log_spread: Logarithm of the standard deviation, ``(N, scale², H, W)``, for all three channels of a pixel.
    """
    n, channels, h, w = off.shape
    power = (off.reshape(n, 3, channels // 3, h, w) ** 2).mean(1)
    # Half a grey level: what rounding to 8 bits alone does.
    return (log_spread + 0.5 * (power + (0.3 / 255) ** 2) * torch.exp(-2 * log_spread)).mean()


def validation_pairs(held: Sequence[Pixels], settings: Settings, device: torch.device) -> list[Pair]:
    """Crops of photographs held back, at every scale; the same ones in every training on the same photographs."""
    generator = Generator(device=device).manual_seed(7)
    sampler = CropSampler([p[:640, :640] for p in held], VALIDATED, seed=1, scales=(1.0, 0.5), candidates=1)
    crops = sampler.batch(min(32, 2 * len(held)))
    return [made_small(crops.to(device), scale, settings, generator) for scale in SCALES]


@torch.no_grad()
def calibrate(model: VaeSr, pairs: Sequence[Pair], consistent: bool) -> None:
    """Scale each spread so that two standard deviations hold `HELD_WITHIN` of the errors of held-back crops."""
    for pair in pairs:
        up = model.upscaler(pair.scale)
        restored, log_spread = _faithful(model, pair, consistent)
        ratio = (restored - pair.sharp).abs() / F.pixel_shuffle(log_spread, pair.scale).exp()
        assert up.spread.last.bias is not None
        up.spread.last.bias += (ratio.flatten()[::7].quantile(HELD_WITHIN) / 2).log()


def _faithful(model: VaeSr, pair: Pair, consistent: bool) -> tuple[Tensor, Tensor]:
    """The faithful pictures, clipped, and the logarithm of their spread by phases."""
    up = model.upscaler(pair.scale)
    features = model.trunk(pair.small)
    decoded = up.decode(features, up.prior(features).mean)
    phases = assembled(pair.small, up.residual(decoded), pair.scale, int(consistent))
    return F.pixel_shuffle(phases, pair.scale).clamp(0, 1), up.spread(decoded)


@torch.no_grad()
def validate(model: VaeSr, pairs: Sequence[Pair], consistent: bool, folder: Path, step: int) -> dict[str, float]:
    """PSNR in dB of the luma of held-back crops at every scale, and what the latent knows at the largest one.

    Returns:
        "x2", "x3", "x4" (dB), "spread" (loss), "within" (share of the errors below two standard deviations), "nats"
        (divergence per small pixel), "active" (latent variables with more than 0.01 nats).
    """
    model.eval()
    result: dict[str, float] = {}
    for pair in pairs:
        restored, log_spread = _faithful(model, pair, consistent)
        off = restored - pair.sharp
        result[f"x{pair.scale}"] = luma_psnr(off, pair.scale)
    result["spread"] = float(spread_loss(F.pixel_unshuffle(off, pair.scale), log_spread))
    spread = F.pixel_shuffle(log_spread, pair.scale).exp()
    result["within"] = float((off.abs() <= 2 * spread).float().mean())

    nats = divergences(model, pair)
    result["nats"], result["active"] = float(nats.sum()), float((nats > 0.01).sum())
    up, features = model.upscaler(pair.scale), model.trunk(pair.small)
    prior, base = up.prior(features), enlarge(pair.small, pair.scale)
    generator = Generator(device=base.device).manual_seed(7)
    noise = torch.randn(prior.mean.shape, generator=generator, device=base.device)
    sampled = base + F.pixel_shuffle(up.residual(up.decode(features, prior.sample(noise))), pair.scale)
    maps = (8 * spread).expand_as(restored)
    shown = (base, restored, sampled, pair.sharp, maps)
    save_grid(folder / f"grid-{step:07d}.png", [[t[k] for t in shown] for k in range(0, len(off), 8)])
    model.train()
    return result


@torch.no_grad()
def divergences(model: VaeSr, pair: Pair) -> Tensor:
    """KL(q(z | y, x) || p(z | y)) of every latent variable ``(latent,)``, in nats per small pixel: is it used?"""
    features = model.trunk(pair.small)
    posterior = model.encode(features, pair.sharp - enlarge(pair.small, pair.scale), pair.scale)
    return posterior.divergence(model.upscaler(pair.scale).prior(features)).mean((0, 2, 3))


def luma_psnr(off: Tensor, border: int) -> float:
    """Mean over the crops of the PSNR of luma in dB, a border left out, as the field measures upscaling.

    Args:
        off: Errors ``(N, 3, H, W)`` in [0, 1] units.
        border: Pixels to leave out at every side.
    """
    cut = off[:, :, border:-border, border:-border]
    # 219/255: luma in the range of video, 16 to 235.
    luma = (cut * cut.new_tensor(_LUMA)[None, :, None, None]).sum(1) * 219 / 255
    return float(-10 * (luma**2).mean((1, 2)).log10().mean())
