"""Clean crops that look damaged to the network, kept to be shown again.

Few photographs decide how much a detector may mark: white clouds, blossoms, twigs before a bright sky. Drawn evenly,
they come by once in thousands of steps (hard negatives: Sung and Poggio, Example-based learning for view-based human
face detection, IEEE TPAMI 1998).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

CAPACITY = 256
"""Crops kept."""


class HardCrops:
    """The crops of the highest scores so far.

    Args:
        again: Share of the clean crops of a batch that are taken from here, once there are some.
        random: Where chance comes from.
    """

    def __init__(self, again: float, random: np.random.Generator) -> None:
        self.again = again
        self.random = random
        self.crops: list[Tensor] = []
        self.scores: list[float] = []
        self._shown: dict[int, int] = {}

    def put_into(self, crops: Tensor, clean: Tensor) -> None:
        """Replace some of the clean crops of a batch by kept ones, in place.

        Args:
            crops: ``(N, 3, H, W)`` in [0, 1], before they are toned and scanned.
            clean: Boolean ``(N,)``: which of them stay without damage.
        """
        self._shown = {}
        for n in clean.nonzero().flatten().tolist():
            if self.crops and self.random.random() < self.again:
                k = int(self.random.integers(len(self.crops)))
                self._shown[n] = k
                crops[n] = self.crops[k].to(crops.device).float() / 255

    def learn_from(self, crops: Tensor, clean: Tensor, logits: Tensor) -> None:
        """Keep the clean crops of the batch in which the network sees most damage; forget those it has understood.

        Args:
            crops: As `put_into` left them.
            clean: As there.
            logits: What the network said, ``(N, 1, h, w)``.
        """
        marked = logits.detach().float().sigmoid().mean((1, 2, 3)).tolist()
        for n in clean.nonzero().flatten().tolist():
            score = float(marked[n])
            if n in self._shown:
                # Every showing is toned and scanned anew: one look says little.
                self.scores[self._shown[n]] = (self.scores[self._shown[n]] + score) / 2
            elif len(self.crops) < CAPACITY:
                self.crops.append(_packed(crops[n]))
                self.scores.append(score)
            elif score > min(self.scores):
                least = int(np.argmin(self.scores))
                self.crops[least], self.scores[least] = _packed(crops[n]), score


def _packed(crop: Tensor) -> Tensor:
    return (crop * 255).round().to(torch.uint8).cpu()
