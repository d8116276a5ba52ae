"""Loading and running the denoiser of `conv-dae`."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from restore.image import Image, Observation
from restore.spec import Runtime
from restore.toolkit.pixels import PixelReader, as_grey, in_channels
from restore_conv_dae.execution import Execution, load_execution
from restore_conv_dae.model import MULTIPLE
from restore_conv_dae.plugin import DenoiseOptions

log = logging.getLogger("restore")

CLEAN = 0.5
"""Grey levels: a picture whose estimated noise is nowhere above this comes out as it went in, byte for byte."""
AVERAGED = 25
"""Cells of 8x8 pixels, along each direction, over which the estimated noise is averaged."""


class ConvDae:
    """The loaded denoiser.

    Args:
        networks: That see how much noise there is, and the noise.
    """

    def __init__(self, networks: Execution) -> None:
        self.networks = networks

    def restore(self, observation: Observation, options: DenoiseOptions) -> Image:
        """Remove the noise of one picture; see `restore.spec.Restorer`.

        A strength below 1 mixes the input back in, one above 1 raises the noise level that the network is told.
        """
        image = observation.image
        if options.strength == 0 or options.sigma == 0:
            return image
        reader = PixelReader(as_grey(image.pixels), MULTIPLE)
        level = self.level(reader, options)
        if level.max() * 255 < CLEAN:
            log.info("no noise found; the picture stays as it is")
            return image
        pixels = self.networks.subtracted(reader, level * max(1.0, options.strength), min(1.0, options.strength))
        return image.with_pixels(in_channels(pixels, image.channels))

    def level(self, reader: PixelReader, options: DenoiseOptions) -> Tensor:
        """The noise level ``(1, 1, H/8, W/8)`` in [0, 1] units, or ``(1, 1, 1, 1)`` where the user gives it."""
        if options.sigma != "auto":
            return torch.full((1, 1, 1, 1), options.sigma / 255)
        level = steadied(self.networks.seen(reader))
        low, middle, high = np.quantile(level.numpy() * 255, (0.1, 0.5, 0.9))
        log.info("estimated noise: sigma %.1f (%.1f to %.1f in 80 %% of the picture)", middle, low, high)
        return level


def steadied(level: Tensor) -> Tensor:
    """Turn the estimator's cell-by-cell guesses into a level that serves the denoiser.

    Noise changes slowly over a picture, the guesses scatter with its texture: they are averaged over 200 pixels around.

    Args:
        level: ``(1, 1, h, w)`` in [0, 1] units, one value for 8x8 pixels.

    Returns:
        The same shape, at least 0.
    """
    half = AVERAGED // 2
    for padding, window in (((half, half, 0, 0), (1, AVERAGED)), ((0, 0, half, half), (AVERAGED, 1))):
        level = F.avg_pool2d(F.pad(level, padding, mode="replicate"), window, stride=1)
    return level.clamp(min=0)


def load(weights: Path, runtime: Runtime) -> ConvDae:
    """Load both networks; see `restore_conv_dae.execution.load_execution`."""
    return ConvDae(load_execution(weights, "conv-dae", runtime))
