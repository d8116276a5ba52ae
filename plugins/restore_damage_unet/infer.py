"""Loading and running `damage-unet`."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from restore.errors import InputError, WeightsError
from restore.image import Image, Observation
from restore.spec import Runtime, SizeRule
from restore.toolkit.device import Machine, choose
from restore.toolkit.pixels import PixelReader, as_grey
from restore.toolkit.stream import receptive_radius
from restore.toolkit.strips import edge_within, run_strips
from restore.weights import load as load_weights
from restore_damage_unet.model import REACH, Architecture, Detector, shown
from restore_damage_unet.plugin import DetectOptions

DAMAGED = 255
SURE = 3.0
"""By how much the logit of one pixel of a mark must exceed the threshold: twenty times the odds.

Hysteresis (Canny, A computational approach to edge detection, IEEE TPAMI 1986): whatever is damaged is plain somewhere.
In CBSD68 a quarter of the marks of a single threshold is left, at the same F1.
"""


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
        found = np.zeros((height, width, 1), np.uint8)
        border = math.log(options.threshold / (1 - options.threshold))

        def source(top: int, bottom: int, left: int, right: int) -> Tensor:
            first, start = max(0, top - REACH), max(0, left - REACH)
            part = reader(first, min(bottom + REACH, reader.height), start, min(right + REACH, reader.width))
            # Float pictures may go beyond white; the network has seen none that do.
            seen = shown(part.clamp_(0, 1))
            return seen[:, :, top - first : bottom - first, left - start : right - start]

        def sink(top: int, left: int, logits: Tensor) -> None:
            here = logits[0, 0]
            steps = (here > border).to(torch.uint8) + (here > border + SURE).to(torch.uint8)
            damaged = steps.cpu().numpy()[: height - top, : width - left]
            found[top : top + damaged.shape[0], left : left + damaged.shape[1], 0] = damaged

        run_strips(self.network, source, sink, (reader.height, reader.width), self.rule, self.machine, self.edge)
        return Image(_certain(found[..., 0])[..., None])


def _certain(found: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The marks that are sure somewhere.

    Args:
        found: ``(H, W)``: 0 = sound, 1 = damaged, 2 = surely damaged.

    Returns:
        The same shape, `DAMAGED` in every piece of neighbouring marks (diagonals included) that has a sure one.
    """
    if not found.any():
        return found
    count, pieces = cv2.connectedComponents((found > 0).astype(np.uint8), connectivity=8)
    sure = np.zeros(count, np.uint8)
    sure[pieces[found > 1]] = DAMAGED
    marks: npt.NDArray[np.uint8] = sure[pieces]
    return marks


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
    try:
        network = Detector(Architecture(**json.loads(header["config"])))
        network.load_state_dict(tensors)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise WeightsError(
            f"does not fit the network of damage-unet ({error}).",
            path=weights,
            hint="Use the weights that came with it.",
        ) from error
    edge = runtime.tile or (edge_within(runtime.memory) if runtime.memory else None)
    return DamageUnet(network, choose(runtime), edge)
