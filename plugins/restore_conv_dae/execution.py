"""Running the networks of `conv-dae` over pictures of any size: what the one sees, what the other subtracts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from restore.image import Pixels
from restore.spec import Runtime, SizeRule
from restore.toolkit.device import Machine, choose
from restore.toolkit.pixels import PixelReader, to_pixels
from restore.toolkit.stream import receptive_radius
from restore.toolkit.strips import edge_within, run_strips
from restore.weights import fitting
from restore.weights import load as load_weights
from restore_conv_dae.model import MULTIPLE, Architecture, Denoiser, NoiseEstimator

CELL = 8
"""Pixels along an edge for which the estimator gives one level."""


class Execution:
    """Denoiser and estimator, loaded.

    Args:
        denoiser: Network that sees the damage.
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

    def seen(self, reader: PixelReader) -> Tensor:
        """The estimator's level of the damage, cell by cell: ``(1, 1, H/8, W/8)`` of the padded picture, raw."""
        size = reader.height, reader.width
        level = torch.empty(1, 1, size[0] // CELL, size[1] // CELL)

        def keep(top: int, left: int, piece: Tensor) -> None:
            level[:, :, top : top + piece.shape[2], left : left + piece.shape[3]] = piece.cpu()

        # Always in the toolkit's own strips, whatever tile the user chose: on narrow pictures the convolution kernels
        # change with the height of a strip, and the last bit of the estimate would show in the result.
        run_strips(self.estimator, reader, keep, size, self.estimator_rule, self.machine)
        return level

    def subtracted(self, reader: PixelReader, level: Tensor, share: float) -> Pixels:
        """The picture without `share` of the damage that the denoiser sees at a level.

        Args:
            reader: Of the picture.
            level: ``(1, 1, H/8, W/8)`` in [0, 1] units, or ``(1, 1, 1, 1)`` for the same everywhere.
            share: 0 to 1.

        Returns:
            ``(H, W, C)`` of the picture's own size, depth and channels.
        """
        pixels = reader.pixels
        height, width, channels = pixels.shape
        out = np.empty_like(pixels)

        def noisy_with_level(top: int, bottom: int, left: int, right: int) -> Tensor:
            rgb = reader(top, bottom, left, right)
            window = level
            if level.shape[2:] != (1, 1):
                window = level[:, :, top // CELL : bottom // CELL, left // CELL : right // CELL]
                window = window.repeat_interleave(CELL, 2).repeat_interleave(CELL, 3)
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


def load_execution(weights: Path, model: str, runtime: Runtime) -> Execution:
    """Load both networks.

    Args:
        weights: A safetensors file written by the training.
        model: Name of the restorer they must have been trained for.
        runtime: Device, precision and tile.

    Raises:
        WeightsError: The file is missing, damaged or of another model.
        DeviceError: The device asked for is not there.
    """
    tensors, header = load_weights(weights, model)
    with fitting(weights, model):
        config = json.loads(header["config"])
        networks = Denoiser(Architecture(**config)), NoiseEstimator()
        for network, prefix in zip(networks, ("denoiser.", "estimator."), strict=True):
            own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            network.load_state_dict(own)
    edge = runtime.tile or (edge_within(runtime.memory) if runtime.memory else None)
    return Execution(*networks, choose(runtime), edge)
