"""Where the generator starts: holes filled by averages of what is known around them, coarser the farther away it is.

This is push-pull interpolation (Gortler et al., The lumigraph, SIGGRAPH 1996): means of the known pixels at halved
resolutions, and from the coarsest back to the finest each pixel without any takes what the coarser level says. By
itself it is as near to the truth as Telea's method, or nearer; the network learns what it lacks, and need not learn to
interpolate first. All pictures here have grey at 0 and white at 0.5.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

SPREADS = 4
"""How often known values go on to their neighbours at 1/16 of the resolution: 64 pixels. Beyond that all is grey."""


def pooled(given: Tensor) -> Tensor:
    """A picture and its mask at a quarter of the resolution.

    Args:
        given: ``(N, 4, H, W)``: red, green, blue, 0 where missing; and 1 where missing, else 0.

    Returns:
        ``(N, 4, H/4, W/4)``: the means of the known pixels, 0 where there is none, and the share of the missing ones.
    """
    quarter = F.avg_pool2d(given, 4)
    return torch.cat([quarter[:, :3] / (1 - quarter[:, 3:]).clamp(min=1 / 16), quarter[:, 3:]], 1)


def coarse_start(quarter: Tensor) -> Tensor:
    """What is missing at a quarter of the resolution, by averages from up to 64 pixels away.

    Args:
        quarter: As of `pooled`, height and width multiples of 4.

    Returns:
        The same, with colours also where all was missing.
    """
    colours, known = quarter[:, :3], 1 - quarter[:, 3:]
    levels = [(colours, known)]
    for _ in range(2):
        colours, known = F.avg_pool2d(colours * known, 2), F.avg_pool2d(known, 2)
        colours = colours / known.clamp(min=2**-10)
        levels.append((colours, known))
    filled = _spread(*levels.pop())
    for colours, known in reversed(levels):
        filled = torch.where(known > 0, colours, _doubled(filled))
    return torch.cat([filled, quarter[:, 3:]], 1)


def fine_start(given: Tensor, filled: Tensor) -> Tensor:
    """What is missing at full resolution, from known pixels right beside and from the coarse half's result.

    Args:
        given: As for `pooled`.
        filled: ``(N, 3, H/4, W/4)``.

    Returns:
        ``(N, 4, H, W)``: as given, with colours where something was missing.
    """
    half = F.avg_pool2d(given, 2)
    known = 1 - half[:, 3:]
    near = torch.where(known > 0, half[:, :3] / known.clamp(min=0.25), _doubled(filled))
    return torch.cat([torch.addcmul(given[:, :3], _doubled(near), given[:, 3:]), given[:, 3:]], 1)


def _doubled(x: Tensor) -> Tensor:
    # Three channels plane by plane: that takes CPUs a third of the time, and gives the same bits.
    return F.interpolate(x.contiguous(), scale_factor=2, mode="bilinear", align_corners=False)


def _spread(colours: Tensor, known: Tensor) -> Tensor:
    """Known values go on to unknown neighbours, `SPREADS` times by one pixel; known ones stay as they are."""
    known = (known > 0).to(colours.dtype)
    for _ in range(SPREADS):
        around = F.avg_pool2d(known, 3, 1, 1)
        colours = torch.where(known > 0, colours, F.avg_pool2d(colours * known, 3, 1, 1) / around.clamp(min=1 / 16))
        known = (around > 0).to(colours.dtype)
    return colours
