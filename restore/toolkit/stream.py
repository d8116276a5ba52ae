"""Run a convolutional network over a picture row by row, carrying state instead of recomputing a halo.

A tile needs a halo as wide as the network's receptive radius, and everything inside the halo is computed twice: a
U-Net with a radius of 100 pixels wastes 50 % at a tile of 1,000. Here each convolution keeps the last two rows of its
input, and each shortcut keeps the rows its body still owes, so that a picture fed in strips comes out in strips and no
pixel is computed twice. The result is that of the whole picture: at the upper and lower border the zero padding is
inserted exactly where a whole-picture convolution has it.

The vocabulary is small on purpose: 3x3 and 1x1 convolutions of stride 1, 2x2 convolutions of stride 2 (plain and
transposed), ReLU, pixel shuffle and unshuffle, `torch.nn.Sequential`, `Residual`, and what a network defines itself as
`Positional`. A U-Net with additive skips is a nest of residuals.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Residual(nn.Module):
    """``x + body(x)``: a residual block, or a whole U-Net level with its skip connection.

    Args:
        *body: Modules applied one after the other; together they keep the shape ``(N, C, H, W)``.
    """

    def __init__(self, *body: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``(N, C, H, W)`` to the same shape."""
        out: Tensor = self.body(x) + x
        return out


class Positional(nn.Module, ABC):
    """A module that needs nothing from neighbouring pixels, but must know which rows it sees."""

    @abstractmethod
    def forward(self, x: Tensor, top: int = 0) -> Tensor:
        """Map ``(N, C, H, W)``, the rows of a picture from `top` on, to ``(N, C', H, W)``."""


@dataclass
class Rows:
    """Rows of a picture on their way from one module to the next.

    Attributes:
        buffer: ``(1, C, lead + h, W)``.
        lead: Rows in front that hold nothing yet: room for what the next convolution remembers. Leaving it saves a copy
            of every feature map, a tenth of the whole time.
    """

    buffer: Tensor
    lead: int = 0

    @property
    def data(self) -> Tensor:
        """The rows themselves, ``(1, C, h, W)``."""
        return self.buffer[:, :, self.lead :]


def _roomy(like: Tensor, rows: int) -> Rows:
    """Uninitialised rows with room for a convolution's memory in front."""
    n, c, _, w = like.shape
    shape = (n, c, _MEMORY + rows, w)
    return Rows(torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last), _MEMORY)


_MEMORY = 2
"""Rows a 3x3 convolution remembers."""


class RowStream(ABC):
    """One module in streaming form. A fresh one is made for every picture; it holds that picture's rows."""

    @abstractmethod
    def push(self, rows: Rows | None, last: bool) -> Rows | None:
        """Take the next rows and return those that are finished.

        Args:
            rows: At least one row, or None where the module before had nothing ready. May be overwritten.
            last: Whether these are the last rows of the picture; everything still held is flushed.

        Returns:
            At least one row, or None where nothing is finished yet.
        """


class _Pointwise(RowStream):
    """A module that needs nothing from the neighbouring rows."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def push(self, rows: Rows | None, last: bool) -> Rows | None:
        return None if rows is None else Rows(self.module(rows.data))


class _Positional(RowStream):
    def __init__(self, module: Positional) -> None:
        self.module = module
        self.top = 0

    def push(self, rows: Rows | None, last: bool) -> Rows | None:
        if rows is None:
            return None
        result = Rows(self.module(rows.data, self.top))
        self.top += rows.data.shape[2]
        return result


class _Relu(RowStream):
    """Writes where the next convolution wants its rows."""

    def push(self, rows: Rows | None, last: bool) -> Rows | None:
        if rows is None:
            return None
        out = _roomy(rows.data, rows.data.shape[2])
        torch.clamp_min(rows.data, 0, out=out.data)
        return out


class _Chain(RowStream):
    def __init__(self, parts: list[RowStream]) -> None:
        self.parts = parts

    def push(self, rows: Rows | None, last: bool) -> Rows | None:
        for part in self.parts:
            rows = part.push(rows, last)
        return rows


class _Conv3x3(RowStream):
    """A 3x3 convolution with zero padding 1 that remembers the last two rows of its input."""

    def __init__(self, conv: nn.Conv2d) -> None:
        self.conv = conv
        self.held: Tensor | None = None

    def push(self, rows: Rows | None, last: bool) -> Rows | None:
        if rows is None and not last:
            return None
        if rows is not None and self.held is not None and not last and rows.lead >= self.held.shape[2]:
            window = rows.buffer[:, :, rows.lead - self.held.shape[2] :]
            window[:, :, : self.held.shape[2]] = self.held
        else:
            window = self._joined(rows, last)
        self.held = window[:, :, -_MEMORY:].clone()
        if window.shape[2] <= _MEMORY:
            return None
        return Rows(F.conv2d(window, self.conv.weight, self.conv.bias, padding=(0, 1)))

    def _joined(self, rows: Rows | None, last: bool) -> Tensor:
        """Memory and rows in one tensor, with the padding where the picture begins and ends."""
        some = rows.data if rows is not None else self.held
        assert some is not None, "a picture has at least one row"
        padding = torch.zeros_like(some[:, :, :1])
        parts = [padding if self.held is None else self.held]
        parts += [rows.data] if rows is not None else []
        return torch.cat([*parts, padding] if last else parts, 2)


class _Grouped(RowStream):
    """A module that takes rows in whole groups (2x2 of stride 2, pixel unshuffle); a remainder waits."""

    def __init__(self, module: nn.Module, group: int) -> None:
        self.module = module
        self.group = group
        self.held: Tensor | None = None

    def push(self, rows: Rows | None, last: bool) -> Rows | None:
        if rows is None:
            return None
        data = rows.data if self.held is None else torch.cat([self.held, rows.data], 2)
        whole = data.shape[2] // self.group * self.group
        self.held = data[:, :, whole:].clone() if whole < data.shape[2] else None
        return Rows(self.module(data[:, :, :whole])) if whole else None


class _Shortcut(RowStream):
    """`Residual`: the input waits in a queue until the body has caught up."""

    def __init__(self, body: RowStream) -> None:
        self.body = body
        self.waiting: deque[Tensor] = deque()

    def push(self, rows: Rows | None, last: bool) -> Rows | None:
        if rows is not None:
            self.waiting.append(rows.data)
        done = self.body.push(rows, last)
        result = None if done is None else self._add(done.data)
        if self.waiting:
            # A view would keep the whole strip in memory; what is left of it is a few rows.
            self.waiting[-1] = self.waiting[-1].clone()
        return result

    def _add(self, done: Tensor) -> Rows:
        """Add what has waited longest, piece by piece, into a place with room for the next convolution."""
        out = _roomy(done, done.shape[2])
        row = 0
        while row < done.shape[2]:
            piece = self.waiting.popleft()
            count = min(piece.shape[2], done.shape[2] - row)
            window = slice(row, row + count)
            torch.add(done[:, :, window], piece[:, :, :count], out=out.data[:, :, window])
            if count < piece.shape[2]:
                self.waiting.appendleft(piece[:, :, count:])
            row += count
        return out


def stream(module: nn.Module) -> RowStream:
    """Make the streaming form of a module built from the vocabulary above.

    Args:
        module: The network; its parameters are shared, not copied.

    Raises:
        TypeError: The module, or one inside it, is not in the vocabulary.
    """
    match module:
        case nn.Sequential():
            return _Chain([stream(child) for child in module])
        case Residual():
            return _Shortcut(stream(module.body))
        case nn.ReLU():
            return _Relu()
        case Positional():
            return _Positional(module)
        case nn.PixelShuffle():
            return _Pointwise(module)
        case nn.PixelUnshuffle():
            return _Grouped(module, module.downscale_factor)
        case nn.ConvTranspose2d(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0)):
            return _Pointwise(module)
        case nn.Conv2d(kernel_size=(1, 1), stride=(1, 1)):
            return _Pointwise(module)
        case nn.Conv2d(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0)):
            return _Grouped(module, 2)
        case nn.Conv2d(kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), padding_mode="zeros"):
            return _Conv3x3(module)
        case _:
            raise TypeError(f"a {type(module).__name__} with these settings cannot be run row by row: {module}")


def receptive_radius(module: nn.Module) -> int:
    """How many input pixels to each side can influence an output pixel, counted generously (in whole steps).

    Args:
        module: A network built from the vocabulary of this file, with the output at the input's resolution or coarser.

    Raises:
        TypeError: The module, or one inside it, is not in the vocabulary.
    """
    return _radius(module, 1)[0]


def _radius(module: nn.Module, step: int) -> tuple[int, int]:
    """Radius of a module whose input pixels are `step` picture pixels apart, and the spacing of its output."""
    match module:
        case nn.Sequential():
            total = 0
            for child in module:
                radius, step = _radius(child, step)
                total += radius
            return total, step
        case Residual():
            return _radius(module.body, step)
        case nn.PixelUnshuffle():
            return step * (module.downscale_factor - 1), step * module.downscale_factor
        case nn.PixelShuffle():
            return step - step // module.upscale_factor, step // module.upscale_factor
        case nn.ConvTranspose2d():
            return step // 2, step // 2
        case nn.Conv2d(kernel_size=(2, 2)):
            return step, step * 2
        case nn.Conv2d(kernel_size=(3, 3)):
            return step, step
        case nn.Conv2d(kernel_size=(1, 1)) | nn.ReLU() | Positional():
            return 0, step
        case _:
            raise TypeError(f"the receptive radius of a {type(module).__name__} is not known")
