"""Loading and running `gan-inpaint`."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import cv2
import numpy as np
import torch

from restore.image import Image, Observation, Pixels
from restore.spec import Runtime
from restore.toolkit.device import Machine, choose
from restore.toolkit.missing import Mask, check_known, what_is_missing
from restore_gan_inpaint.crops import reduced
from restore_gan_inpaint.ensemble import mean_filling
from restore_gan_inpaint.execution import INTEGERS, Execution
from restore_gan_inpaint.filling import MEMORY, Filling, Sizes
from restore_gan_inpaint.grain import add_grain
from restore_gan_inpaint.loading import generator_of
from restore_gan_inpaint.model import MULTIPLE, Generator
from restore_gan_inpaint.plugin import InpaintOptions
from restore_gan_inpaint.quantization import Ranges, integers_are_quick

log = logging.getLogger("restore")

SIGHT = 256
"""Pixels from which on known ones are hardly seen by the network."""

_ROWS = 256


class GanInpainter:
    """The loaded inpainter.

    Args:
        generator: What fills.
        machine: Where to run it.
        memory: Bytes it may work in.
        tile: Edge in pixels of the windows of the fine half, if the user wants another than fits.
        quick: Where to run it for 8-bit pictures; None for `machine`.
        ranges: Of its convolutions; needed where `quick` computes in integers.
    """

    def __init__(
        self,
        generator: Generator,
        machine: Machine,
        memory: int = MEMORY,
        tile: int | None = None,
        quick: Machine | None = None,
        ranges: Ranges | None = None,
    ) -> None:
        self.networks = cache(partial(Execution, generator, ranges=ranges))
        self.machine = machine
        self.memory = memory
        self.tile = tile
        self.quick = quick or machine

    def restore(self, observation: Observation, options: InpaintOptions) -> Image:
        """Fill the hole of one picture; see `restore.spec.Restorer`.

        Known pixels come back byte for byte; what missing ones held has no influence.

        Raises:
            InputError: There is no mask, it covers the whole picture, or known pixels are NaN or infinite.
        """
        image, mask = observation.image, what_is_missing(observation)
        if mask is None:
            return image
        check_known(image.pixels, mask)
        _warn_of_guesses(mask)
        given = image.pixels[:, :, :1] if _known_is_grey(image.pixels, mask) else image.pixels
        machine = self.quick if given.dtype == np.uint8 else self.machine
        sizes = Sizes.within(self.memory, machine.dtype, self.tile)

        def fill(pixels: Pixels, mask: Mask) -> Pixels:
            return Filling(pixels, mask).run(self.networks, machine, sizes)

        filled = mean_filling(fill, given, mask) if options.self_ensemble else fill(given, mask)
        if options.grain == "on" or (options.grain == "auto" and observation.mask_found):
            add_grain(filled, mask)
        return image.with_pixels(filled if filled.shape[2] == image.channels else _coloured(filled, image, mask))


def _known_is_grey(pixels: Pixels, mask: Mask) -> bool:
    """Whether an RGB picture has no colour where it is known; it must get none where it is filled."""
    if pixels.shape[2] == 1:
        return False
    for top in range(0, len(mask), _ROWS):
        band = slice(top, top + _ROWS)
        part = pixels[band]
        coloured = (part[:, :, 0] != part[:, :, 1]) | (part[:, :, 0] != part[:, :, 2])
        if (coloured & ~mask[band]).any():
            return False
    return True


def _coloured(grey: Pixels, image: Image, mask: Mask) -> Pixels:
    """A picture with three equal channels where it was filled in grey."""
    pixels = image.pixels.copy()
    pixels[mask] = grey[mask]
    return pixels


def _warn_of_guesses(mask: Mask) -> None:
    """Say so where a hole is deeper than the network looks."""
    if _depth(mask, MULTIPLE) + 2 * MULTIPLE < SIGHT:  # too small by less than that
        return
    depth = _depth(mask, 4)
    if depth > SIGHT:
        log.warning(
            "a hole reaches %d pixels from the nearest known pixel; the model looks %d pixels far, so that the middle "
            "of the filling is a guess",
            depth,
            SIGHT,
        )


def _depth(mask: Mask, step: int) -> int:
    """How far the deepest missing pixel lies from a known one, within some `step` pixels."""
    full = reduced(mask, step, full=True)
    if not full.any():
        return 0
    return round(step * float(cv2.distanceTransform(full.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5).max()))


def load(weights: Path, runtime: Runtime) -> GanInpainter:
    """Load the generator.

    Args:
        weights: A safetensors file written by the training.
        runtime: Device, precision and tile.

    Raises:
        WeightsError: The file is missing, damaged or of another model.
        DeviceError: The device asked for is not there, or it is to run in too little memory.
    """
    generator, ranges = generator_of(weights)
    memory = runtime.memory or MEMORY
    Sizes.within(memory)  # or says how much it takes
    machine = choose(runtime)
    quick = _quick(machine, ranges) if runtime.precision == "auto" else machine
    return GanInpainter(generator, machine, memory, runtime.tile, quick, ranges)


def _quick(machine: Machine, ranges: Ranges | None) -> Machine:
    """The same machine in integers of 8 bits, or in bfloat16, if its CPU computes in one of them: half the time.

    Fillings are off by two grey levels in integers, by less in bfloat16. Windows make no difference to that either.
    Known pixels never pass through it.
    """
    can: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    if machine.device.type != "cpu":
        return machine
    if ranges and integers_are_quick():
        return replace(machine, dtype=INTEGERS)
    return replace(machine, dtype=torch.bfloat16) if can.get("avx512_bf16") or can.get("amx_bf16") else machine
