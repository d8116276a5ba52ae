"""Loading and running `conv-dae`."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from restore.errors import WeightsError
from restore.image import Image, Observation, Pixels
from restore.spec import Runtime, SizeRule
from restore.toolkit.device import Machine, choose
from restore.toolkit.pixels import PixelReader, as_grey, to_pixels
from restore.toolkit.stream import receptive_radius
from restore.toolkit.strips import edge_within, run_strips
from restore.weights import load as load_weights
from restore_conv_dae.model import MULTIPLE, Architecture, Denoiser, NoiseEstimator
from restore_conv_dae.plugin import DenoiseOptions

log = logging.getLogger("restore")

CLEAN = 0.5
"""Grey levels: a picture whose estimated noise is nowhere above this comes out as it went in, byte for byte."""


AVERAGED = 25
"""Cells of 8x8 pixels, along each direction, over which the estimated noise is averaged."""


class ConvDae:
    """The loaded denoiser.

    Args:
        denoiser: Network that sees the noise.
        estimator: Network that sees how much of it there is.
        machine: Where to run them.
        edge: Edge of a working tile in pixels, or None for the toolkit's choice.
    """

    def __init__(self, denoiser: Denoiser, estimator: NoiseEstimator, machine: Machine, edge: int | None) -> None:
        self.denoiser = denoiser
        self.estimator = estimator
        self.machine = machine
        self.edge = edge
        self.rule = SizeRule(MULTIPLE, receptive_radius(denoiser))
        self.estimator_rule = SizeRule(MULTIPLE, receptive_radius(estimator))

    def restore(self, observation: Observation, options: DenoiseOptions) -> Image:
        """Remove the noise of one picture; see `restore.spec.Restorer`.

        A strength below 1 mixes the input back in, one above 1 raises the noise level that the network is told.
        """
        image = observation.image
        if options.strength == 0 or options.sigma == 0:
            return image
        reader = PixelReader(as_grey(image.pixels), MULTIPLE)
        level = self._level(reader, options)
        if level.max() * 255 < CLEAN:
            log.info("no noise found; the picture stays as it is")
            return image
        pixels = self._denoise(reader, level * max(1.0, options.strength), min(1.0, options.strength))
        return image.with_pixels(np.repeat(pixels, image.channels // pixels.shape[2], 2))

    def _level(self, reader: PixelReader, options: DenoiseOptions) -> Tensor:
        """The noise level ``(1, 1, H/8, W/8)`` in [0, 1] units, or ``(1, 1, 1, 1)`` where the user gives it."""
        if options.sigma != "auto":
            return torch.full((1, 1, 1, 1), options.sigma / 255)
        size = reader.height, reader.width
        level = torch.empty(1, 1, size[0] // 8, size[1] // 8)

        def keep(top: int, left: int, piece: Tensor) -> None:
            level[:, :, top : top + piece.shape[2], left : left + piece.shape[3]] = piece.cpu()

        # Always in the toolkit's own strips, whatever tile the user chose: on narrow pictures the convolution kernels
        # change with the height of a strip, and the last bit of the estimate would show in the result.
        run_strips(self.estimator, reader, keep, size, self.estimator_rule, self.machine)
        level = steadied(level)
        low, middle, high = np.quantile(level.numpy() * 255, (0.1, 0.5, 0.9))
        log.info("estimated noise: sigma %.1f (%.1f to %.1f in 80 %% of the picture)", middle, low, high)
        return level

    def _denoise(self, reader: PixelReader, level: Tensor, share: float) -> Pixels:
        """Subtract `share` of the noise that the network sees at this level."""
        pixels = reader.pixels
        height, width, channels = pixels.shape
        out = np.empty_like(pixels)

        def noisy_with_level(top: int, bottom: int, left: int, right: int) -> Tensor:
            rgb = reader(top, bottom, left, right)
            window = level
            if level.shape[2:] != (1, 1):
                window = level[:, :, top // 8 : bottom // 8, left // 8 : right // 8]
                window = window.repeat_interleave(8, 2).repeat_interleave(8, 3)
            return torch.cat([rgb, window.expand(1, 1, *rgb.shape[2:])], 1)

        def subtract(top: int, left: int, noise: Tensor) -> None:
            rows, columns = min(noise.shape[2], height - top), min(noise.shape[3], width - left)
            noisy = reader(top, top + rows, left, left + columns)
            clean = noisy.sub_(noise[:, :, :rows, :columns].cpu(), alpha=share)
            if channels == 1:
                clean = clean.mean(1, keepdim=True)
            out[top : top + rows, left : left + columns] = to_pixels(clean, pixels.dtype)

        size = reader.height, reader.width
        run_strips(self.denoiser, noisy_with_level, subtract, size, self.rule, self.machine, self.edge)
        return out


def steadied(level: Tensor) -> Tensor:
    """Turn the estimator's cell-by-cell guesses into a level that serves the denoiser.

    Noise changes slowly over a picture, the guesses scatter with its texture: they are averaged over 200 pixels around.
    And a little noise is seen where there is none, so that levels below some 3 grey levels are lowered by up to 0.8: a
    clean photograph must stay as it is. On nine photographs held back from training the two together bring 2 dB where
    there is no noise, 0.02 to 0.06 dB with Gaussian noise, and cost 0.05 dB with camera noise.

    Args:
        level: ``(1, 1, h, w)`` in [0, 1] units, one value for 8x8 pixels.

    Returns:
        The same shape, at least 0.
    """
    half = AVERAGED // 2
    for padding, window in (((half, half, 0, 0), (1, AVERAGED)), ((0, 0, half, half), (AVERAGED, 1))):
        level = F.avg_pool2d(F.pad(level, padding, mode="replicate"), window, stride=1)
    grey_levels = level * 255
    return (grey_levels - 0.8 * torch.exp(-((grey_levels / 3) ** 2))).clamp(min=0) / 255


def load(weights: Path, runtime: Runtime) -> ConvDae:
    """Load both networks.

    Args:
        weights: A safetensors file written by the training.
        runtime: Device, precision and tile.

    Raises:
        WeightsError: The file is missing, damaged or of another model.
        DeviceError: The device asked for is not there.
    """
    tensors, header = load_weights(weights, "conv-dae")
    try:
        config = json.loads(header["config"])
        networks = Denoiser(Architecture(**config)), NoiseEstimator()
        for network, prefix in zip(networks, ("denoiser.", "estimator."), strict=True):
            own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            network.load_state_dict(own)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise WeightsError(
            f"does not fit the networks of conv-dae ({error}).", path=weights, hint="Use the weights that came with it."
        ) from error
    edge = runtime.tile or (edge_within(runtime.memory) if runtime.memory else None)
    return ConvDae(*networks, choose(runtime), edge)
