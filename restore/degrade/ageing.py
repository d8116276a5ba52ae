"""Colours that have changed: dyes that fade, and light of another colour."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from restore.degrade.optics import to_light, to_values

DARKEST = 1e-3
"""Light that the densest black of a print still reflects: density 3."""

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Of linear sRGB (BT.709)."""


def fading(pictures: Tensor, strength: Tensor, tint: Tensor) -> Tensor:
    """Let the dyes of prints lose density: what was black becomes pale, white stays white.

    The density (the negative logarithm of the light) of each dye shrinks in proportion, as in Frey and Gschwind,
    Mathematical bleaching models for photographic three-color materials, J. Imaging Science and Technology 38, 1994,
    without the dyes' side absorptions. Cyan, which takes up red, is taken as the dye that fades most and magenta as the
    one that holds best: dark blues and greens go, and reddish shadows remain. How much they differ is ours.

    Args:
        pictures: ``(N, 3, H, W)`` in [0, 1], sRGB.
        strength: Share of the cyan's density that is lost, 0 to 1, ``(N, 1, 1, 1)``.
        tint: How much less of it the magenta loses, as a share; the yellow half of that, ``(N, 1, 1, 1)``.
    """
    held = torch.cat([torch.zeros_like(tint), tint, tint / 2], 1)
    left = 1 - strength * (1 - held)
    light = to_light(pictures)
    dense = light.clamp(min=DARKEST)
    return to_values(light + (dense**left - dense))


def colour_cast(pictures: Tensor, strength: Tensor, hue: Tensor) -> Tensor:
    """Light pictures with another colour than they were balanced for, as bright as before for what is grey.

    One gain per channel of linear light: the diagonal model of J. von Kries (1902) that white balance undoes.

    Args:
        pictures: ``(N, 3, H, W)`` in [0, 1], sRGB.
        strength: How far the channels drift apart at most, in stops (powers of two), ``(N, 1, 1, 1)``.
        hue: Of the light, in radians: 0 for red, a third of the circle for green, ``(N, 1, 1, 1)``.
    """
    thirds = torch.tensor([0, 1, 2], device=pictures.device) * (2 * math.pi / 3)
    gains = torch.exp2(strength / math.sqrt(3) * torch.cos(hue - thirds[None, :, None, None]))
    weights = gains.new_tensor(LUMINANCE)[None, :, None, None]
    return to_values(to_light(pictures) * gains / (gains * weights).sum(1, keepdim=True))
