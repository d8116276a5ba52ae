"""The layers of the generator as they are run in integers of 8 bits, on CPUs that multiply those fastest.

As is usual after training (Jacob et al., Quantization and training of neural networks for efficient
integer-arithmetic-only inference, CVPR 2018): what enters a convolution is rounded to 256 levels between the lowest and
the highest value that calibration saw there, kernels to 255 levels per output channel; sums are whole, and what leaves
is float32 again, so that what adds up from block to block is not rounded. Levels are fixed: windows make no difference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import cv2
import torch
from torch import Tensor, nn

from restore_gan_inpaint.layers import sorted_kernel
from restore_gan_inpaint.model import Block, Gated, Generator

Ranges = Mapping[str, tuple[float, float]]
"""By the name of a convolution in the generator: the lowest and the highest value that enters it, 0 among them."""

LEVELS = 255

ROOM = 1.1
"""How far beyond what calibration saw values may go before they are cut off: that would show, coarser levels do not."""

HEADER = "ranges"
"""Where the header of a weights file holds `Ranges`, as JSON."""


def integers_are_quick() -> bool:
    """Whether this CPU multiplies integers of 8 bits without overflow, several times faster than floats."""
    can: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    here = any(can.get(name) for name in ("avx512_vnni", "avx_vnni", "amx_int8"))
    return here and hasattr(torch.ops.onednn, "qconv2d_pointwise")


def ranges_in(header: Mapping[str, str], generator: Generator) -> Ranges | None:
    """The ranges in the header of a weights file; None where there are none.

    Args:
        header: Of the file.
        generator: Its network.

    Raises:
        ValueError: They cannot be read, or are not those of this network.
        TypeError: They are no ranges.
    """
    if HEADER not in header:
        return None
    found = {name: (float(low), float(high)) for name, (low, high) in json.loads(header[HEADER]).items()}
    if missing := {name for name, m in generator.named_modules() if isinstance(m, nn.Conv2d)} - found.keys():
        raise ValueError(f"the range of {min(missing)} is lacking")
    return found


def as_header(ranges: Ranges) -> dict[str, str]:
    """Ranges for the header of a weights file."""
    return {HEADER: json.dumps({name: [round(end, 4) for end in ends] for name, ends in ranges.items()})}


@contextmanager
def watched(generator: Generator) -> Iterator[dict[str, tuple[float, float]]]:
    """Calibrate: whatever the generator is given meanwhile widens the ranges."""
    found: dict[str, tuple[float, float]] = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            low, high = (float(each) for each in torch.aminmax(inputs[0].detach()))
            before = found.get(name, (0.0, 0.0))
            found[name] = min(before[0], low), max(before[1], high)

        return hook

    convolutions = ((name, m) for name, m in generator.named_modules() if isinstance(m, nn.Conv2d))
    hooks = [module.register_forward_pre_hook(watch(name)) for name, module in convolutions]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


class _Levels:
    """256 levels of a range."""

    def __init__(self, low: float, high: float) -> None:
        self.step = ROOM * max(high - low, 1e-6) / LEVELS
        self.zero = round(-ROOM * low / self.step)

    def __call__(self, x: Tensor) -> Tensor:
        """``(N, C, H, W)`` float32 to uint8, channels last; values beyond the range become its ends."""
        last = x.permute(0, 2, 3, 1).contiguous()
        rows = last.view(-1, last.shape[2] * last.shape[3]).numpy()
        levels = torch.empty(last.shape, dtype=torch.uint8)
        # One pass over memory, where torch's own operators take four.
        cv2.addWeighted(rows, 1 / self.step, rows, 0, self.zero, levels.view(rows.shape).numpy(), cv2.CV_8U)
        return levels.permute(0, 3, 1, 2)


class _Kernel:
    """A convolution in integers; what enters is levels already.

    Args:
        conv: Its parameters.
        levels: Of what enters.
        unshuffled: See `restore_gan_inpaint.layers.Convolution`.
        shuffled: The same.
    """

    def __init__(self, conv: nn.Conv2d, levels: _Levels, unshuffled: int = 0, shuffled: int = 0) -> None:
        weight, bias = sorted_kernel(conv, unshuffled, shuffled)
        step = weight.abs().amax((1, 2, 3)).clamp(min=1e-8) / (LEVELS // 2)
        whole = (weight / step[:, None, None, None]).round().to(torch.int8)
        where = [list(conv.stride), [int(each) for each in conv.padding], list(conv.dilation), 1]
        self.packed = torch.ops.onednn.qconv_prepack(whole, step, levels.step, levels.zero, *where, None)
        self.with_kernel = (self.packed, step, torch.zeros(len(step), dtype=torch.int64))
        self.bias, self.where, self.levels = bias.float().contiguous(), where, levels

    def __call__(self, q: Tensor, *, relu: bool = False) -> Tensor:
        """The convolution of levels, then ReLU if wanted, in float32."""
        entering, leaving = (q, self.levels.step, self.levels.zero), (1.0, 0, torch.float32)
        result: Tensor = torch.ops.onednn.qconv2d_pointwise(
            *entering, *self.with_kernel, self.bias, *self.where, *leaving, "relu" if relu else "none", [], ""
        )
        return result

    def add_to(self, x: Tensor, q: Tensor) -> Tensor:
        """Add the convolution of levels to something of the shape of its result, in place."""
        entering, leaving = (q, self.levels.step, self.levels.zero), (1.0, 0, torch.float32)
        result: Tensor = torch.ops.onednn.qconv2d_pointwise.binary(
            *entering, *self.with_kernel, x, self.bias, *self.where, *leaving, 1.0, 0, "sum", 1.0, "none", [], ""
        )
        return result


class Convolution:
    """A convolution in integers, from and to float32."""

    def __init__(self, conv: nn.Conv2d, range_: tuple[float, float], unshuffled: int = 0, shuffled: int = 0) -> None:
        self.levels = _Levels(*range_)
        self.kernel = _Kernel(conv, self.levels, unshuffled, shuffled)

    def __call__(self, x: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` to ``(N, outputs, …)``."""
        return self.kernel(self.levels(x))


class GatedLayer:
    """A `restore_gan_inpaint.model.Gated` in integers, from and to float32."""

    def __init__(self, gated: Gated, range_: tuple[float, float], unshuffled: int = 0) -> None:
        self.levels = _Levels(*range_)
        self.feature = _Kernel(gated.feature, self.levels, unshuffled)
        self.gate = _Kernel(gated.gate, self.levels, unshuffled)

    def __call__(self, x: Tensor) -> Tensor:
        """``(N, inputs, H, W)`` to ``(N, outputs, …)``."""
        q = self.levels(x)
        return self.feature(q, relu=True).mul_(self.gate(q).sigmoid_())


class BlockLayer:
    """A `restore_gan_inpaint.model.Block` in integers; changes what it is given."""

    def __init__(self, block: Block, outer: tuple[float, float], inner: tuple[float, float]) -> None:
        self.gated = GatedLayer(block.gated, outer)
        self.levels = _Levels(*inner)
        self.plain = _Kernel(block.plain, self.levels)

    def __call__(self, x: Tensor) -> Tensor:
        """Same shape in and out."""
        return self.plain.add_to(x, self.levels(self.gated(x)))


class Integers:
    """Makes layers of integers; see `restore_gan_inpaint.layers.Floats`.

    Args:
        generator: Whose layers are made.
        ranges: Of its convolutions.

    Raises:
        KeyError: The range of one is lacking.
    """

    def __init__(self, generator: Generator, ranges: Ranges) -> None:
        self.range_of = {module: ranges[name] for name, module in generator.named_modules() if name in ranges}

    def convolution(self, conv: nn.Conv2d, unshuffled: int = 0, shuffled: int = 0) -> Convolution:
        """A convolution alone."""
        return Convolution(conv, self.range_of[conv], unshuffled, shuffled)

    def gated(self, gated: Gated, unshuffled: int = 0) -> GatedLayer:
        """A gated one."""
        return GatedLayer(gated, self.range_of[gated.feature], unshuffled)

    def block(self, block: Block) -> BlockLayer:
        """A residual block."""
        return BlockLayer(block, self.range_of[block.gated.feature], self.range_of[block.plain])
