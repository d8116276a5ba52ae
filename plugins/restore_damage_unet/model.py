"""The network of `damage-unet`: a plain U-Net that gives every pixel the logit of being damaged.

Built from the vocabulary of `restore.toolkit.stream`, so that it runs row by row over pictures of any size.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restore.toolkit.stream import Residual

RARE = -2.0
"""The logits an untrained network begins at: damage is the exception."""
RADII = (2, 6)
"""Of the squares of `outstanding`, in pixels: up to twice as wide, a speck or a line stands out in full."""
CHANNELS = 3 + 2 * len(RADII)
"""Of what the network is shown, see `shown`."""
REACH = 2 * max(RADII)
"""Pixels around a pixel that `shown` looks at."""
CONTRAST = 4.0
"""How much stronger the network sees what stands out: it is small beside the brightness of a photograph."""


@dataclass(frozen=True)
class Architecture:
    """The shape of the network; stored in the header of its weights.

    Attributes:
        widths: Channels at 1/2, 1/4, 1/8 … of the resolution. Each has one residual block on the way down and one on
            the way up, the last one two in a row.
    """

    widths: tuple[int, ...] = (16, 48, 96, 128, 160)

    @property
    def multiple(self) -> int:
        """Height and width must be multiples of this: the unshuffle halves them, and so does every further level."""
        return int(2 ** len(self.widths))

    def as_dict(self) -> dict[str, object]:
        """Plain values for the header of a weights file."""
        return asdict(self)


def _conv(inputs: int, outputs: int, gain: float = 1.0) -> nn.Conv2d:
    conv = nn.Conv2d(inputs, outputs, 3, padding=1)
    nn.init.kaiming_normal_(conv.weight, nonlinearity="relu")
    with torch.no_grad():
        conv.weight.mul_(gain)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv


def _block(width: int) -> Residual:
    # Blocks start near the identity, which a high learning rate needs.
    return Residual(_conv(width, width), nn.ReLU(), _conv(width, width, 0.2))


def _level(widths: tuple[int, ...], depth: int) -> list[nn.Module]:
    width = widths[depth]
    if depth == len(widths) - 1:
        return [_block(width), _block(width)]
    below = widths[depth + 1]
    down, up = nn.Conv2d(width, below, 2, stride=2), nn.ConvTranspose2d(below, width, 2, stride=2)
    return [_block(width), Residual(down, *_level(widths, depth + 1), up), _block(width)]


def shown(picture: Tensor) -> Tensor:
    """What the network is shown: the picture, and what stands out from it.

    ``(N, 3, H, W)`` in [0, 1] to ``(N, CHANNELS, H, W)``. Thin or small things that are brighter or darker than all
    around them are what morphology calls top-hats; most damage is among them. Without them the network took thousands
    of steps to find any.
    """
    mean = picture.mean(1, keepdim=True)
    return torch.cat([picture - 0.5, *[CONTRAST * part for r in RADII for part in outstanding(mean, r)]], 1)


def outstanding(x: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    """The white and the black top-hat (Serra, Image analysis and mathematical morphology, 1982).

    Args:
        x: ``(N, 1, H, W)``.
        radius: Of the square, in pixels.

    Returns:
        What is lost by opening and what is gained by closing, both at least 0, of the shape of `x`.
    """
    if x.device.type == "cpu":  # OpenCV's running maxima are twenty times faster than pooling
        return _outstanding_here(x, radius)

    def largest(y: Tensor) -> Tensor:  # a square is a row of columns
        edge = 2 * radius + 1
        return F.max_pool2d(F.max_pool2d(y, (edge, 1), 1, (radius, 0)), (1, edge), 1, (0, radius))

    return x - largest(-largest(-x)), -largest(-largest(x)) - x


def _outstanding_here(x: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    square = np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    hats = np.empty((2, *x.shape), np.float32)
    for k, picture in enumerate(x[:, 0].numpy()):
        cv2.morphologyEx(picture, cv2.MORPH_TOPHAT, square, hats[0, k, 0])
        cv2.morphologyEx(picture, cv2.MORPH_BLACKHAT, square, hats[1, k, 0])
    return torch.from_numpy(hats[0]), torch.from_numpy(hats[1])


class Detector(nn.Sequential):
    """Encoder and decoder with additive skips at 1/2 to 1/32 of the resolution (Ronneberger et al., MICCAI 2015).

    The four phases of each 2x2 pixels are channels at both doors, so that every convolution works on a quarter of the
    pixels at most. No normalisation over the picture: what is damage here must not depend on what is there.

    Input ``(N, CHANNELS, H, W)`` as of `shown`, H and W multiples of `Architecture.multiple`. Output ``(N, 1, H, W)``:
    the logit of being damaged.
    """

    def __init__(self, architecture: Architecture | None = None) -> None:
        a = architecture or Architecture()
        super().__init__(
            nn.PixelUnshuffle(2),
            _conv(4 * CHANNELS, a.widths[0]),
            *_level(a.widths, 0),
            _conv(a.widths[0], 4, 0.2),
            nn.PixelShuffle(2),
        )
        self.architecture = a
        assert self.head.bias is not None
        nn.init.constant_(self.head.bias, RARE)

    @property
    def head(self) -> nn.Conv2d:
        """The convolution that gives the logits, four at a time."""
        head = self[-2]
        assert isinstance(head, nn.Conv2d)
        return head

    def inner_and_outer(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The kernels between the first and the last convolution, and all other parameters."""
        doors = {id(self[1].weight), id(self.head.weight)}
        inner = [p for p in self.parameters() if p.dim() == 4 and id(p) not in doors]
        taken = {id(p) for p in inner}
        return inner, [p for p in self.parameters() if id(p) not in taken]
