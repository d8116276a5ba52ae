"""Fills holes, each with a window of what is round it; where that is more than memory allows, in a smaller size."""

from __future__ import annotations

import logging
import math

import cv2
import numpy as np
import torch
from torch import Tensor

from restore.errors import DeviceError
from restore.image import Pixels
from restore.resampling import resized
from restore.toolkit.device import Machine, run_safely
from restore.toolkit.missing import Box, Mask
from restore.toolkit.pixels import PixelReader, as_grey, to_pixels
from restore_spandrel.execution import Execution

log = logging.getLogger("restore")

CONTEXT = 128
"""Known pixels round a hole that the network is to see, at least; a large hole gets as many as half its own size."""

SQUARE = 192
"""Holes no larger than this are filled together with those that lie in the same square of this edge."""

LEAST = 64
"""Edge down to which a window is reduced."""


def fill(execution: Execution, pixels: Pixels, mask: Mask) -> Pixels:
    """Fill what is missing.

    Args:
        execution: A network that takes a picture and a mask.
        pixels: ``(H, W, C)``, C = 1 or 3.
        mask: ``(H, W)``, True = missing; neither empty nor full.

    Returns:
        ``(H, W, C)``, a copy in which only missing pixels differ.
    """
    out, left = pixels.copy(), mask.copy()
    out[mask] = 0  # whatever it held, also NaN
    known_grey = as_grey(out).shape[2] == 1
    most = execution.pixels_within()
    for hole in holes(mask):
        if not left[hole.slices].any():
            continue
        window = _widened(hole, mask.shape)
        part, missing = out[window.slices], left[window.slices]
        filled = _filled(execution, np.ascontiguousarray(part[:, :, :1] if known_grey else part), missing, most)
        wanted = np.zeros_like(missing)
        wanted[hole.within(window).slices] = missing[hole.within(window).slices]
        part[wanted] = filled[wanted]
        left[hole.slices] = False
    return out


def holes(mask: Mask) -> list[Box]:
    """Boxes that together hold all that is missing: one for each large hole, one for the small ones of each square."""
    _, _, stats, centres = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    large: list[Box] = []
    squares: dict[tuple[int, int], Box] = {}
    for (left, top, width, height, _), (x, y) in zip(stats[1:].tolist(), centres[1:].tolist(), strict=True):
        box = Box(top, top + height, left, left + width)
        if max(box.shape) > SQUARE:
            large.append(box)
        else:
            place = int(y) // SQUARE, int(x) // SQUARE
            squares[place] = box.joined(squares.get(place, box))
    return [*large, *(squares[place] for place in sorted(squares))]


def _widened(box: Box, size: tuple[int, ...]) -> Box:
    """A box with what is round it, as far as the picture reaches."""
    margin = max(CONTEXT, max(box.shape) // 2)
    low, high = max(0, box.top - margin), min(size[0], box.bottom + margin)
    return Box(low, high, max(0, box.left - margin), min(size[1], box.right + margin))


def _filled(execution: Execution, pixels: Pixels, missing: Mask, most: int) -> Pixels:
    """A window filled; where it has more pixels than the network may see, in a smaller size."""
    height, width = missing.shape
    factor = math.sqrt(most / (height * width)) if most < height * width else 1.0
    if factor == 1.0 or max(height, width) <= LEAST:
        return _run(execution, pixels, missing)
    small = max(LEAST, int(height * factor)), max(LEAST, int(width * factor))
    if most < LEAST**2:
        raise DeviceError(
            f"this network ({execution.descriptor.architecture.name}) cannot run in so little memory.",
            hint="Give it more with --memory.",
        )
    log.warning(
        "a hole and what is round it are %d x %d pixels, more than memory allows; it is filled in %d x %d and enlarged",
        width,
        height,
        small[1],
        small[0],
    )
    there = np.asarray(~missing)[:, :, None].astype(np.float32)
    weight = np.maximum(resized(there, *small), 0)
    sums = resized(pixels.astype(np.float32) * there, *small)
    reduced = np.where(weight > 0.01, sums / np.maximum(weight, 0.01), 0)
    white = 1.0 if pixels.dtype == np.float32 else float(np.iinfo(pixels.dtype).max)
    made = _run(execution, (reduced / white).astype(np.float32).clip(0, 1), weight[:, :, 0] < 0.5)
    larger = resized(np.ascontiguousarray(made), height, width) * white
    return larger if pixels.dtype == np.float32 else np.rint(larger).clip(0, white).astype(pixels.dtype)


def _run(execution: Execution, pixels: Pixels, missing: Mask) -> Pixels:
    """Run the network once."""
    descriptor = execution.descriptor
    out = np.empty_like(pixels)
    reader = PixelReader(pixels, 1, descriptor.input_channels)
    window = reader(0, missing.shape[0], 0, missing.shape[1]).clamp_(0, 1).contiguous()
    hole = torch.from_numpy(missing[None, None].astype(np.float32))

    def attempt(machine: Machine, edge: int) -> None:
        placed = execution.placed(machine)
        given: list[Tensor] = [each.to(machine.device, machine.dtype) for each in (window, hole)]
        result = execution.checked(placed(*given), window)
        grey = pixels.shape[2] == 1
        out[:] = to_pixels(result.mean(1, keepdim=True) if grey else result.expand(1, 3, -1, -1), pixels.dtype)

    edge = max(missing.shape)
    with torch.inference_mode():
        run_safely(attempt, execution.machine, edge, edge)
    return out
