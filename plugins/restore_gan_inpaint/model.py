"""The generator of `gan-inpaint`: gated convolutions, coarse to fine.

The coarse half looks far and sees little: a quarter of the resolution in, most of its work at a sixteenth, where
dilated convolutions reach more than 256 pixels in every direction. The fine half looks near and sees everything. They
are apart so that, when a picture is mended, the fine half, which costs most, runs only where something is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restore_gan_inpaint.interpolation import coarse_start, fine_start, pooled

MULTIPLE = 16
"""Height and width must be multiples of this."""

COARSE_HALO = 288
"""Pixels around a pixel of the coarse half's result that can influence it, a multiple of `MULTIPLE`."""

FINE_HALO = 48
"""Pixels around a pixel of the fine half's result, of picture, mask and coarse result, that can influence it."""


@dataclass(frozen=True)
class Architecture:
    """The shape of the generator; stored in the header of its weights.

    Attributes:
        half: Channels of the fine half at 1/2 of the resolution.
        quarter: At 1/4.
        eighth: Channels of the coarse half at 1/8.
        sixteenth: At 1/16.
        dilations: Of the first convolution of each block at 1/16.
        near: Of the first convolution of each block of the fine half at 1/4.
        after: Blocks of the fine half at 1/2.
    """

    half: int = 32
    quarter: int = 64
    eighth: int = 64
    sixteenth: int = 128
    dilations: tuple[int, ...] = (4, 8)
    near: tuple[int, ...] = (1, 2, 1)
    after: int = 2

    def __post_init__(self) -> None:
        """Refuse what sees farther than the halos, with which windows are cut.

        Raises:
            ValueError: It does.
        """
        coarse = 56 + 16 * sum(dilation + 1 for dilation in self.dilations)
        fine = 12 + 4 * sum(dilation + 1 for dilation in self.near) + 4 * self.after
        if coarse > COARSE_HALO or fine > FINE_HALO:
            raise ValueError(f"it sees {coarse} and {fine} pixels far, not up to {COARSE_HALO} and {FINE_HALO}")

    def as_dict(self) -> dict[str, object]:
        """Plain values for the header of a weights file."""
        return asdict(self)

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Architecture:
        """The same again from the header.

        Raises:
            TypeError: A value is not one of an architecture.
            ValueError: It sees too far.
        """
        lists = {name: tuple(values[name]) for name in ("dilations", "near") if name in values}
        return cls(**{**values, **lists})


class Gated(nn.Module):
    """A gated convolution (J. Yu et al., Free-form image inpainting with gated convolution, ICCV 2019).

    What passes is decided per pixel and channel: features times the sigmoid of a second convolution. That second one
    is 1x1, as in the lightweight gated convolutions of Z. Yi et al. (Contextual residual aggregation, CVPR 2020): a
    full one would double the cost, and whether a pixel is missing can be seen from the pixel itself.

    Args:
        inputs: Channels.
        outputs: Channels.
        size: Of the kernel: 3, or 2 for a step of 2 that halves the resolution.
        dilation: Of the kernel.
    """

    def __init__(self, inputs: int, outputs: int, size: int = 3, dilation: int = 1) -> None:
        super().__init__()
        stride = 2 if size == 2 else 1
        padding = 0 if size == 2 else dilation
        self.feature = nn.Conv2d(inputs, outputs, size, stride, padding, dilation)
        self.gate = nn.Conv2d(inputs, outputs, stride, stride)

    def forward(self, x: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` to ``(N, outputs, H, W)``, or half the size."""
        return F.relu(self.feature(x)) * torch.sigmoid(self.gate(x))


class Block(nn.Module):
    """A residual block: a gated convolution, dilated or not, and a plain one."""

    def __init__(self, width: int, dilation: int = 1) -> None:
        super().__init__()
        self.gated = Gated(width, width, dilation=dilation)
        self.plain = nn.Conv2d(width, width, 3, padding=1)
        with torch.no_grad():
            self.plain.weight.mul_(0.3)  # blocks start near the identity, which a high learning rate needs

    def forward(self, x: Tensor) -> Tensor:
        """Same shape in and out."""
        result: Tensor = x + self.plain(self.gated(x))
        return result


class Coarse(nn.Module):
    """The coarse half: what is missing at a quarter of the resolution, from far around.

    Args:
        a: The architecture.
    """

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.stem = Gated(16, a.eighth)
        self.before = Block(a.eighth)
        self.down = Gated(a.eighth, a.sixteenth, size=2)
        self.far = nn.Sequential(*[Block(a.sixteenth, dilation) for dilation in a.dilations])
        self.up = nn.Conv2d(a.sixteenth, 4 * a.eighth, 1)
        self.after = Block(a.eighth)
        self.head = nn.Conv2d(a.eighth, 12, 3, padding=1)

    def forward(self, picture: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
        """See `Generator.coarse`."""
        start = coarse_start(pooled(_given(picture, missing)))
        x = self.stem(F.pixel_unshuffle(start, 2))
        x = self.before(x)
        x = x + F.pixel_shuffle(self.up(self.far(self.down(x))), 2)
        x = self.after(x)
        found = F.pixel_shuffle(self.head(x), 2)
        return start[:, :3] + found * (start[:, 3:] > 0) + 0.5, x


class Fine(nn.Module):
    """The fine half: every pixel, from the coarse half's filling and what is near.

    Args:
        a: The architecture.
    """

    def __init__(self, a: Architecture) -> None:
        super().__init__()
        self.stem = Gated(16, a.half)
        self.down = Gated(a.half, a.quarter, size=2)
        self.join = nn.Conv2d(a.eighth, 4 * a.quarter, 1)
        self.near = nn.Sequential(*[Block(a.quarter, dilation) for dilation in a.near])
        self.up = nn.Conv2d(a.quarter, 4 * a.half, 1)
        self.after = nn.Sequential(*[Block(a.half) for _ in range(a.after)])
        self.head = nn.Conv2d(a.half, 12, 3, padding=1)

    def forward(self, picture: Tensor, missing: Tensor, filled: Tensor, features: Tensor) -> Tensor:
        """See `Generator.fine`."""
        start = fine_start(_given(picture, missing), filled.to(picture.dtype) - 0.5)
        x = self.stem(F.pixel_unshuffle(start, 2))
        deep = self.down(x) + F.pixel_shuffle(self.join(features), 2)
        x = x + F.pixel_shuffle(self.up(self.near(deep)), 2)
        result: Tensor = start[:, :3] + F.pixel_shuffle(self.head(self.after(x)), 2) + 0.5
        return result


def _given(picture: Tensor, missing: Tensor) -> Tensor:
    """A picture with grey at 0, also where it is missing, and its mask as a fourth channel."""
    return torch.cat([(picture - 0.5) * (1 - missing), missing], 1)


class Generator(nn.Module):
    """Both halves.

    Pictures are ``(N, 3, H, W)`` in [0, 1], ``missing`` is ``(N, 1, H, W)`` with 1 = missing and 0 = known, H and W
    multiples of `MULTIPLE`. What missing pixels hold is never looked at.
    """

    def __init__(self, architecture: Architecture | None = None) -> None:
        super().__init__()
        self.architecture = architecture or Architecture()
        self._coarse = Coarse(self.architecture)
        self._fine = Fine(self.architecture)

    def inner_and_outer(self) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
        """The kernels between first and last layers, and all other parameters: for two optimisers."""
        edges = {id(p) for m in (self._coarse, self._fine) for e in (m.stem, m.head) for p in e.parameters()}
        parameters = list(self.parameters())
        inner = [p for p in parameters if p.dim() == 4 and id(p) not in edges]
        chosen = {id(p) for p in inner}
        return inner, [p for p in parameters if id(p) not in chosen]

    def coarse(self, picture: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
        """Look far.

        Returns:
            The picture at a quarter of the resolution ``(N, 3, H/4, W/4)``, right where something is missing, and
            features ``(N, C, H/8, W/8)`` for the fine half.
        """
        filled, features = self._coarse(picture, missing)
        return filled, features

    def fine(self, picture: Tensor, missing: Tensor, filled: Tensor, features: Tensor) -> Tensor:
        """Fill in what the coarse half leaves open; any part of the picture may be done by itself.

        Args:
            picture: ``(N, 3, H, W)``.
            missing: ``(N, 1, H, W)``.
            filled: The coarse half's result for this part.
            features: Its features for this part.

        Returns:
            ``(N, 3, H, W)``, not clipped; meant for the missing pixels.
        """
        result: Tensor = self._fine(picture, missing, filled, features)
        return result

    def forward(self, picture: Tensor, missing: Tensor) -> tuple[Tensor, Tensor]:
        """Fill a whole picture: the result ``(N, 3, H, W)`` and the coarse half's at a quarter of the resolution."""
        filled, features = self.coarse(picture, missing)
        return self.fine(picture, missing, filled, features), filled
