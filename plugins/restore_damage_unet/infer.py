"""Loading and running `damage-unet`."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from torch import Tensor

from restore.errors import InputError
from restore.image import Image, Observation
from restore.spec import Runtime, SizeRule
from restore.toolkit.device import Machine, choose
from restore.toolkit.pixels import PixelReader, as_grey
from restore.toolkit.stream import receptive_radius
from restore.toolkit.strips import edge_within, run_strips
from restore.weights import fitting
from restore.weights import load as load_weights
from restore_damage_unet.marks import heights_of, marks_of
from restore_damage_unet.model import REACH, Architecture, Detector, shown
from restore_damage_unet.plugin import DetectOptions

DAMAGED = 255


class DamageUnet:
    """The loaded detector.

    Args:
        network: Gives logits.
        machine: Where to run it.
        edge: Edge of a working tile in pixels, or None for the toolkit's choice.
    """

    def __init__(self, network: Detector, machine: Machine, edge: int | None) -> None:
        self.network = network
        self.machine = machine
        self.edge = edge
        self.rule = SizeRule(network.architecture.multiple, receptive_radius(network) + REACH)

    def restore(self, observation: Observation, options: DetectOptions) -> Image:
        """Find the damage of one picture.

        Alpha is not looked at. A mask is of no use here, and is refused.

        Returns:
            ``(H, W, 1)`` uint8, 255 = damaged, 0 = sound, without alpha or metadata.

        Raises:
            InputError: The observation has a mask, or the picture holds NaN or infinite values.
        """
        pixels = observation.image.pixels
        if observation.mask is not None:
            raise InputError("damage-unet has no use for a mask.", hint="Leave it out: a mask is what it makes.")
        if pixels.dtype == np.float32 and not np.isfinite(pixels).all():
            raise InputError("the picture holds NaN or infinite pixels.", hint="Replace them first.")
        reader = PixelReader(as_grey(pixels), self.rule.multiple)
        height, width = pixels.shape[:2]
        heights = np.zeros((height, width), np.uint8)
        border = math.log(options.threshold / (1 - options.threshold))

        def source(top: int, bottom: int, left: int, right: int) -> Tensor:
            first, start = max(0, top - REACH), max(0, left - REACH)
            part = reader(first, min(bottom + REACH, reader.height), start, min(right + REACH, reader.width))
            # Float pictures may go beyond white; the network has seen none that do.
            seen = shown(part.clamp_(0, 1))
            return seen[:, :, top - first : bottom - first, left - start : right - start]

        def sink(top: int, left: int, logits: Tensor) -> None:
            here = heights_of(logits[0, 0], border)[: height - top, : width - left]
            heights[top : top + here.shape[0], left : left + here.shape[1]] = here

        run_strips(self.network, source, sink, (reader.height, reader.width), self.rule, self.machine, self.edge)
        return Image(np.where(marks_of(heights), np.uint8(DAMAGED), np.uint8(0))[..., None])


def load(weights: Path, runtime: Runtime) -> DamageUnet:
    """Load the network.

    Args:
        weights: A safetensors file written by the training.
        runtime: Device, precision and tile.

    Raises:
        WeightsError: The file is missing, damaged or of another model.
        DeviceError: The device asked for is not there.
    """
    tensors, header = load_weights(weights, "damage-unet")
    with fitting(weights, "damage-unet"):
        network = Detector(Architecture(**json.loads(header["config"])))
        network.load_state_dict(tensors)
    edge = runtime.tile or (edge_within(runtime.memory) if runtime.memory else None)
    return DamageUnet(network, choose(runtime), edge)
