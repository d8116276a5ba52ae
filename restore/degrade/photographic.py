"""What phones and the web do to pictures: small pictures for the training of a photographic upscaler."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from restore.degrade.blur import blur_matrices, disc_kernel, gaussian_kernel, separated
from restore.degrade.camera import sensor_noise
from restore.degrade.compression import jpeg
from restore.degrade.noise import uniform
from restore.degrade.reduction import KINDS, matrix, mirrored, reduce, resample

GROUPS = 4
"""Parts of a batch, each with its own order of steps, kind of blur and intermediate size."""

PRISTINE = 0.12
"""Share of the pictures that are merely reduced, bicubically: clean pictures are on the web too."""

ORDERS = (("noise", "save", "reduce"), ("noise", "reduce", "save"), ("reduce", "noise", "save"))
"""Noise is never added to what was saved before: sensors come first."""


def photo(clean: Tensor, scale: int, generator: Generator) -> Tensor:
    """Small pictures as phones and the web leave them, made of clean large ones.

    Blur (round or drawn-out Gaussian, slight defocus; a third of the pictures none), a reduction in one or two steps
    (area, bilinear or bicubic, one in ten not antialiased), a sensor's noise, JPEG of quality 50 to 98, mostly 80 and
    more, at 4:2:0 or 4:4:4, once or twice, blocks beginning anywhere. Where the noise and the first JPEG stand among
    the reductions is drawn by chance, as are all strengths. After Zhang et al., Designing a practical degradation
    model for deep blind image super-resolution (BSRGAN), ICCV 2021, and Wang et al., Real-ESRGAN, ICCV Workshops 2021,
    and far more moderate than either: what one meets every day, so that an upscaler trained on it neither invents nor
    smooths more than it must.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1], H and W multiples of the scale. Beyond its borders it is taken as mirrored.
        scale: A whole number from 2.
        generator: On the device of `clean`.

    Returns:
        ``(N, 3, H/scale, W/scale)`` rounded to 8 bits, in [0, 1], aligned with `clean`: what was in the middle stays
        in the middle.

    Raises:
        ValueError: H or W is no multiple of the scale, or the scale is below 2.
    """
    if scale < 2:
        raise ValueError(f"the scale must be a whole number from 2, got {scale}")
    pristine = _eight_bit(reduce(clean, scale))
    groups = torch.split(clean, math.ceil(len(clean) / GROUPS))
    spoilt = torch.cat([_spoilt(group, scale, generator) for group in groups])
    return torch.where(uniform(len(clean), 0, 1, generator) < PRISTINE, pristine, spoilt)


def _spoilt(clean: Tensor, scale: int, generator: Generator) -> Tensor:
    """One group: pictures that share the order of steps and the intermediate size."""
    height, width = clean.shape[2] // scale, clean.shape[3] // scale
    chance = _chances(3, generator)
    larger = 1.0 if chance[0] < 0.5 else 1 + chance[1] * (min(scale, 2) - 1)
    pictures = _blurred(clean, scale, (round(height * larger), round(width * larger)), generator)
    for step in ORDERS[int(chance[2] * len(ORDERS))]:
        if step == "noise":
            pictures = _noisy(pictures, generator)
        elif step == "save":
            pictures = _saved(pictures, 0.9, generator)
        else:
            pictures = _eight_bit(_reduced(pictures, height, width, generator))
    return _saved(pictures, 0.3, generator)


def _blurred(clean: Tensor, scale: int, size: tuple[int, int], generator: Generator) -> Tensor:
    """Blur and the first reduction, in one pair of matrices per picture; rounded to 8 bits."""
    n = len(clean)
    kind = _chances(1, generator)[0]
    strength = uniform(n, -0.4, 0.8, generator)[..., 0].clamp(min=0) * scale
    if kind < 0.2:
        kernel, rank = disc_kernel(1.5 * strength, math.ceil(1.2 * scale) + 1), 3
    else:
        drawn_out = 0.0 if kind < 0.7 else 0.3
        stretch = uniform(n, 0, drawn_out, generator)[..., 0].exp()
        kernel = gaussian_kernel(strength, stretch, uniform(n, 0, math.pi, generator)[..., 0], math.ceil(2.5 * scale))
        rank = 1 if drawn_out == 0 else 3
    down, along = separated(kernel, rank)
    both = _choices(n, generator)
    rows = _chosen(both, clean.shape[2], size[0], clean) @ blur_matrices(down, clean.shape[2])
    columns = _chosen(both, clean.shape[3], size[1], clean) @ blur_matrices(along, clean.shape[3])
    # One long product along each axis: (H, R·w), then (h, R·H) with the R parts below each other, which adds them up.
    across = (clean @ columns.flatten(1, 2)[:, None].mT).reshape(n, -1, clean.shape[2], rank, size[1])
    below = across.transpose(2, 3).flatten(2, 3)
    return _eight_bit(rows.transpose(1, 2).flatten(2)[:, None] @ below)


def _reduced(pictures: Tensor, height: int, width: int, generator: Generator) -> Tensor:
    """The second reduction; nothing where they have that size."""
    if pictures.shape[2:] == (height, width):
        return pictures
    both = _choices(len(pictures), generator)
    rows, columns = (_chosen(both, a, b, pictures) for a, b in zip(pictures.shape[2:], (height, width), strict=True))
    return resample(pictures, rows, columns)


def _choices(n: int, generator: Generator) -> list[tuple[str, bool]]:
    """A kernel for each picture, and whether it is antialiased."""
    draws = _chances(2 * n, generator)
    return [(KINDS[int(a * len(KINDS))], b < 0.9) for a, b in zip(draws[:n], draws[n:], strict=True)]


def _chosen(choices: list[tuple[str, bool]], given: int, wanted: int, like: Tensor) -> Tensor:
    """The chosen kernels as matrices ``(N, 1, wanted, given)``."""
    return torch.stack([matrix(given, wanted, kind, antialias) for kind, antialias in choices])[:, None].to(like)


def _noisy(pictures: Tensor, generator: Generator) -> Tensor:
    """A sensor's noise, from none that is visible to that of an indoor photograph, as 8-bit pictures."""
    height, width = pictures.shape[2:]
    wide = _on_blocks(pictures, 0, 0, 16)
    noise = sensor_noise(wide, (-12.5, -6.5), generator)[:, :, :height, :width]
    return _eight_bit(pictures + noise)


def _saved(pictures: Tensor, share: float, generator: Generator) -> Tensor:
    """A share of the pictures saved as JPEG, the corner of their blocks anywhere."""
    n, _, height, width = pictures.shape
    chance = _chances(3, generator)
    top, left = int(chance[0] * 16), int(chance[1] * 16)
    quality = 98 - 48 * uniform(n, 0, 1, generator) ** 1.5
    file = jpeg(_on_blocks(pictures, top, left, 16), quality, subsample=chance[2] < 0.6)
    return torch.where(
        uniform(n, 0, 1, generator) < share, file[:, :, top : top + height, left : left + width], pictures
    )


def _on_blocks(pictures: Tensor, top: int, left: int, edge: int) -> Tensor:
    """The pictures, mirrored `top` and `left` pixels beyond their corner, then to whole blocks."""
    height, width = pictures.shape[2:]
    rows = mirrored(-top, height + -(height + top) % edge, height).to(pictures.device)
    columns = mirrored(-left, width + -(width + left) % edge, width).to(pictures.device)
    return pictures[:, :, rows][:, :, :, columns]


def _chances(count: int, generator: Generator) -> list[float]:
    """Numbers from [0, 1) for decisions that a whole group shares."""
    draws: list[float] = torch.rand(count, generator=generator, device=generator.device).tolist()
    return draws


def _eight_bit(pictures: Tensor) -> Tensor:
    return (pictures.clamp(0, 1) * 255).round() / 255
