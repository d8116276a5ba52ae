"""Damaged photographs made of clean ones, and the truth about where they are damaged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from kornia.filters import gaussian_blur2d
from torch import Generator, Tensor

from restore.degrade import camera_noise, grey, jpeg, uniform
from restore.holes.strokes import scratches
from restore_damage_unet.overlays import Overlay, placed

SCALES = (0.5, 1.6)
"""How much larger or smaller than scanned overlays are laid on, drawn evenly in the logarithm."""
LAYERS = (0.45, 0.25, 0.18, 0.12)
"""Shares of damaged crops with one, two, three and four pieces of damage."""
DRAWN = 0.12
"""Share of the pieces that are drawn scratches instead of scanned damage, where nobody says another."""
VISIBLE = 20 / 255
"""A pixel is damaged where its most changed channel differs by more than this, before noise and compression."""
UNSURE = (8 / 255, 30 / 255)
"""Between these changes nobody can tell: such pixels count little in the loss."""


@dataclass(frozen=True)
class Layers:
    """Pieces of damage for a batch, to be laid on one after the other.

    Attributes:
        alpha: ``(K, N, 1, H, W)`` in [0, 1].
        colour: ``(K, N, 3, 1, 1)`` in [0, 1].
    """

    alpha: Tensor
    colour: Tensor

    @property
    def nothing(self) -> Tensor:
        """Which pictures get no damage: boolean ``(N,)``."""
        return self.alpha.amax((0, 2, 3, 4)) == 0

    def on(self, clean: Tensor) -> Tensor:
        """Lay them on pictures ``(N, 3, H, W)``."""
        picture = clean
        for alpha, colour in zip(self.alpha, self.colour, strict=True):
            picture = picture + alpha * (colour - picture)
        return picture

    def to(self, device: torch.device) -> Layers:
        """The same on a device."""
        return Layers(self.alpha.to(device), self.colour.to(device))


def draw_layers(
    overlays: Sequence[Overlay],
    count: int,
    size: int,
    clean: float,
    random: np.random.Generator,
    drawn: float = DRAWN,
) -> Layers:
    """Draw the damage of a batch: every kind as often as the others.

    Args:
        overlays: To choose from.
        count: Pictures of the batch.
        size: Their edge in pixels.
        clean: Share of the pictures that stay clean.
        random: Where chance comes from.
        drawn: Share of the pieces that are drawn scratches instead.
    """
    kinds = sorted({item.kind for item in overlays})
    by_kind = [[item for item in overlays if item.kind == kind] for kind in kinds]
    alpha = np.zeros((len(LAYERS), count, 1, size, size), np.float32)
    colour = np.zeros((len(LAYERS), count, 3, 1, 1), np.float32)
    for n in range(count):
        if random.random() < clean:
            continue
        for k in range(1 + int(random.choice(len(LAYERS), p=LAYERS))):
            if random.random() < drawn:
                shape = drawn_scratch(size, random)
            else:
                own = by_kind[random.integers(len(kinds))]
                scale = float(np.exp(random.uniform(*np.log(SCALES))))
                shape = placed(own[random.integers(len(own))], (size, size), scale, random)
            alpha[k, n, 0] = shape * draw_opacity(random)
            colour[k, n, :, 0, 0] = draw_colour(random)
    return Layers(torch.from_numpy(alpha), torch.from_numpy(colour))


def drawn_scratch(size: int, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """One or two long scratches, mostly upright, with soft edges; ``(size, size)`` in [0, 1]."""
    canvas = np.zeros((size, size), np.uint8)
    scratches(canvas, 1e-6, random)
    if random.random() < 0.4:
        scratches(canvas, np.count_nonzero(canvas) / canvas.size + 1e-6, random)
    soft = cv2.GaussianBlur(canvas.astype(np.float32), (5, 5), random.uniform(0.3, 0.9))
    return np.asarray(soft, np.float32)


def draw_opacity(random: np.random.Generator) -> float:
    """By what a piece's alpha is multiplied: for three quarters 1, for the others less, down to 0.6."""
    return 1.0 if random.random() < 0.75 else float(random.uniform(0.6, 1))


def draw_colour(random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Bright (over half), dark (two fifths) or any colour: dust on negatives is bright, on slides dark; ``(3,)``."""
    which = random.random()
    if which < 0.55:
        level, tint = 1 - 0.2 * random.random() ** 3, 0.01
    elif which < 0.95:
        level, tint = 0.2 * random.random() ** 3, 0.01
    else:
        level, tint = random.random(), 0.3
    return (level + random.normal(0, tint, 3)).clip(0, 1)


def toned(clean: Tensor, generator: Generator) -> Tensor:
    """Make three in ten pictures grey, one in six faded and sepia, one in four soft, as old photographs are."""
    n = len(clean)

    def share(of: float) -> Tensor:
        return uniform(n, 0, 1, generator) < of

    mono = torch.where(share(0.3), grey(clean), clean)
    low, high = uniform(n, 0, 0.25, generator), uniform(n, 0.75, 1, generator)
    tints = torch.cat([uniform(n, a, 1, generator) for a in (0.95, 0.85, 0.7)], 1)
    brown = torch.where(share(0.7), grey(clean), clean) * tints
    picture = torch.where(share(0.16), low + (high - low) * brown, mono)
    soft = share(0.25).flatten()
    if soft.any():
        picture = picture.clone()
        picture[soft] = _blurred(picture[soft], 0.4, 1.6, generator)
    return picture


def scanned(clean: Tensor, damaged: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """What a scan makes of pictures with damage on them: soft edges, grain or noise, JPEG.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1], H and W multiples of 16.
        damaged: The same pictures with the damage.
        generator: On their device.

    Returns:
        The scans, rounded to 8 bits where they were saved, and how much the damage alone changed each pixel (its most
        changed channel), ``(N, 1, H, W)``.
    """
    n = len(clean)
    both = torch.cat([clean, damaged], 1)
    soft = uniform(n, 0, 1, generator).flatten() < 0.35
    if soft.any():
        both[soft] = _blurred(both[soft], 0.3, 1.0, generator)
    clean, damaged = both[:, :3], both[:, 3:]
    change = (damaged - clean).abs().amax(1, keepdim=True)
    scan = damaged + _grain(damaged, generator)
    camera = slice(0, n // 6)
    if n // 6:
        scan[camera] = camera_noise(damaged[camera].clamp(0, 1), generator)
    saved = slice(n // 6, n // 6 + round(0.45 * n))
    if scan[saved].numel():
        quality = 98 - 45 * uniform(len(scan[saved]), 0, 1, generator) ** 1.5
        subsample = bool(torch.rand(1, generator=generator, device=generator.device) < 0.6)
        scan[saved] = jpeg(scan[saved], quality, subsample)
    return (scan.clamp(0, 1) * 255).round() / 255, change


def _grain(picture: Tensor, generator: Generator) -> Tensor:
    """Grain of up to 10 grey levels, for a third none; soft for two fifths, the same in all colours for half."""
    n, _, height, width = picture.shape
    sigma = 10 / 255 * uniform(n, 0, 1, generator) ** 2
    sigma = torch.where(uniform(n, 0, 1, generator) < 0.33, torch.zeros_like(sigma), sigma)
    white = torch.randn(n, 3, height, width, generator=generator, device=generator.device)
    white = torch.where(uniform(n, 0, 1, generator) < 0.5, white[:, :1].expand_as(white), white)
    soft = uniform(n, 0, 1, generator).flatten() < 0.4
    if soft.any():
        coarse = _blurred(white[soft], 0.5, 1.0, generator)
        white[soft] = coarse / coarse.std((1, 2, 3), keepdim=True)
    return white * sigma


def _blurred(pictures: Tensor, least: float, most: float, generator: Generator) -> Tensor:
    """A Gaussian blur of a standard deviation drawn for each picture."""
    width = uniform(len(pictures), least, most, generator).reshape(-1, 1).expand(-1, 2)
    soft: Tensor = gaussian_blur2d(pictures, 9, width)
    return soft


def truth_of(change: Tensor) -> tuple[Tensor, Tensor]:
    """Where the damage shows, and how much each pixel counts in the loss.

    Args:
        change: ``(N, 1, H, W)``, see `scanned`.

    Returns:
        Truth (0 or 1) and weights (0.2 or 1), both float of the same shape.
    """
    unsure = (change > UNSURE[0]) & (change < UNSURE[1])
    return (change > VISIBLE).float(), torch.where(unsure, 0.2, 1.0)
