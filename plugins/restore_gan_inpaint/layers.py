"""The layers of the generator as they are run in floating point: each convolution with what follows it.

On CPUs a convolution also does what comes after it (product with the gate, ReLU, sum), so that no feature map is read
and written for that alone; weights are sorted so that shuffling copies runs of channels instead of single values.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restore.toolkit.device import Machine
from restore_gan_inpaint.model import Block, Gated

FUSED = hasattr(torch.ops.mkldnn, "_convolution_pointwise")
"""Whether the CPU's library can do what follows a convolution on the way."""


def sorted_kernel(conv: nn.Conv2d, unshuffled: int = 0, shuffled: int = 0) -> tuple[Tensor, Tensor]:
    """Weight and bias, for channels sorted (row, column, channel) where torch sorts (channel, row, column).

    Args:
        conv: Whose.
        unshuffled: Channels of the input before it was unshuffled by 2, where it was.
        shuffled: Channels of the output after it will have been shuffled by 2, where it will be.
    """
    weight, bias = conv.weight.detach(), conv.bias
    assert bias is not None, "all convolutions of the generator have one"
    outputs, inputs, *size = weight.shape
    if unshuffled:
        weight = weight.view(outputs, unshuffled, 2, 2, *size).permute(0, 2, 3, 1, 4, 5).reshape(weight.shape)
    if shuffled:
        weight = weight.view(shuffled, 2, 2, inputs, *size).permute(1, 2, 0, 3, 4, 5).reshape(weight.shape)
        bias = bias.view(shuffled, 2, 2).permute(1, 2, 0).flatten()
    return weight, bias.detach()


class Convolution:
    """A convolution, and what follows it where the CPU's library can do that on the way.

    Args:
        conv: Its parameters.
        machine: Where it runs.
        unshuffled: See `sorted_kernel`.
        shuffled: The same.
    """

    def __init__(self, conv: nn.Conv2d, machine: Machine, unshuffled: int = 0, shuffled: int = 0) -> None:
        weight, bias = sorted_kernel(conv, unshuffled, shuffled)
        self.weight = weight.to(machine.device, machine.dtype, copy=True, memory_format=torch.channels_last)
        self.bias = bias.to(machine.device, machine.dtype, copy=True).contiguous()
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


class GatedLayer:
    """A `restore_gan_inpaint.model.Gated`."""

    def __init__(self, gated: Gated, machine: Machine, unshuffled: int = 0) -> None:
        self.feature = Convolution(gated.feature, machine, unshuffled)
        self.gate = Convolution(gated.gate, machine, unshuffled)

    def __call__(self, x: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` to ``(N, outputs, …)``."""
        # A gate is positive: the ReLU of the product is the product with the ReLU.
        return self.feature.with_other(x, self.gate(x).sigmoid_(), "mul", relu=True)


class BlockLayer:
    """A `restore_gan_inpaint.model.Block`."""

    def __init__(self, block: Block, machine: Machine) -> None:
        self.gated = GatedLayer(block.gated, machine)
        self.plain = Convolution(block.plain, machine)

    def __call__(self, x: Tensor) -> Tensor:
        """Same shape in and out."""
        return self.plain.with_other(self.gated(x), x, "add")


class Floats:
    """Makes layers of floating-point numbers.

    Args:
        machine: Device and precision.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    def convolution(self, conv: nn.Conv2d, unshuffled: int = 0, shuffled: int = 0) -> Convolution:
        """A convolution alone; for `unshuffled` and `shuffled` see `sorted_kernel`."""
        return Convolution(conv, self.machine, unshuffled, shuffled)

    def gated(self, gated: Gated, unshuffled: int = 0) -> GatedLayer:
        """A gated one."""
        return GatedLayer(gated, self.machine, unshuffled)

    def block(self, block: Block) -> BlockLayer:
        """A residual block."""
        return BlockLayer(block, self.machine)
