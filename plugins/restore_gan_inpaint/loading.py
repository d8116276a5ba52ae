"""Reading the weights of `gan-inpaint`."""

from __future__ import annotations

import json
from pathlib import Path

from restore.weights import fitting, load
from restore_gan_inpaint.model import Architecture, Generator
from restore_gan_inpaint.quantization import Ranges, ranges_in


def generator_of(weights: Path) -> tuple[Generator, Ranges | None]:
    """The generator in a weights file, to be run and not trained, and the ranges of its convolutions if it names them.

    Raises:
        WeightsError: The file is missing, damaged or of another model.
    """
    tensors, header = load(weights, "gan-inpaint")
    with fitting(weights, "gan-inpaint"):
        generator = Generator(Architecture.from_plain(json.loads(header["config"])))
        generator.load_state_dict(tensors)
        return generator.eval().requires_grad_(False), ranges_in(header, generator)
