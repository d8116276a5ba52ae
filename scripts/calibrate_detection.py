"""Move the threshold of damage-unet: `python scripts/calibrate_detection.py WEIGHTS --logit -2.5 -o OUT`.

What was a logit of ``--logit`` becomes a probability of one half, the default threshold. `restore train` puts the
threshold where next to nothing of clean crops is marked; where it serves best in whole photographs, with the
hysteresis of `restore_damage_unet.infer`, `scripts/measure_detection.py --threshold` tells. ``--metrics`` are for the
header.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from restore_damage_unet.model import Architecture, Detector
from restore_damage_unet.recipe import calibrate

from restore.errors import RestoreError
from restore.weights import derived, load, save


def moved(weights: Path, logit: float, out: Path, metrics: dict[str, object]) -> None:
    """Write the weights with another threshold, in the precision that they have.

    Args:
        weights: Of damage-unet.
        logit: Of theirs, which will be 0.
        out: A file to write.
        metrics: What is reached with it, for the header.

    Raises:
        WeightsError: The weights cannot be read or are of another model.
        OutputError: The file cannot be written.
    """
    tensors, said = load(weights, "damage-unet")
    detector = Detector(Architecture(**json.loads(said["config"])))
    detector.load_state_dict(tensors)
    calibrate(detector, logit)
    kept = {name: value.to(tensors[name].dtype) for name, value in detector.state_dict().items()}
    how = f"{said['sha256'][:16]}, the threshold moved by {logit:g}"
    save(out, kept, derived(said, how, metrics))


def main() -> None:
    """Move it by what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--logit", type=float, required=True, help="which is to be the threshold")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--metrics", type=json.loads, default={}, help='as JSON: {"f1": 0.76}')
    asked = parser.parse_args()
    try:
        moved(asked.weights, asked.logit, asked.output, asked.metrics)
    except RestoreError as error:
        parser.exit(error.exit_code, f"error: {error}\n")


if __name__ == "__main__":
    main()
