"""The networks of `vae-sr`: a conditional variational autoencoder whose latent grid lies at the small picture's pixels.

With y the small picture and x the sharp one, x = enlarge(y) + decoder(y, z): the networks only see what bicubic
interpolation leaves out. Nearly all work is done at the small picture's resolution; the large one appears in the last
step, as ``scale²`` phases per small pixel.

======================  =======================================================================
trunk                   features of y, shared by all scales
prior                   p(z | y), one per scale: mean and logarithm of the variance
decoder                 p(x | y, z), one per scale: the residual, and how far it will be off
posterior               q(z | y, x), one per scale at its door; only training needs it
======================  =======================================================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restore.toolkit.stream import Positional, Residual

SCALES = (2, 3, 4)

HIDDEN = 32
"""Channels between the features and their spread."""


@dataclass(frozen=True)
class Architecture:
    """The shape of the networks; stored in the header of the weights.

    Attributes:
        width: Channels of all features.
        trunk: Residual blocks of the trunk.
        decoder: Residual blocks of each decoder.
        posterior: Residual blocks of the posterior.
        latent: Latent variables per small pixel.
    """

    width: int = 64
    trunk: int = 3
    decoder: int = 1
    posterior: int = 1
    latent: int = 16

    def as_dict(self) -> dict[str, object]:
        """Plain values for the header of a weights file."""
        return asdict(self)


@dataclass(frozen=True)
class Gaussian:
    """Independent normal distributions.

    Attributes:
        mean: ``(N, K, H, W)``.
        log_variance: The same shape.
    """

    mean: Tensor
    log_variance: Tensor

    def sample(self, noise: Tensor, temperature: float = 1.0) -> Tensor:
        """The sample that standard normal `noise` stands for, its distance from the mean times `temperature`."""
        return self.mean + temperature * torch.exp(0.5 * self.log_variance) * noise

    def divergence(self, other: Gaussian) -> Tensor:
        """Kullback-Leibler divergence KL(self || other) of every variable, in nats."""
        gap = (self.mean - other.mean) ** 2 + self.log_variance.exp()
        return 0.5 * (other.log_variance - self.log_variance + gap * torch.exp(-other.log_variance) - 1)


def _conv(inputs: int, outputs: int, gain: float = 1.0) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, 3, padding=1)
    with torch.no_grad():
        conv.weight.mul_(gain)
        assert conv.bias is not None
        conv.bias.zero_()
    return conv


def _block(width: int) -> Residual:
    # Blocks start near the identity, which a high learning rate needs.
    return Residual(_conv(width, width), nn.ReLU(), _conv(width, width, 0.3))


class Spread(nn.Module):
    """The logarithm of each pixel's standard deviation, by phases: ``(N, width, H, W)`` → ``(N, scale², H, W)``."""

    def __init__(self, width: int, scale: int) -> None:
        super().__init__()
        self.hidden = _conv(width, HIDDEN)
        self.last = nn.Conv2d(HIDDEN, scale**2, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map the decoder's features."""
        return self.after(self.hidden(features))

    def after(self, hidden: Tensor) -> Tensor:
        """All that follows the first convolution; it needs nothing from neighbouring pixels."""
        spread: Tensor = self.last(F.relu(hidden))
        return spread


class Upscaler(nn.Module):
    """All parts of one scale that a finished picture needs, and the posterior's door.

    Args:
        a: The architecture.
        scale: Output pixels per input pixel along an edge.
    """

    def __init__(self, a: Architecture, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.mean = nn.Conv2d(a.width, a.latent, 1)
        self.log_variance = nn.Conv2d(a.width, a.latent, 1)
        self.inject = nn.Conv2d(a.latent, a.width, 1, bias=False)
        self.blocks = nn.Sequential(*[_block(a.width) for _ in range(a.decoder)])
        self.residual = _conv(a.width, 3 * scale**2, 0.1)
        self.spread = Spread(a.width, scale)
        self.door = _conv(3 * scale**2, a.width)

    def prior(self, features: Tensor) -> Gaussian:
        """p(z | y) from the trunk's features ``(N, width, H, W)``."""
        return Gaussian(self.mean(features), _bounded(self.log_variance(features)))

    def decode(self, features: Tensor, z: Tensor) -> Tensor:
        """Features of the picture that z stands for, ``(N, width, H, W)``."""
        decoded: Tensor = self.blocks(features + self.inject(z))
        return decoded


class VaeSr(nn.Module):
    """The whole autoencoder, as training sees it."""

    def __init__(self, architecture: Architecture | None = None) -> None:
        super().__init__()
        a = architecture or Architecture()
        self.architecture = a
        self.trunk = nn.Sequential(_conv(3, a.width), Residual(*[_block(a.width) for _ in range(a.trunk)]))
        self.scales = nn.ModuleDict({str(scale): Upscaler(a, scale) for scale in SCALES})
        self.posterior = nn.Sequential(*[_block(a.width) for _ in range(a.posterior)], _conv(a.width, 2 * a.latent))

    def upscaler(self, scale: int) -> Upscaler:
        """The parts of one scale."""
        part = self.scales[str(scale)]
        assert isinstance(part, Upscaler)
        return part

    def inner_and_outer(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The kernels between the pictures' doors, and all other parameters: doors, heads, biases."""
        parts = [self.upscaler(scale) for scale in SCALES]
        doors = [self.trunk[0], *(door for up in parts for door in (up.door, up.residual, up.spread))]
        outer = {id(p) for door in doors for p in door.parameters()}
        inner = [p for p in self.parameters() if p.dim() == 4 and id(p) not in outer]
        taken = {id(p) for p in inner}
        return inner, [p for p in self.parameters() if id(p) not in taken]

    def encode(self, features: Tensor, residual: Tensor, scale: int) -> Gaussian:
        """q(z | y, x).

        Args:
            features: The trunk's, ``(N, width, H, W)``.
            residual: What interpolation leaves out, ``(N, 3, H·scale, W·scale)``.
            scale: Of the pair.
        """
        door = self.upscaler(scale).door(F.pixel_unshuffle(residual, scale))
        mean, log_variance = self.posterior(features + door).chunk(2, 1)
        return Gaussian(mean, _bounded(log_variance))


def _bounded(log_variance: Tensor) -> Tensor:
    """Keep variances between e⁻⁸ and e⁴, smoothly: one wild value would end a training."""
    return 6 * torch.tanh((log_variance + 2) / 6) - 2


NoiseSource = Callable[[int, int, int], Tensor]
"""``noise(top, rows, columns)`` → ``(1, latent, rows, columns)``, standard normal, for these rows of a picture."""


class Sampled(Positional):
    """Adds a draw from the prior to the features, as `Upscaler.decode` does; the noise belongs to the place.

    Args:
        part: Of the scale.
        noise: Gives the same numbers for the same place, however the picture is cut into strips.
        temperature: Distance from the prior's mean, as a multiple.
    """

    def __init__(self, part: Upscaler, noise: NoiseSource, temperature: float) -> None:
        super().__init__()
        self.part = part
        self.noise = noise
        self.temperature = temperature

    def forward(self, x: Tensor, top: int = 0) -> Tensor:
        """Features ``(1, width, H, W)`` of the rows from `top` on → the same shape."""
        noise = self.noise(top, x.shape[2], x.shape[3]).to(x.device, x.dtype)
        added: Tensor = x + self.part.inject(self.part.prior(x).sample(noise, self.temperature))
        return added


def sampled_network(model: VaeSr, scale: int, noise: NoiseSource, temperature: float) -> nn.Sequential:
    """As `faithful_network`, with z drawn from the prior."""
    part = model.upscaler(scale)
    return nn.Sequential(*model.trunk, Sampled(part, noise, temperature), *part.blocks, part.residual)


class SpreadBeside(Positional):
    """Lets a residual's phases pass and finishes the spread beside them: the second half of two heads in one.

    Args:
        part: Of the scale.
    """

    def __init__(self, part: Upscaler) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: Tensor, top: int = 0) -> Tensor:
        """``(N, 3·scale² + HIDDEN, H, W)`` → ``(N, 4·scale², H, W)``."""
        residual = x[:, :-HIDDEN]
        return torch.cat([residual, self.part.spread.after(x[:, -HIDDEN:])], 1)


def faithful_network(model: VaeSr, scale: int, with_spread: bool) -> nn.Sequential:
    """Everything from a small picture to the phases of its faithful enlargement, z being the prior's mean.

    Built from the vocabulary of `restore.toolkit.stream`; shares the model's parameters.

    Args:
        model: The trained autoencoder.
        scale: One of `SCALES`.
        with_spread: Whether `scale`² channels with the logarithm of the standard deviation follow.

    Returns:
        ``(N, 3, H, W)`` → ``(N, 3·scale², H, W)`` or ``(N, 4·scale², H, W)``.
    """
    part = model.upscaler(scale)
    heads: list[nn.Module] = [part.residual]
    if with_spread:
        heads = [_joined(part.residual, part.spread.hidden), SpreadBeside(part)]
    return nn.Sequential(*model.trunk, Residual(part.mean, part.inject), *part.blocks, *heads)


def _joined(first: nn.Conv2d, second: nn.Conv2d) -> nn.Conv2d:
    """Two convolutions of the same features as one, which reads them once."""
    assert first.bias is not None and second.bias is not None
    joined = nn.Conv2d(first.in_channels, first.out_channels + second.out_channels, 3, padding=1)
    joined.weight.data = torch.cat([first.weight, second.weight]).detach()
    joined.bias = nn.Parameter(torch.cat([first.bias, second.bias]).detach())
    return joined
