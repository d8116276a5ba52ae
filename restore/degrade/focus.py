"""Photographs in which not all is sharp at once: two frames of a scene, focused on its near and on its far part."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from kornia.color import linear_rgb_to_rgb, rgb_to_linear_rgb
from scipy.fft import next_fast_len
from torch import Generator, Tensor

from restore.degrade.blur import disc_kernel
from restore.degrade.noise import uniform

RADII = (2.0, 6.0)
"""The usual radii of the disc of confusion, in pixels."""

COARSE, FINE = 3, 9
"""Cells of the two layers of smooth noise that depth is made of, along the longer edge."""

_LEAST = 1e-3
"""What less of a layer than this is seen through the lens has no colour worth dividing by."""


def focus_split(
    clean: Tensor, generator: Generator, occlusion: float = 0.5, radii: tuple[float, float] = RADII
) -> tuple[Tensor, Tensor]:
    """Split all-in-focus photographs into pairs: what is sharp in one frame is out of focus in the other.

    A seeded mask (`depth_mask`) divides each picture into a near and a far part. The lens out of focus spreads every
    point over a disc, in linear light. Pairs are made in one of two ways:

    - *plain*: both frames are the photograph with the disc's blur pasted in, as benchmarks of the field are made;
      every pixel of the photograph is in one of the frames as it was, but for one pixel along the edge.
    - *occluding*: as a lens has it. Focused on the near part, the blur of the far part holds nothing of the near one
      in front of it. Focused on the far part, the near one's blurred outline spills over it, and the far part is seen
      through that outline, also where it was hidden (there it is continued from its surroundings). In the spill, the
      truth is in neither frame.

    After Zhang et al., Real-MFF, Pattern Recognition Letters 2020, and Ma et al., An alpha-matte boundary defocus model
    based cascaded network for multi-focus image fusion, IEEE TIP 2020.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1]. Beyond its borders it is taken as mirrored.
        generator: On the device of `clean`.
        occlusion: Share of the pairs that are occluding, 0 to 1; which ones is drawn.
        radii: Between which radii of the disc of confusion are drawn, in pixels, for each frame of each pair.

    Returns:
        The frames ``(N, 2, 3, H, W)``, rounded to 8 bits, in [0, 1]; and ``(N, 1, H, W)``, how much of each pixel is in
        focus in the first of them, 0 or 1 but for the edge. Whether near or far comes first is drawn, too.
    """
    n = len(clean)
    near = depth_mask(clean, generator)
    drawn = [uniform(n, *radii, generator) for _ in range(2)]
    linear = rgb_to_linear_rgb(clean.clamp(0, 1))
    occluding = (uniform(n, 0, 1, generator) < occlusion).reshape(n)
    frames = torch.empty(n, 2, *clean.shape[1:], dtype=clean.dtype, device=clean.device)
    for chosen, pair in ((~occluding, _plain), (occluding, _occluding)):
        if chosen.any():
            frames[chosen] = torch.stack(pair(linear[chosen], near[chosen], [r[chosen] for r in drawn]), 1)
    swapped = uniform(n, 0, 1, generator) < 0.5
    frames = torch.where(swapped[:, None], frames.flip(1), frames)
    shown = linear_rgb_to_rgb(frames.clamp(0, 1).flatten(0, 1)).reshape(frames.shape)
    return (shown * 255).round().clamp(0, 255) / 255, torch.where(swapped, 1 - near, near)


def depth_mask(clean: Tensor, generator: Generator) -> Tensor:
    """Divide pictures into two parts as depth does: few, smooth and with sharp outlines, some of them the picture's.

    Smooth noise of two scales, for half of the pictures with their own blurred luma, cut at a level: outlines then
    follow objects here and there, as those of depth do.

    Args:
        clean: ``(N, 3, H, W)`` in [0, 1].
        generator: On the device of `clean`.

    Returns:
        ``(N, 1, H, W)``: 0 or 1 but for an antialiased edge of one pixel; mostly 0.3 to 0.7 in the mean.
    """
    n, _, height, width = clean.shape
    fine = uniform(n, 0.0, 0.5, generator)
    field = _smooth(n, COARSE, height, width, generator) + fine * _smooth(n, FINE, height, width, generator)
    guided = uniform(n, -2, 2, generator).clamp(min=0)
    cells = max(1, round(min(height, width) / 24))
    luma = F.interpolate(clean.mean(1, keepdim=True), (cells, cells), mode="area")
    luma = _standard(F.interpolate(luma, (height, width), mode="bicubic", align_corners=False))
    field = _standard(field + guided * luma) + uniform(n, -0.5, 0.5, generator)
    framed = F.pad(field, (1, 1, 1, 1), mode="replicate")
    slope = torch.hypot(framed[..., 1:-1, 2:] - framed[..., 1:-1, :-2], framed[..., 2:, 1:-1] - framed[..., :-2, 1:-1])
    return (0.5 + field / (slope / 2).clamp(min=1e-6)).clamp(0, 1)


def defocused(linear: Tensor, radius: Tensor) -> Tensor:
    """What a lens out of focus makes of pictures: every point a disc.

    Args:
        linear: ``(N, C, H, W)``, linear light; taken as mirrored beyond its borders, which are at least as long as the
            largest disc is wide.
        radius: ``(N, 1, 1, 1)``, of the disc, in pixels.
    """
    reach = math.ceil(float(radius.max())) + 1
    kernel = disc_kernel(radius[:, 0], reach)[:, None]
    height, width = linear.shape[2:]
    wide = F.pad(linear, (reach, reach, reach, reach), mode="reflect")
    size = [next_fast_len(edge + 4 * reach) for edge in (height, width)]
    spectrum = torch.fft.rfft2(wide, s=size) * torch.fft.rfft2(kernel, s=size)
    whole: Tensor = torch.fft.irfft2(spectrum, s=size)
    return whole[..., 2 * reach : 2 * reach + height, 2 * reach : 2 * reach + width]


def _plain(linear: Tensor, near: Tensor, radii: list[Tensor]) -> tuple[Tensor, Tensor]:
    """Focused on the near part, and on the far part: blur pasted in along the mask."""
    first, second = (defocused(linear, radius) for radius in radii)
    return torch.lerp(first, linear, near), torch.lerp(linear, second, near)


def _occluding(linear: Tensor, near: Tensor, radii: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The same as a lens has it: the far part lies behind the near one and may be hidden by it."""
    far = torch.cat([linear * (1 - near), 1 - near], 1)
    behind, through = (_coloured(defocused(far, radius), linear) for radius in radii)
    spilt = defocused(torch.cat([linear * near, near], 1), radii[1])
    colour, cover = spilt[:, :3], spilt[:, 3:].clamp(0, 1)
    hidden = torch.lerp(linear, through, near)
    return torch.lerp(behind, linear, near), colour + (1 - cover) * hidden


def _coloured(layer: Tensor, otherwise: Tensor) -> Tensor:
    """The colour of a layer ``(N, 4, H, W)`` of colours times shares, and shares; elsewhere another picture's."""
    share = layer[:, 3:]
    return torch.where(share > _LEAST, layer[:, :3] / share.clamp(min=_LEAST), otherwise)


def _smooth(count: int, cells: int, height: int, width: int, generator: Generator) -> Tensor:
    """Standard normal noise on a grid of so many cells along the longer edge, made smooth: ``(count, 1, H, W)``."""
    grid = [max(2, round(cells * edge / max(height, width))) for edge in (height, width)]
    noise = torch.randn(count, 1, *grid, generator=generator, device=generator.device)
    return F.interpolate(noise, (height, width), mode="bicubic", align_corners=False)


def _standard(field: Tensor) -> Tensor:
    """Each picture's values with mean 0 and spread 1."""
    centred = field - field.mean((1, 2, 3), keepdim=True)
    return centred / centred.std((1, 2, 3), keepdim=True).clamp(min=1e-6)
