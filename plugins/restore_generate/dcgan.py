"""The deep convolutional GAN (Radford, Metz, Chintala: Unsupervised representation learning, ICLR 2016)."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restore_generate.architecture import Architecture
from restore_generate.layers import COARSEST


def initialise(network: nn.Module) -> None:
    """As in the paper: kernels from N(0, 0.02²), scales of batch norm from N(1, 0.02²)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)


class Generator(nn.Module):
    """Transposed convolutions with batch norm and ReLU from a vector to a picture; tanh at the end.

    Args:
        architecture: Sizes.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = architecture
        self.latent_size = a.latent
        self.layers = nn.Sequential(*_upwards(a.latent, tuple(reversed(a.widths)), a.channels))
        initialise(self)

    def forward(self, noise: Tensor) -> Tensor:
        """Pictures ``(B, C, H, W)`` in [-1, 1] of standard normal noise ``(B, latent)``."""
        result: Tensor = self.layers(noise[..., None, None].contiguous(memory_format=torch.channels_last))
        return result

    def decode(self, noise: Tensor, classes: Tensor | None = None) -> Tensor:
        """Pictures ``(B, C, H, W)`` in [0, 1] of standard normal noise ``(B, latent)``."""
        result: Tensor = 0.5 + 0.5 * self(noise).float()
        return result


def _upwards(latent: int, widths: tuple[int, ...], channels: int) -> Iterator[nn.Module]:
    yield nn.ConvTranspose2d(latent, widths[0], COARSEST, bias=False)
    for before, after in zip(widths, (*widths[1:], None), strict=True):
        yield nn.BatchNorm2d(before)
        yield nn.ReLU(inplace=True)
        yield nn.ConvTranspose2d(before, after or channels, 4, 2, 1, bias=after is None)
    yield nn.Tanh()


class Discriminator(nn.Module):
    """Strided convolutions with batch norm and leaky ReLU from a picture to a logit: real where positive.

    Args:
        architecture: Sizes.
    """

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        a = architecture
        self.layers = nn.Sequential(*strided(a.channels, a.widths), nn.Conv2d(a.widths[-1], 1, COARSEST))
        initialise(self)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits ``(B,)`` of pictures ``(B, C, H, W)`` in [-1, 1]."""
        result: Tensor = self.layers(pictures)
        return result.flatten()


def strided(channels: int, widths: tuple[int, ...]) -> Iterator[nn.Module]:
    """The discriminator's convolutions, down to the coarsest level."""
    for k, (before, after) in enumerate(zip((channels, *widths), widths, strict=False)):
        yield nn.Conv2d(before, after, 4, 2, 1, bias=k == 0)
        if k:  # not on the first layer, as in the paper
            yield nn.BatchNorm2d(after)
        yield nn.LeakyReLU(0.2, inplace=True)


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """-E[log D(x)] - E[log(1 - D(G(z)))], of logits (Goodfellow et al.: Generative adversarial nets, 2014)."""
    return F.softplus(-real.float()).mean() + F.softplus(made.float()).mean()


def generator_loss(made: Tensor) -> Tensor:
    """-E[log D(G(z))], of logits: the non-saturating loss of the same paper."""
    return F.softplus(-made.float()).mean()
