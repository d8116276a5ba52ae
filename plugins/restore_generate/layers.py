"""The parts that all models share: residual blocks, an encoder and a decoder between pictures and vectors."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

COARSEST = 4
"""Edge of the coarsest level in pixels."""


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity (He et al.: Identity mappings in deep residual networks, 2016).

    The second begins at zero, so that a deep stack begins as a shallow one.

    Args:
        width: Channels in and out.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        """``(B, width, H, W)`` to the same shape."""
        result: Tensor = x + self.second(F.relu(self.first(F.relu(x))))
        return result


class Encoder(nn.Module):
    """From pictures to feature vectors: strided convolutions with residual blocks between.

    Args:
        channels: Of the pictures.
        widths: Channels of each level, the finest first; each halves the edge.
        blocks: Residual blocks at each level but the finest, which is the most expensive.
        out: Length of the vectors.
        classes: How many classes the encoder is told; 0 for none.
    """

    def __init__(self, channels: int, widths: Sequence[int], blocks: int, out: int, classes: int = 0) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, widths[0], 4, 2, 1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 4, 2, 1) for a, b in itertools.pairwise(widths))
        self.levels = nn.ModuleList(nn.Sequential(*(Residual(w) for _ in range(blocks))) for w in widths[1:])
        self.told = nn.Linear(classes, widths[-1], bias=False) if classes else None
        self.head = nn.Linear(widths[-1] * COARSEST**2, out)

    def forward(self, pictures: Tensor, classes: Tensor | None = None) -> Tensor:
        """Encode.

        Args:
            pictures: ``(B, C, H, W)`` in [0, 1].
            classes: ``(B, classes)`` one-hot, where the encoder is told.

        Returns:
            ``(B, out)``.
        """
        x = self.stem(2 * pictures - 1)
        for down, level in zip(self.down, self.levels, strict=True):
            x = level(down(F.relu(x)))
        if self.told is not None and classes is not None:
            x = x + self.told(classes)[..., None, None]
        result: Tensor = self.head(F.relu(x).contiguous().flatten(1))
        return result


class Decoder(nn.Module):
    """From vectors to pictures: transposed convolutions with residual blocks between.

    Args:
        latent: Length of the vectors.
        channels: Of the pictures.
        widths: Channels of each level, the finest first.
        blocks: Residual blocks at each level.
        classes: How many classes the decoder is told, at every level; 0 for none.
    """

    def __init__(self, latent: int, channels: int, widths: Sequence[int], blocks: int, classes: int = 0) -> None:
        super().__init__()
        coarse_first = tuple(reversed(widths))
        self.coarsest = coarse_first[0]
        self.stem = nn.Linear(latent, self.coarsest * COARSEST**2)
        self.levels = nn.ModuleList(nn.Sequential(*(Residual(w) for _ in range(blocks))) for w in coarse_first)
        pairs = itertools.pairwise(coarse_first)
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 4, 2, 1) for a, b in pairs)
        self.told = nn.ModuleList(nn.Linear(classes, w, bias=False) for w in coarse_first if classes)
        self.head = nn.Conv2d(widths[0], 4 * channels, 3, padding=1)

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Decode.

        Args:
            latents: ``(B, latent)``.
            classes: ``(B, classes)`` one-hot, where the decoder is told.

        Returns:
            ``(B, C, H, W)`` float32 in [0, 1], bounded by tanh, lest a guide be pleased by colours no picture can have.
        """
        x = self.stem(latents).view(-1, self.coarsest, COARSEST, COARSEST)
        x = x.contiguous(memory_format=torch.channels_last)
        for k, level in enumerate(self.levels):
            if k:
                x = self.up[k - 1](F.relu(x))
            if classes is not None and len(self.told):
                x = x + self.told[k](classes)[..., None, None]
            x = level(x)
        result: Tensor = 0.5 + 0.5 * torch.tanh(F.pixel_shuffle(self.head(F.relu(x)), 2).float())
        return result
