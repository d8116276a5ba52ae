"""What `conv-dae` learns from to mend JPEG: crops saved once or twice, and how it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor

from restore.degrade import grey, jpeg, uniform
from restore.toolkit.training import Share, save_grid
from restore_conv_dae.jpeg_level import level_of
from restore_conv_dae.recipe import MARGIN, Lesson, Pair, Settings

QUALITIES = (5.0, 95.0)
"""Between which qualities pictures are saved."""
LOW = 40.0
"""Half of them are saved at no more than this: there is most to mend."""
JUDGED = (10, 20, 30, 40)
"""Qualities that validation saves at."""

_LUMA = (65.481 / 255, 128.553 / 255, 24.966 / 255)


@dataclass(frozen=True)
class JpegSettings(Settings):
    """What can be set with ``--set name=value``; `camera` and `clean` are those of the denoiser and not used.

    Attributes:
        untouched: Share of the crops that were never saved: do no harm.
        twice: Share of the crops that were saved before, at another quality, cut anywhere in between.
        aligned: Share of the steps whose blocks begin at the crops' corner, as in files that nobody has cut.
    """

    luma: Share = 0.7  # subsampled chroma is most of the squared error, and none of what is seen
    untouched: Share = 0.06
    twice: Share = 0.15
    aligned: Share = 0.75


def save(clean: Tensor, settings: JpegSettings, generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Save crops as JPEG: see `restore_conv_dae.recipe.Lesson.damage`.

    The level is that of the lowest quality a crop was saved at: what is lost there does not come back.
    """
    count = clean.shape[0]
    clean = clean.clone()
    greys = round(count * settings.grey)
    clean[:greys] = grey(clean[:greys])
    quality, before = _qualities(count, generator), _qualities(count, generator)
    twice = uniform(count, 0, 1, generator) < settings.twice
    halved = bool(torch.rand(1, generator=generator, device=clean.device) < 0.6)
    saved = torch.where(twice, jpeg(clean, before, halved), clean)
    # A picture that was cut in between has its first blocks anywhere; MARGIN is a multiple of 16, as JPEG wants it.
    y, x = _offset(generator, settings.aligned)
    window = (slice(None), slice(None), slice(y, y + settings.crop), slice(x, x + settings.crop))
    level = level_of(quality)
    worst = torch.where(twice, torch.maximum(level, level_of(before)), level)
    if float(torch.rand(1, generator=generator, device=clean.device)) < 0.5:
        damaged = jpeg(saved, quality, halved)[window]
    else:
        damaged = jpeg(saved[window].contiguous(), quality, halved)
    clean = clean[window]
    untouched = uniform(count, 0, 1, generator) < settings.untouched
    damaged = torch.where(untouched, (clean * 255).round() / 255, damaged)
    worst = torch.where(untouched, torch.zeros_like(worst), worst)
    cells = settings.crop // 8
    return damaged, clean, worst.expand(count, 1, cells, cells).clone()


def _qualities(count: int, generator: Generator) -> Tensor:
    """Whole qualities ``(count, 1, 1, 1)``, half of them low."""
    low = uniform(count, 0, 1, generator) < 0.5
    drawn = torch.where(low, uniform(count, QUALITIES[0], LOW, generator), uniform(count, *QUALITIES, generator))
    return drawn.round()


def _offset(generator: Generator, aligned: float) -> tuple[int, int]:
    """Where a crop begins within its margin: on the grid of blocks, or anywhere."""
    step = 8 if float(torch.rand(1, generator=generator, device=generator.device)) < aligned else 1
    places = torch.randint(MARGIN // step + 1, (2,), generator=generator, device=generator.device) * step
    return int(places[0]), int(places[1])


@torch.no_grad()
def validate(pair: Pair, crops: Tensor, folder: Path, step: int) -> dict[str, float]:
    """What is gained over the JPEG, in dB of luma, told at each of `JUDGED` ("q10" …), blind at 20, grey at 20.

    Also "kept": PSNR of clean crops seen blind, in dB.
    """
    pair.eval()
    device = next(pair.parameters()).device
    crops = crops.to(device)
    weights = torch.tensor(_LUMA, device=device).reshape(1, 3, 1, 1)

    def error(x: Tensor, y: Tensor) -> Tensor:
        return ((x - y) * weights).sum(1).pow(2).mean((1, 2))

    def mended(saved: Tensor, quality: float | None) -> Tensor:
        n, _, h, w = saved.shape
        level = level_of(torch.full((n, 1, 1, 1), quality or 100.0, device=device)).expand(n, 1, h // 8, w // 8)
        told = torch.full((n, 1, 1, 1), quality is not None, device=device)
        out: Tensor = pair(saved, level, told)[0].clamp(0, 1)
        return out

    def gain(clean: Tensor, quality: float, *, told: bool) -> tuple[float, Tensor, Tensor]:
        saved = jpeg(clean, torch.full((len(clean),), quality, device=device), True)
        out = mended(saved, quality if told else None)
        return float(10 * (error(saved, clean) / error(out, clean)).log10().mean()), saved, out

    result = {f"q{q}": gain(crops, q, told=True)[0] for q in JUDGED}
    result["blind20"], saved, blind = gain(crops, 20, told=False)
    result["grey20"] = gain(grey(crops), 20, told=True)[0]
    result["kept"] = float(-10 * (error(mended(crops, None), crops) + 1e-8).log10().mean())
    save_grid(folder / f"grid-{step:07d}.png", [[t[k] for t in (crops, saved, blind)] for k in range(0, len(crops), 6)])
    pair.train()
    return result


def _mark(scores: Mapping[str, float]) -> float:
    """All qualities, told and blind."""
    return sum(scores[f"q{q}"] for q in JUDGED) / len(JUDGED) + 0.5 * scores["blind20"]


SAVED = Lesson(
    "conv-dae-jpeg", JpegSettings, (*(f"q{q}" for q in JUDGED), "blind20", "grey20", "kept"), save, validate, _mark
)
"""To take the traces of JPEG away."""
