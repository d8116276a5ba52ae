"""The colours of a fused picture: those of the weighted frames, but for what clipping has done to them.

A long exposure of something bright and saturated is clipped in one channel and not in the others: orange becomes yellow
there, and mixed with the shorter exposures' orange it becomes olive. Shorter exposures know better. Their hue is taken,
and the light of all.
"""

from __future__ import annotations

import torch
from torch import Tensor

from restore_latent_fusion.losses import luma

DARK = 0.02
"""Luma below which colour is not amplified with it: it is noise there."""
BRIGHTER = 2.0
"""How much stronger or weaker colours become at most, with the light that is added."""
CLIPPED = 0.92
"""From where on a pixel's largest channel counts as clipped, little at first, wholly at white: cameras roll off."""
LEAST = 0.02
"""What is left of the weight of a clipped frame's colour: where all frames are clipped, theirs are the colours."""
KNOWN = (0.35, 0.75)
"""Luma of the frames that are not clipped, as a share of that of all: below the first their colours do not count, above
the second they do. What is much darker than the result has a camera's black and its noise for colours."""
FULLER = 1.25
"""How much stronger than the mixed frames' their colours may be: in between, clipping has made these paler."""


class Hues:
    """How the colours of the weighted frames are to change, at half of the resolution, gathered frame by frame."""

    def __init__(self) -> None:
        self.mixed = torch.zeros(())
        self.sound = torch.zeros(())
        self.weight = torch.zeros(())
        self.clipped = False

    def add(self, frame: Tensor, weight: Tensor) -> None:
        """Take in a frame.

        Args:
            frame: ``(B, 3, H, W)`` in [0, 1].
            weight: ``(B, 1, H, W)``: its share of the result.
        """
        clipped = ((frame.amax(1, keepdim=True) - CLIPPED) / (1 - CLIPPED)).clamp_(0, 1)
        self.clipped = self.clipped or bool(clipped.any())
        trusted = weight * (1 + LEAST - clipped)
        self.mixed = torch.addcmul(self.mixed, weight, frame)
        self.sound = torch.addcmul(self.sound, trusted, frame)
        self.weight = self.weight + trusted

    def change(self) -> Tensor | None:
        """What is to be added to colours, relative to luma: ``(B, 3, H, W)`` of luma 0; None where nothing is clipped.

        The colours are those of the frames weighted by how little they are clipped, weaker if the mixed frames' are:
        what is white in some frames stays pale, and what is dark in one of two keeps its noise to itself. They are not
        stronger than fit between black and white at this luma either.
        """
        if not self.clipped:
            return None
        sound = self.sound / self.weight
        light, own = luma(self.mixed), luma(sound)
        now, better = (self.mixed - light) / (light + DARK), (sound - own) / (own + DARK)
        strength = FULLER * _length(now) / _length(better)
        room = (1 - light) / ((light + DARK) * better.amax(1, keepdim=True)).clamp(min=1e-4)
        better = better * torch.minimum(strength, room).clamp(0, 1)
        nothing, everything = KNOWN
        known = (((own + DARK) / (light + DARK) - nothing) / (everything - nothing)).clamp(0, 1)
        return known * known * (3 - 2 * known) * (better - now)


def _length(colour: Tensor) -> Tensor:
    """How strong colours ``(B, 3, H, W)`` are, ``(B, 1, H, W)``; never 0."""
    return colour.square().sum(1, keepdim=True).add(1e-10).sqrt()


def completed(weighted: Tensor, coarse: Tensor, lacking: Tensor, hues: Tensor | None = None) -> Tensor:
    """The fused picture: the weighted frames, their detail stronger or weaker by up to all of it, and light added.

    Frames that differ lose contrast when they are mixed; what a fused picture should have of it is in the frames
    themselves, and cannot be drawn anew from features at 1/8 of the resolution. Only luma is changed, and colour grows
    and shrinks with it: hues are the frames' own. (A network that may choose colours pays for structure with them,
    since green counts for most of the luma: yellow skies and purple shadows.)

    Args:
        weighted: ``(B, 3, H, W)``.
        coarse: The same without detail: from means over 8x8 pixels.
        lacking: ``(B, 2, H, W)``, of the decoder.
        hues: ``(B, 3, H, W)``: how the weighted frames' colours are to change first, see `Hues.change`; None if not.
    """
    before = luma(weighted)
    after = before + lacking[:, 1:].tanh() * (before - luma(coarse)) + lacking[:, :1]
    ratio = ((after + DARK) / (before + DARK)).clamp(1 / BRIGHTER, BRIGHTER)
    colour = weighted - before
    if hues is not None:
        colour = colour.addcmul_(before + DARK, hues)
    return after + ratio * colour
