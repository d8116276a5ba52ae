"""The generator as it is run: the same numbers as `restore_gan_inpaint.model.Generator`, sooner.

What is different: convolutions do more on the way (see `restore_gan_inpaint.layers`), in integers of 8 bits where that
is wanted (see `restore_gan_inpaint.quantization`); and a picture comes with grey at zero and its mask as a fourth
channel, which both halves take as it is.
"""

from __future__ import annotations

import torch
from torch import Tensor

from restore.toolkit.device import Machine
from restore_gan_inpaint.interpolation import coarse_start, fine_start
from restore_gan_inpaint.layers import Floats
from restore_gan_inpaint.model import Coarse, Fine, Generator
from restore_gan_inpaint.quantization import Integers, Ranges

INTEGERS = torch.int8
"""As `Machine.dtype`: convolutions in integers of 8 bits, everything else in float32."""


class _Coarse:
    def __init__(self, coarse: Coarse, make: Floats | Integers) -> None:
        self.stem = make.gated(coarse.stem, unshuffled=4)
        self.before = make.block(coarse.before)
        self.down = make.gated(coarse.down)
        self.far = [make.block(block) for block in coarse.far]  # type: ignore[arg-type]
        self.up = make.convolution(coarse.up, shuffled=coarse.up.out_channels // 4)
        self.after = make.block(coarse.after)
        self.head = make.convolution(coarse.head, shuffled=3)

    def __call__(self, start: Tensor) -> tuple[Tensor, Tensor]:
        x = self.before(self.stem(_unshuffled(start)))
        far = self.down(x)
        for block in self.far:
            far = block(far)
        x = self.after(_add_shuffled(x, self.up(far)))
        return _shuffled(self.head(x)), x


class _Fine:
    def __init__(self, fine: Fine, make: Floats | Integers) -> None:
        self.stem = make.gated(fine.stem, unshuffled=4)
        self.down = make.gated(fine.down)
        self.join = make.convolution(fine.join, shuffled=fine.join.out_channels // 4)
        self.near = [make.block(block) for block in fine.near]  # type: ignore[arg-type]
        self.up = make.convolution(fine.up, shuffled=fine.up.out_channels // 4)
        self.after = [make.block(block) for block in fine.after]  # type: ignore[arg-type]
        self.head = make.convolution(fine.head, shuffled=3)

    def __call__(self, start: Tensor, features: Tensor) -> Tensor:
        x = self.stem(_unshuffled(start))
        deep = _add_shuffled(self.down(x), self.join(features))
        for block in self.near:
            deep = block(deep)
        x = _add_shuffled(x, self.up(deep))
        for block in self.after:
            x = block(x)
        return _shuffled(self.head(x))


class Execution:
    """A generator, ready to run on a machine.

    Args:
        generator: Its parameters are copied.
        machine: Device and precision; `INTEGERS` on the CPU only.
        ranges: Of the generator's convolutions, needed for `INTEGERS`.
    """

    def __init__(self, generator: Generator, machine: Machine, ranges: Ranges | None = None) -> None:
        self.machine = machine
        whole = machine.dtype == INTEGERS
        make = Integers(generator, ranges or {}) if whole else Floats(machine)
        self._dtype = torch.float32 if whole else machine.dtype
        self._coarse = _Coarse(generator._coarse, make)
        self._fine = _Fine(generator._fine, make)

    def coarse(self, quarter: Tensor) -> tuple[Tensor, Tensor]:
        """The coarse half.

        Args:
            quarter: ``(N, 4, H/4, W/4)`` float32 as of `restore_gan_inpaint.interpolation.pooled`.

        Returns:
            The picture at a quarter of the resolution ``(N, 3, H/4, W/4)``, 0 = grey, and features
            ``(N, C, H/8, W/8)``.
        """
        start = coarse_start(quarter.to(self.machine.device))
        found, features = self._coarse(self._placed(start))
        return torch.addcmul(start[:, :3], found.float(), (start[:, 3:] > 0).float()), features

    def fine(self, given: Tensor, filled: Tensor, features: Tensor) -> Tensor:
        """The fine half.

        Args:
            given: ``(N, 4, H, W)`` float32: red, green, blue, 0 = grey, 0.5 = white, and 0 where missing; and 1 where
                missing, else 0.
            filled: The coarse half's result for this part.
            features: Its features for this part.

        Returns:
            ``(N, 3, H, W)`` float32, 0 = grey, not clipped; meant for the missing pixels.
        """
        start = fine_start(given.to(self.machine.device), filled)
        result = self._fine(self._placed(start), features).float()
        return result.add_(start[:, :3])

    def _placed(self, x: Tensor) -> Tensor:
        return x.to(self.machine.device, self._dtype).contiguous(memory_format=torch.channels_last)


def _unshuffled(x: Tensor) -> Tensor:
    """``(N, C, H, W)`` to ``(N, 4 C, H/2, W/2)``, sorted by row, column, channel."""
    n, c, h, w = x.shape
    pairs = x.permute(0, 2, 3, 1).reshape(n, h // 2, 2, w // 2, 2 * c)
    return torch.cat([pairs[:, :, 0], pairs[:, :, 1]], -1).permute(0, 3, 1, 2)


def _halves(y: Tensor) -> tuple[Tensor, Tensor]:
    """Of ``(N, 4 C, h, w)``, sorted by row, column, channel, the even and the odd rows after a shuffle."""
    n, c, h, w = y.shape
    rows = y.permute(0, 2, 3, 1).reshape(n, h, w, 2, c // 2)
    return rows[:, :, :, 0], rows[:, :, :, 1]


def _add_shuffled(x: Tensor, y: Tensor) -> Tensor:
    """Add ``(N, 4 C, h, w)``, shuffled, to ``(N, C, 2 h, 2 w)``, in place."""
    even, odd = _halves(y)
    n, h, w, c = even.shape
    rows = x.permute(0, 2, 3, 1).view(n, h, 2, w, c)
    rows[:, :, 0].add_(even)
    rows[:, :, 1].add_(odd)
    return x


def _shuffled(y: Tensor) -> Tensor:
    """``(N, 4 C, h, w)`` to ``(N, C, 2 h, 2 w)``."""
    even, odd = _halves(y)
    n, h, w, c = even.shape
    return torch.stack([even, odd], 2).view(n, 2 * h, 2 * w, c // 2).permute(0, 3, 1, 2)
