"""The network of `damage-unet`: a plain U-Net that gives every pixel the logit of being damaged.

Built from the vocabulary of `restore.toolkit.stream`, so that it runs row by row over pictures of any size.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import nn

from restore.toolkit.stream import Residual

RARE = -2.0
"""The logits an untrained network begins at: damage is the exception."""
CONTRAST = 4.0
"""How much stronger those filters begin: the steps within a photograph are small beside its brightness."""


@dataclass(frozen=True)
class Architecture:
    """The shape of the network; stored in the header of its weights.

    Attributes:
        widths: Channels at 1/2, 1/4, 1/8 … of the resolution. Each has one residual block on the way down and one on
            the way up, the last one two in a row.
    """

    widths: tuple[int, ...] = (32, 48, 96, 128, 128)

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


def _door(width: int) -> nn.Conv2d:
    """The first convolution: three quarters of its filters begin blind to brightness.

    Random filters see little but how bright it is; damage is what differs from its surroundings. With them the training
    took hundreds of steps longer to begin.
    """
    conv = _conv(12, width)
    with torch.no_grad():
        weight = conv.weight[: 3 * width // 4]
        # The four phases of a colour follow each other, so that a filter's mean is taken over its 6x6 pixels.
        colours = weight.reshape(len(weight), 3, -1)
        weight.copy_(CONTRAST * (colours - colours.mean(2, keepdim=True)).reshape(weight.shape))
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


class Detector(nn.Sequential):
    """Encoder and decoder with additive skips at 1/2 to 1/32 of the resolution (Ronneberger et al., MICCAI 2015).

    The four phases of each 2x2 pixels are channels at both doors, so that every convolution works on a quarter of the
    pixels at most. No normalisation over the picture: what is damage here must not depend on what is there.

    Input ``(N, 3, H, W)`` in [0, 1], H and W multiples of `Architecture.multiple`. Output ``(N, 1, H, W)``: the logit
    of being damaged.
    """

    def __init__(self, architecture: Architecture | None = None) -> None:
        a = architecture or Architecture()
        super().__init__(
            nn.PixelUnshuffle(2),
            _door(a.widths[0]),
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
