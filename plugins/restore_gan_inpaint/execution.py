"""The generator as it is run: the same numbers as `restore_gan_inpaint.model.Generator`, sooner.

What is different: on CPUs each convolution also does what follows it (product with the gate, ReLU, sum), so that no
feature map is read and written for that alone; weights are sorted so that shuffling copies runs of channels instead of
single values; and a picture comes with grey at zero and its mask as a fourth channel, which both halves take as it is.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restore.toolkit.device import Machine
from restore_gan_inpaint.interpolation import coarse_start, fine_start
from restore_gan_inpaint.model import Block, Coarse, Fine, Gated, Generator

FUSED = hasattr(torch.ops.mkldnn, "_convolution_pointwise")
"""Whether the CPU's library can do what follows a convolution on the way."""

_CHANNELS_LAST = torch.channels_last


class _Convolution:
    """A convolution, and what follows it where the CPU's library can do that on the way.

    Args:
        conv: Its parameters.
        machine: Where it runs.
        unshuffled: Channels of the input before it was unshuffled by 2, where it was.
        shuffled: Channels of the output after it will have been shuffled by 2, where it will be.
    """

    def __init__(self, conv: nn.Conv2d, machine: Machine, unshuffled: int = 0, shuffled: int = 0) -> None:
        weight, bias = conv.weight.detach(), conv.bias
        assert bias is not None, "all convolutions of the generator have one"
        outputs, inputs, *size = weight.shape
        if unshuffled:  # torch sorts (channel, row, column), we (row, column, channel)
            weight = weight.view(outputs, unshuffled, 2, 2, *size).permute(0, 2, 3, 1, 4, 5).reshape(weight.shape)
        if shuffled:
            weight = weight.view(shuffled, 2, 2, inputs, *size).permute(1, 2, 0, 3, 4, 5).reshape(weight.shape)
            bias = bias.view(shuffled, 2, 2).permute(1, 2, 0).flatten()
        self.weight = weight.to(machine.device, machine.dtype, copy=True, memory_format=_CHANNELS_LAST)
        self.bias = bias.detach().to(machine.device, machine.dtype, copy=True).contiguous()
        self.padding = [int(each) for each in conv.padding]
        self.stride = list(conv.stride)
        self.dilation = list(conv.dilation)
        self.fused = FUSED and machine.device.type == "cpu"

    def __call__(self, x: Tensor) -> Tensor:
        """The convolution alone."""
        if self.fused:
            result: Tensor = torch.ops.mkldnn._convolution_pointwise(
                x, self.weight, self.bias, self.padding, self.stride, self.dilation, 1, "none", [], ""
            )
            return result
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation)

    def with_other(self, x: Tensor, other: Tensor, how: Literal["add", "mul"], *, relu: bool = False) -> Tensor:
        """The convolution, plus or times something of the shape of its result, then ReLU if wanted."""
        after = "relu" if relu else None
        if self.fused:
            where = self.padding, self.stride, self.dilation, 1
            fused: Tensor = torch.ops.mkldnn._convolution_pointwise.binary(
                x, other, self.weight, self.bias, *where, how, 1.0, after, [], None
            )
            return fused
        result = self(x)
        result = result.add_(other) if how == "add" else result.mul_(other)
        return result.relu_() if relu else result


class _Gated:
    def __init__(self, gated: Gated, machine: Machine, unshuffled: int = 0) -> None:
        self.feature = _Convolution(gated.feature, machine, unshuffled)
        self.gate = _Convolution(gated.gate, machine, unshuffled)

    def __call__(self, x: Tensor) -> Tensor:
        # A gate is positive: the ReLU of the product is the product with the ReLU.
        return self.feature.with_other(x, self.gate(x).sigmoid_(), "mul", relu=True)


class _Block:
    def __init__(self, block: Block, machine: Machine) -> None:
        self.gated = _Gated(block.gated, machine)
        self.plain = _Convolution(block.plain, machine)

    def __call__(self, x: Tensor) -> Tensor:
        return self.plain.with_other(self.gated(x), x, "add")


class _Coarse:
    def __init__(self, coarse: Coarse, machine: Machine) -> None:
        self.stem = _Gated(coarse.stem, machine, unshuffled=4)
        self.before = _Block(coarse.before, machine)
        self.down = _Gated(coarse.down, machine)
        self.far = [_Block(block, machine) for block in coarse.far]  # type: ignore[arg-type]
        self.up = _Convolution(coarse.up, machine, shuffled=coarse.up.out_channels // 4)
        self.after = _Block(coarse.after, machine)
        self.head = _Convolution(coarse.head, machine, shuffled=3)

    def __call__(self, start: Tensor) -> tuple[Tensor, Tensor]:
        x = self.before(self.stem(_unshuffled(start)))
        far = self.down(x)
        for block in self.far:
            far = block(far)
        x = self.after(_add_shuffled(x, self.up(far)))
        return _shuffled(self.head(x)), x


class _Fine:
    def __init__(self, fine: Fine, machine: Machine) -> None:
        self.stem = _Gated(fine.stem, machine, unshuffled=4)
        self.down = _Gated(fine.down, machine)
        self.join = _Convolution(fine.join, machine, shuffled=fine.join.out_channels // 4)
        self.near = [_Block(block, machine) for block in fine.near]  # type: ignore[arg-type]
        self.up = _Convolution(fine.up, machine, shuffled=fine.up.out_channels // 4)
        self.after = [_Block(block, machine) for block in fine.after]  # type: ignore[arg-type]
        self.head = _Convolution(fine.head, machine, shuffled=3)

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
        machine: Device and precision.
    """

    def __init__(self, generator: Generator, machine: Machine) -> None:
        self.machine = machine
        self._coarse = _Coarse(generator._coarse, machine)
        self._fine = _Fine(generator._fine, machine)

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
        return x.to(self.machine.device, self.machine.dtype).contiguous(memory_format=_CHANNELS_LAST)


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
