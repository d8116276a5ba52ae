"""Measure what the layers of gan-inpaint are given: `python scripts/calibrate_inpainting.py WEIGHTS DATA... -o OUT`.

CPUs that compute in integers of 8 bits need the range of what enters each convolution. `restore train` writes it into
the header; after `scripts/mix_weights.py` it has to be measured again. ``DATA`` are the folders of photographs that the
weights were trained with: those held back are filled, as in validation, and what that says is written, too.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from restore_gan_inpaint.model import Architecture, Generator
from restore_gan_inpaint.quantization import as_header, watched
from restore_gan_inpaint.recipe import split, validate, validation_crops

from restore.errors import RestoreError
from restore.toolkit.patches import load_photographs
from restore.weights import header, load, save

CROP = 192
"""Shortest edge of the photographs that count, as in the training."""


def calibrate(weights: Path, data: list[Path], out: Path) -> dict[str, float]:
    """Write the weights with ranges and metrics in the header.

    Args:
        weights: Of gan-inpaint.
        data: Folders of photographs.
        out: A file to write.

    Returns:
        What validation says.

    Raises:
        InputError: There are no photographs.
        WeightsError: The weights cannot be read or are of another model.
        OutputError: The file cannot be written.
    """
    tensors, _ = load(weights, "gan-inpaint")
    generator = Generator(Architecture.from_plain(json.loads(header(weights)["config"])))
    generator.load_state_dict(tensors)
    _, held = split(load_photographs(data, CROP).pictures)
    with TemporaryDirectory() as folder, watched(generator) as ranges:
        scores = validate(generator, validation_crops(held, torch.device("cpu")), Path(folder), 0)
    kept = {name: text for name, text in header(weights).items() if name not in ("created", "sha256")}
    metrics = json.dumps({name: round(value, 4) for name, value in scores.items()})
    save(out, tensors, kept | {"metrics": metrics} | as_header(ranges))
    return scores


def main() -> None:
    """Calibrate what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("-o", "--output", type=Path, required=True)
    asked = parser.parse_args()
    try:
        scores = calibrate(asked.weights, asked.data, asked.output)
    except RestoreError as error:
        parser.exit(error.exit_code, f"error: {error}\n")
    print(", ".join(f"{name} {value:.3f}" for name, value in scores.items()))


if __name__ == "__main__":
    main()
