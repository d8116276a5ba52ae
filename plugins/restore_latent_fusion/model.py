"""The network of `latent-fusion`: one autoencoder for all frames, whose latents are combined by attention over frames.

======================  =======================================================================
encoder                 features of one frame and q(z | frame), mean and logarithm of the variance, at 1/8 of the size
attention               how much each frame is to be trusted where: a softmax over the frames, at 1/2 of the resolution
decoder                 a picture from latents; with the weighted frames beside them, only what these lack
======================  =======================================================================

Every frame meets the same kernels, and frames meet each other in sums and maxima alone: any number of them, in any
order. Everything is convolutional and local, so that a picture can be worked on in tiles. Nothing but sums of frames
is computed at full resolution: exposure fusion as people know it takes a tenth of a second per megapixel.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restore.image import SeriesKind
from restore.toolkit.stream import Residual
from restore_latent_fusion.colours import Hues, completed

PATCH = 8
"""Pixels per latent, along an edge."""
MULTIPLE = 2 * PATCH
"""Height and width must be multiples of this: the deep level lies at half the latents' resolution."""
COARSE = 2
"""Pixels per weight, along an edge; between weights the full resolution is interpolated."""
DIFFERENT = 0.04
"""How much the features of frames must differ, as a share of their strength, for the decoder to have nearly its full
say. Exposures of one scene are at 0.05 and more almost everywhere, equal frames at 0."""
KINDS = (SeriesKind.EXPOSURE, SeriesKind.FOCUS, SeriesKind.INFRARED)
"""Why frames are combined, in the order of the network's embedding."""
BRACKET = KINDS.index(SeriesKind.EXPOSURE)
"""Of the kinds the one whose frames are clipped differently."""


@dataclass(frozen=True)
class Architecture:
    """The shape of the network; stored in the header of its weights.

    Attributes:
        width: Channels at the latents' resolution.
        deep: Channels at half of it.
        latent: Latent variables per position.
        blocks: Residual blocks of encoder, attention and decoder at the latents' resolution.
        below: Residual blocks of the deep levels of encoder and decoder.
    """

    width: int = 64
    deep: int = 96
    latent: int = 48
    blocks: int = 1
    below: int = 2

    def as_dict(self) -> dict[str, object]:
        """Plain values for the header of a weights file."""
        return asdict(self)


@dataclass(frozen=True)
class Encoded:
    """What the encoder says about frames.

    Attributes:
        features: ``(B·N, width, H/8, W/8)``.
        mean: ``(B·N, latent, H/8, W/8)``, of q(z | frame).
        log_variance: The same shape.
    """

    features: Tensor
    mean: Tensor
    log_variance: Tensor

    def divergence(self) -> Tensor:
        """KL(q || N(0, 1)) of every variable, in nats (Kingma and Welling, ICLR 2014, appendix B)."""
        return 0.5 * (self.mean**2 + self.log_variance.exp() - self.log_variance - 1)

    def sample(self, noise: Tensor) -> Tensor:
        """The latents that standard normal `noise` of the mean's shape stands for."""
        return self.mean + torch.exp(0.5 * self.log_variance) * noise


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


def _trunk(a: Architecture) -> list[nn.Module]:
    """Residual blocks at two resolutions: ``(N, width, H, W)`` to the same shape, H and W even."""
    down, up = nn.Conv2d(a.width, a.deep, 2, stride=2), nn.ConvTranspose2d(a.deep, a.width, 2, stride=2)
    below = [_block(a.deep) for _ in range(a.below)]
    return [Residual(down, *below, up), *[_block(a.width) for _ in range(a.blocks)]]


class Attention(nn.Module):
    """Who is to be trusted where: logits of the softmax over the frames."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.own = nn.Conv2d(a.width, a.width, 1)
        self.mean = nn.Conv2d(a.width, a.width, 1, bias=False)
        self.most = nn.Conv2d(a.width, a.width, 1, bias=False)
        self.kind = nn.Embedding(len(KINDS), a.width)
        head = _conv(a.width, (PATCH // COARSE) ** 2, 0.3)
        blocks = [_block(a.width) for _ in range(a.blocks)]
        self.logits = nn.Sequential(nn.ReLU(), *blocks, head, nn.PixelShuffle(PATCH // COARSE))
        nn.init.normal_(self.kind.weight, std=0.1)

    def forward(self, features: Tensor, frames: int, kind: Tensor) -> Tensor:
        """Weigh the frames.

        Args:
            features: ``(B·N, width, H, W)``, the frames of one series after each other.
            frames: N.
            kind: ``(B,)``, places in `KINDS`.

        Returns:
            ``(B, N, 4·H, 4·W)``, summing to 1 over N.
        """
        series = _by_series(features, frames)
        shared = self.shared(series.mean(1), series.amax(1), kind)
        joined = _by_series(self.own(features), frames) + shared[:, None]
        logits: Tensor = self.logits(joined.flatten(0, 1))
        return _by_series(logits.float(), frames).squeeze(2).softmax(1)

    def shared(self, mean: Tensor, most: Tensor, kind: Tensor) -> Tensor:
        """What every frame is compared with: ``(B, width, H, W)`` of the features' mean and maximum over the frames."""
        together: Tensor = self.mean(mean) + self.most(most) + self.kind(kind)[:, :, None, None]
        return together


class Decoder(nn.Module):
    """A picture from latents; with the weighted frames beside them, only what these lack."""

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.inject = nn.Conv2d(a.latent, a.width, 1)
        self.skip = nn.Conv2d(a.width, a.width, 1, bias=False)
        self.kind = nn.Embedding(len(KINDS) + 1, a.width)
        self.trunk = nn.Sequential(*_trunk(a))
        self.lacking = _conv(a.width, 2 * (PATCH // COARSE) ** 2, 0.1)
        self.picture = _conv(a.width, 3 * PATCH**2, 0.3)
        nn.init.normal_(self.kind.weight, std=0.1)

    def forward(self, z: Tensor, features: Tensor, kind: Tensor) -> Tensor:
        """What the weighted frames lack.

        Args:
            z: The combined latents ``(B, latent, H, W)``.
            features: The frames' features, combined likewise, ``(B, width, H, W)``.
            kind: ``(B,)``, places in `KINDS`.

        Returns:
            ``(B, 2, 4·H, 4·W)`` at half resolution: light to be added, and how much stronger detail is to be.
        """
        decoded = self.lacking(self.trunk(self.joined(z, features, kind)))
        return F.pixel_shuffle(decoded, PATCH // COARSE).float()

    def joined(self, z: Tensor, features: Tensor, kind: Tensor) -> Tensor:
        """What the trunk is given, ``(B, width, H, W)``."""
        together: Tensor = self.inject(z) + self.skip(features) + self.kind(kind)[:, :, None, None]
        return together

    def alone(self, z: Tensor) -> Tensor:
        """The picture that latents ``(B, latent, H, W)`` stand for, ``(B, 3, 8·H, 8·W)``, 0 = black, not clipped."""
        alone = torch.full((len(z),), len(KINDS), device=z.device)
        decoded = self.trunk(self.inject(z) + self.kind(alone)[:, :, None, None])
        return F.pixel_shuffle(self.picture(decoded), PATCH).float() + 0.5


class LatentFusion(nn.Module):
    """The whole autoencoder."""

    def __init__(self, architecture: Architecture | None = None) -> None:
        super().__init__()
        a = architecture or Architecture()
        self.architecture = a
        door = nn.Conv2d(3 * PATCH**2, a.width, 1)  # sees as much as a block of JPEG, and is as cheap
        self.encoder = nn.Sequential(nn.PixelUnshuffle(PATCH), door, *_trunk(a))
        self.mean = nn.Conv2d(a.width, a.latent, 1)
        self.log_variance = nn.Conv2d(a.width, a.latent, 1)
        self.attention = Attention(a)
        self.decoder = Decoder(a)

    def encode(self, frames: Tensor) -> Encoded:
        """Encode frames ``(B, 3, H, W)`` in [0, 1], H and W multiples of `MULTIPLE`."""
        features = self.encoder(frames - 0.5)
        return Encoded(features, self.mean(features), _bounded(self.log_variance(features).float()))

    def weigh(self, encoded: Encoded, frames: int, kind: Tensor) -> Tensor:
        """The attention over `frames` frames each, ``(B, N, H/2, W/2)``, see `Attention`."""
        weights: Tensor = self.attention(encoded.features, frames, kind)
        return weights

    def combine(self, encoded: Encoded, series: Tensor, weights: Tensor, kind: Tensor) -> Tensor:
        """Combine latents and frames by the weights, and decode.

        Args:
            encoded: Of ``series.flatten(0, 1)``.
            series: ``(B, N, 3, H, W)``.
            weights: ``(B, N, H/2, W/2)``.
            kind: ``(B,)``.

        Returns:
            ``(B, 3, H, W)``.
        """
        count = series.shape[1]
        shares = F.avg_pool2d(weights, PATCH // COARSE)[:, :, None]

        def combined(x: Tensor) -> Tensor:
            return (_by_series(x, count) * shares.to(x.dtype)).sum(1)

        lacking = self.decoder(combined(encoded.mean), combined(encoded.features), kind)
        # Not to be learnt: features that differ more would be no merit.
        features = _by_series(encoded.features.detach().float(), count)
        lacking = lacking * finer(differing(features.mean(1), features.amax(1)), PATCH // COARSE)
        coarse = F.avg_pool2d(series.flatten(0, 1), PATCH)
        weighted = (series * finer(weights)[:, :, None]).sum(1)
        hues = _hues(series, weights, kind)
        return completed(weighted, finer(combined(coarse), PATCH), finer(lacking), hues)

    def forward(self, series: Tensor, kind: Tensor) -> tuple[Tensor, Tensor]:
        """Fuse series ``(B, N, 3, H, W)`` of one kind each.

        Returns:
            The pictures ``(B, 3, H, W)``, and the weights ``(B, N, H/2, W/2)``.
        """
        encoded = self.encode(series.flatten(0, 1))
        weights = self.weigh(encoded, series.shape[1], kind)
        return self.combine(encoded, series, weights, kind), weights

    def inner_and_outer(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The kernels between the pictures' doors, and all other parameters: doors, heads, embeddings, biases."""
        doors = (self.encoder[1], self.attention.logits[-2], self.decoder.lacking, self.decoder.picture)
        outer = {id(p) for door in doors for p in door.parameters()}
        inner = [p for p in self.parameters() if p.dim() == 4 and id(p) not in outer]
        taken = {id(p) for p in inner}
        return inner, [p for p in self.parameters() if id(p) not in taken]


def _by_series(x: Tensor, frames: int) -> Tensor:
    """``(B·N, C, H, W)`` as ``(B, N, C, H, W)``."""
    return x.reshape(-1, frames, *x.shape[1:])


def _hues(series: Tensor, weights: Tensor, kind: Tensor) -> Tensor | None:
    """How the colours of brackets are to change, ``(B, 3, H, W)``; those of other series stay."""
    hues = Hues()
    for n in range(series.shape[1]):
        hues.add(F.avg_pool2d(series[:, n], COARSE), weights[:, n : n + 1])
    change = hues.change()
    return None if change is None else finer(change) * (kind == BRACKET).reshape(-1, 1, 1, 1)


def finer(x: Tensor, factor: int = COARSE) -> Tensor:
    """``(B, C, H, W)`` to ``(B, C, factor·H, factor·W)``, interpolated linearly."""
    return F.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def differing(mean: Tensor, most: Tensor) -> Tensor:
    """How much frames differ from each other, 0 for equal ones to 1, and with it how much may be lacking.

    Args:
        mean: ``(B, width, H, W)``: the features' mean over the frames.
        most: Their maximum.

    Returns:
        ``(B, 1, H, W)``.
    """
    apart = (most - mean).mean(1, keepdim=True) / mean.abs().mean(1, keepdim=True).add(1e-6)
    return torch.tanh(apart / DIFFERENT)


def _bounded(log_variance: Tensor) -> Tensor:
    """Keep variances between e⁻¹⁰ and e², smoothly: one wild value would end a training."""
    return 6 * torch.tanh((log_variance + 4) / 6) - 4
