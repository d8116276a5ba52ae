"""The networks of `conv-dae`: a denoising autoencoder conditioned on a noise-level map, and a blind estimator of it.

Both are built from the vocabulary of `restore.toolkit.stream`, so they run row by row over pictures of any size.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from restore.toolkit.stream import Residual

MULTIPLE = 8
"""Height and width must be multiples of this: the unshuffle halves them, two levels halve them again."""


@dataclass(frozen=True)
class Architecture:
    """The shape of the denoiser; stored in the header of its weights.

    Attributes:
        widths: Channels at 1/2, 1/4 and 1/8 of the resolution.
        encoder: Residual blocks on the way down, per level but the last.
        bottleneck: Residual blocks at the coarsest level.
        decoder: Residual blocks on the way up, per level but the last.
    """

    widths: tuple[int, ...] = (64, 128, 192)
    encoder: tuple[int, ...] = (1, 1)
    bottleneck: int = 2
    decoder: tuple[int, ...] = (2, 1)

    def as_dict(self) -> dict[str, object]:
        """Plain values for the header of a weights file."""
        return asdict(self)


def _conv(inputs: int, outputs: int) -> nn.Conv2d:
    # No bias anywhere: a bias-free network generalises to noise levels between and beyond those it was trained on
    # (Mohan et al., Robust and interpretable blind image denoising via bias-free CNNs, ICLR 2020).
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


def _block(width: int) -> Residual:
    second = _conv(width, width)
    with torch.no_grad():
        second.weight.mul_(0.3)  # blocks start near the identity, which a high learning rate needs
    return Residual(_conv(width, width), nn.ReLU(), second)


def _level(a: Architecture, depth: int) -> list[nn.Module]:
    width = a.widths[depth]
    if depth == len(a.widths) - 1:
        return [_block(width) for _ in range(a.bottleneck)]
    down = nn.Conv2d(width, a.widths[depth + 1], 2, stride=2, bias=False)
    up = nn.ConvTranspose2d(a.widths[depth + 1], width, 2, stride=2, bias=False)
    return [
        *[_block(width) for _ in range(a.encoder[depth])],
        Residual(down, *_level(a, depth + 1), up),
        *[_block(width) for _ in range(a.decoder[depth])],
    ]


class Denoiser(nn.Sequential):
    """Encoder, bottleneck and decoder with additive skips at 1/2, 1/4 and 1/8 of the resolution.

    The four phases of each 2x2 pixels become channels at the door (after FFDNet: Zhang, Zuo, Zhang, IEEE TIP 2018), so
    that every convolution works on a quarter of the pixels. Input ``(N, 4, H, W)``: red, green, blue in [0, 1] and the
    standard deviation of the noise in the same units, H and W multiples of 8. Output ``(N, 3, H, W)``: the noise.
    """

    def __init__(self, architecture: Architecture | None = None) -> None:
        a = architecture or Architecture()
        super().__init__(
            nn.PixelUnshuffle(2),
            _conv(16, a.widths[0]),
            *_level(a, 0),
            _conv(a.widths[0], 12),
            nn.PixelShuffle(2),
        )
        self.architecture = a


class NoiseEstimator(nn.Sequential):
    """A blind estimate of the local noise level.

    Input ``(N, 3, H, W)`` in [0, 1], H and W multiples of 8. Output ``(N, 1, H/8, W/8)``: the standard deviation of
    the noise in [0, 1] units; slightly negative values mean none.
    """

    def __init__(self) -> None:
        super().__init__(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 48, 2, stride=2),
            nn.ReLU(),
            _block(48),
            nn.Conv2d(48, 64, 2, stride=2),
            nn.ReLU(),
            _block(64),
            _block(64),
            nn.Conv2d(64, 1, 3, padding=1),
        )


def denoise(denoiser: Denoiser, noisy: Tensor, sigma: Tensor) -> Tensor:
    """Subtract the noise that the network sees.

    Args:
        denoiser: The network.
        noisy: ``(N, 3, H, W)`` in [0, 1] units; may go beyond, noise does.
        sigma: Noise level in the same units, broadcastable to ``(N, 1, H, W)``.

    Returns:
        ``(N, 3, H, W)``, not clipped.
    """
    level = sigma.expand(noisy.shape[0], 1, *noisy.shape[2:])
    noise: Tensor = denoiser(torch.cat([noisy, level], 1))
    return noisy - noise
