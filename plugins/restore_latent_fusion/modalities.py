"""Pairs as an infrared and a visible camera give them, made of photographs: one scene, two modalities."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from kornia.filters import gaussian_blur2d
from torch import Generator, Tensor

from restore.degrade import uniform

KNOTS = 6
"""Of the random tone curves, evenly spaced over the range."""
REGIONS = (2, 8)
"""Cells of the smooth noise that regions are made of, along an edge: few and many."""


def modalities(clean: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Make pairs of pictures of different modality.

    Heat is not reflected light: what is bright in one may be dark in the other or may not be there at all; texture that
    is painted is missing, warm things stand out, also in the dark, and the sensor is softer and noisier. None of this
    can be computed from a photograph, so it is drawn by chance, region by region; a network that is to keep the best of
    both learns to rely on neither.

    Args:
        clean: Luma ``(N, 1, H, W)`` in [0, 1].
        generator: On the device of `clean`.

    Returns:
        The visible and the infrared frames ``(N, 1, H, W)``, rounded to 8 bits, in [0, 1].
    """
    return _rounded(_visible(clean, generator)), _rounded(_infrared(clean, generator))


def _visible(clean: Tensor, generator: Generator) -> Tensor:
    """By day as it is; by night dark and noisy but for lit regions; here and there glare or haze."""
    n = len(clean)
    night = (uniform(n, 0, 1, generator) < 0.5).float() * uniform(n, 0.3, 0.95, generator)
    lit = _region(clean, REGIONS[0], generator)
    light = 1 - night * (1 - lit)
    haze = (
        _region(clean, REGIONS[0], generator) * (uniform(n, 0, 1, generator) < 0.25) * uniform(n, 0.3, 0.9, generator)
    )
    seen = (clean**2.2 * light) ** (1 / 2.2)
    seen = torch.lerp(seen, uniform(n, 0.5, 1, generator).expand_as(seen), haze)
    noise = uniform(n, 0, 0.03, generator) * (0.3 + night)
    return seen + noise * _normal(clean, generator)


def _infrared(clean: Tensor, generator: Generator) -> Tensor:
    """Tones by other curves in different regions, painted texture missing here and there, warm things, softness."""
    n = len(clean)
    soft = gaussian_blur2d(clean, 9, torch.full((n, 2), 1.2, device=clean.device))
    flat = gaussian_blur2d(clean, 31, torch.full((n, 2), 5.0, device=clean.device))
    base = torch.lerp(soft, flat, _region(clean, REGIONS[1], generator))
    where = _region(clean, REGIONS[1], generator)
    toned = torch.lerp(_curved(base, generator), _curved(base, generator), where)
    warm = _region(clean, REGIONS[1], generator, share=0.12) * (uniform(n, 0, 1, generator) < 0.7)
    # Warm things have the outlines of things: where the photograph's own tones change, so does the warmth.
    own = (base - F.avg_pool2d(base, 33, 1, 16)).mul(6).clamp(-1, 1)
    warm = (warm + 0.7 * warm * own).clamp(0, 1)
    heat = torch.lerp(toned, uniform(n, 0.75, 1, generator).expand_as(toned), warm)
    level, contrast = uniform(n, 0.15, 0.5, generator), uniform(n, 0.3, 1.0, generator)
    heat = level + contrast * (heat - toned.mean((1, 2, 3), keepdim=True))
    return heat + uniform(n, 0, 0.02, generator) * _normal(clean, generator)


def _curved(x: Tensor, generator: Generator) -> Tensor:
    """Tones by a random curve through `KNOTS` points, rising, falling or both."""
    knots = torch.rand(len(x), KNOTS, generator=generator, device=x.device)
    rising = uniform(len(x), 0, 1, generator).reshape(-1, 1)
    knots = torch.where(
        rising < 0.5, knots.sort(1).values, torch.where(rising < 0.75, knots.sort(1, True).values, knots)
    )
    place = x.clamp(0, 1) * (KNOTS - 1)
    lower = place.floor().clamp(max=KNOTS - 2)
    index = lower.long().flatten(1)
    low, high = knots.gather(1, index), knots.gather(1, index + 1)
    return torch.lerp(low, high, (place - lower).flatten(1)).reshape(x.shape)


def _region(like: Tensor, cells: int, generator: Generator, share: float = 0.5) -> Tensor:
    """Smooth noise cut at the level that leaves `share` above it, with soft outlines; ``(N, 1, H, W)`` in [0, 1]."""
    n, _, height, width = like.shape
    grid = torch.randn(n, 1, cells, cells, generator=generator, device=like.device)
    noise = F.interpolate(grid, (height, width), mode="bicubic", align_corners=False)
    level = noise.flatten(1).quantile(1 - share, 1).reshape(n, 1, 1, 1)
    return ((noise - level) * uniform(n, 2, 20, generator)).sigmoid()


def _normal(like: Tensor, generator: Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device)


def _rounded(picture: Tensor) -> Tensor:
    return (picture.clamp(0, 1) * 255).round() / 255
