"""Between the channels that a picture has and those that a network wants."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from restore.image import Pixels
from restore.toolkit.pixels import PixelReader, as_grey, in_channels, to_pixels, white_of
from restore_spandrel.execution import Execution


def run_network(
    execution: Execution, pixels: Pixels, alpha: Pixels | None = None, strength: float = 1.0
) -> tuple[Pixels, Pixels | None]:
    """Run a network over a picture, whatever channels both have.

    A network of one channel does each of the picture's by itself. Where a picture is grey, also as RGB with three equal
    channels, so is the result: the mean of what a network of colours makes of it.

    Args:
        execution: The network.
        pixels: ``(H, W, C)``, C = 1 or 3.
        alpha: ``(H, W)`` of the same depth, or None; only networks of four channels look at it.
        strength: How much of the result is taken, the rest of the picture; only for networks that keep its size.

    Returns:
        ``(H·scale, W·scale, C)`` in the depth of the picture; and its alpha ``(H·scale, W·scale)`` where there was one
        and the network makes it, else None.
    """
    given, made = as_grey(pixels), None
    inputs, outputs = execution.descriptor.input_channels, execution.descriptor.output_channels
    if inputs == 1:
        planes = [_one(execution, given[:, :, c : c + 1], 1, 1, strength, tell=c == 0) for c in range(given.shape[2])]
        result = np.concatenate(planes, axis=2)
    elif inputs == 4:
        opaque = np.full(given.shape[:2], white_of(given), given.dtype) if alpha is None else alpha
        four = np.dstack((in_channels(given, 3), opaque))
        result = _one(execution, four, 4, 4 if outputs == 4 else given.shape[2], strength)
        if outputs == 4:
            made = None if alpha is None else np.ascontiguousarray(result[:, :, 3])
            result = result[:, :, :3] if given.shape[2] == 3 else _mean(result[:, :, :3])
    else:
        result = _one(execution, given, 3, given.shape[2], strength)
    return np.ascontiguousarray(in_channels(result, pixels.shape[2])), made


def _mean(colours: Pixels) -> Pixels:
    """The mean of three channels, in their depth."""
    mean: Pixels = colours.mean(axis=2, keepdims=True, dtype=np.float32)
    return mean if colours.dtype == np.float32 else np.rint(mean).astype(colours.dtype)


def _one(
    execution: Execution, pixels: Pixels, inputs: int, wanted: int, strength: float, *, tell: bool = True
) -> Pixels:
    """Run the network once over a picture of its own number of channels, or a grey one."""
    scale = execution.descriptor.scale
    height, width = pixels.shape[:2]
    reader = PixelReader(pixels, 1, inputs)
    out = np.empty((height * scale, width * scale, wanted), pixels.dtype)

    def sink(top: int, left: int, piece: Tensor) -> None:
        bottom, right = top + piece.shape[2], left + piece.shape[3]
        made = _with_channels(piece, wanted)
        if strength < 1:
            made = _with_channels(reader(top, bottom, left, right), wanted).lerp(made, strength)
        out[top:bottom, left:right] = to_pixels(made, pixels.dtype)

    execution.run(reader, sink, (height, width), tell)
    return out


def _with_channels(piece: Tensor, wanted: int) -> Tensor:
    """A piece of a result with so many channels: of colours the mean, of grey the same three times."""
    if wanted == piece.shape[1]:
        return piece
    colours = piece[:, :3]
    if wanted == 1:
        return colours.mean(1, keepdim=True)
    return colours.expand(1, wanted, -1, -1)
