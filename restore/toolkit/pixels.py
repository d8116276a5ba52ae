"""Between pixel arrays of any depth and the float tensors that networks take, window by window."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from restore.image import Pixels


def white_of(pixels: Pixels) -> float:
    """The value of white in an array's depth: 255, 65535 or 1.0."""
    return 1.0 if pixels.dtype == np.float32 else float(np.iinfo(pixels.dtype).max)


def padded(length: int, multiple: int) -> int:
    """The next multiple that is at least `length`."""
    return -(-length // multiple) * multiple


def as_grey(pixels: Pixels) -> Pixels:
    """One channel where all three are equal, so that a grey picture in an RGB file stays exactly grey.

    Args:
        pixels: ``(H, W, C)``.

    Returns:
        ``(H, W, 1)``, or the pixels themselves.
    """
    first = pixels[..., :1]
    return first if all(np.array_equal(pixels[..., c], pixels[..., 0]) for c in range(1, pixels.shape[2])) else pixels


def in_channels(pixels: Pixels, channels: int) -> Pixels:
    """The way back from `as_grey`: one channel repeated.

    Args:
        pixels: ``(H, W, 1)``, or of `channels`.
        channels: How many there are to be.

    Returns:
        ``(H, W, channels)``; the pixels themselves where they have as many: a copy of a large picture costs memory.
    """
    return pixels if pixels.shape[2] == channels else np.repeat(pixels, channels, 2)


class PixelReader:
    """Reads windows of a picture as float tensors, mirrored beyond its right and lower border.

    Args:
        pixels: ``(H, W, C)`` uint8, uint16 or float32.
        multiple: The readable size is the picture's, rounded up to this.
        channels: Channels to give; a grey picture is repeated.

    Attributes:
        height: Readable rows, a multiple of `multiple`.
        width: Readable columns, likewise.
    """

    def __init__(self, pixels: Pixels, multiple: int, channels: int = 3) -> None:
        self.pixels = pixels
        self.channels = channels
        self.height = padded(pixels.shape[0], multiple)
        self.width = padded(pixels.shape[1], multiple)
        self.scale = 1.0 / white_of(pixels)

    def __call__(self, top: int, bottom: int, left: int, right: int) -> Tensor:
        """The window as ``(1, C, bottom - top, right - left)`` float32, 0 = black, 1 = white."""
        h, w = self.pixels.shape[:2]
        window = self.pixels[_mirrored(top, bottom, h)][:, _mirrored(left, right, w)]
        # astype makes the copy that torch needs anyway: it cannot share read-only or uint16 memory.
        tensor = torch.from_numpy(window.astype(np.float32)).mul_(self.scale)
        tensor = tensor.permute(2, 0, 1)[None]
        if tensor.shape[1] != self.channels:
            tensor = tensor.expand(1, self.channels, -1, -1)
        return tensor.contiguous(memory_format=torch.channels_last)


def _mirrored(start: int, stop: int, length: int) -> slice | npt.NDArray[np.intp]:
    """Indices of a window that may reach beyond the end, where the picture is mirrored with its last row repeated."""
    if stop <= length:
        return slice(start, stop)
    index = np.arange(start, stop) % (2 * length)
    return np.where(index < length, index, 2 * length - 1 - index)


def to_pixels(tensor: Tensor, dtype: np.dtype[Any]) -> Pixels:
    """Turn a result into an array of the picture's depth.

    Args:
        tensor: ``(1, C, H, W)``, 0 = black, 1 = white.
        dtype: uint8 or uint16 (rounded and clipped), or float32 (as it is).

    Returns:
        ``(H, W, C)``.
    """
    array = tensor[0].permute(1, 2, 0).float()
    if dtype == np.float32:
        return array.cpu().numpy()
    white = float(np.iinfo(dtype).max)
    whole = array.mul(white).round_().clamp_(0, white)
    if dtype == np.uint8:
        return whole.to(torch.uint8).cpu().numpy()
    return whole.cpu().numpy().astype(dtype)
