"""The discriminator of `gan-inpaint`: whether a patch of a picture was taken or made."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

WIDTHS = (32, 64, 128, 128)
"""Channels after each halving."""


class Discriminator(nn.Module):
    """Patches judged one by one, each layer with a spectral norm of one.

    A fully convolutional patch discriminator with spectral normalisation (J. Yu et al., Free-form image inpainting with
    gated convolution, ICCV 2019; Miyato et al., Spectral normalization for GANs, ICLR 2018). It is shown the mask, so
    that it looks where something could have been made.
    """

    def __init__(self) -> None:
        super().__init__()
        widths = (4, *WIDTHS)
        self.layers = nn.ModuleList(
            spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)) for a, b in zip(widths, WIDTHS, strict=False)
        )
        self.head = spectral_norm(nn.Conv2d(WIDTHS[-1], 1, 3, padding=1))

    def forward(self, picture: Tensor, missing: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Judge.

        Args:
            picture: ``(N, 3, H, W)`` in [0, 1], H and W multiples of 16.
            missing: ``(N, 1, H, W)``, 1 = made by the generator, if it is not a picture that was taken.

        Returns:
            A score per patch ``(N, 1, H/16, W/16)``, higher = taken, and the features of all layers.
        """
        x = torch.cat([picture * 2 - 1, missing], 1)
        features = []
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
            features.append(x)
        return self.head(x), features
