"""Reading the weights of `gan-inpaint`."""

from __future__ import annotations

import json
from pathlib import Path

from restore.errors import WeightsError
from restore.weights import load
from restore_gan_inpaint.model import Architecture, Generator
from restore_gan_inpaint.quantization import Ranges, ranges_in


def generator_of(weights: Path) -> tuple[Generator, Ranges | None]:
    """The generator in a weights file, to be run and not trained, and the ranges of its convolutions if it names them.

    Raises:
        WeightsError: The file is missing, damaged or of another model.
    """
    tensors, header = load(weights, "gan-inpaint")
    try:
        generator = Generator(Architecture.from_plain(json.loads(header["config"])))
        generator.load_state_dict(tensors)
        return generator.eval().requires_grad_(False), ranges_in(header, generator)
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise WeightsError(
            f"does not fit the network of gan-inpaint ({error}).",
            path=weights,
            hint="Use the weights that came with it.",
        ) from error
