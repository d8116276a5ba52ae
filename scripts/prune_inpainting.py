"""Leave blocks of gan-inpaint's coarse half out: `python scripts/prune_inpainting.py WEIGHTS --keep 1 2 -o OUT`.

Blocks at 1/16 of the resolution whose result hardly changes what goes through cost time and megabytes
for nothing. Validate what is left (scripts/calibrate_inpainting.py does), or train on.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from restore_gan_inpaint.model import Architecture, Generator

from restore.errors import RestoreError, UsageError
from restore.weights import derived, header, load, save

FAR = re.compile(r"_coarse\.far\.(\d+)\.(.+)")


def prune(weights: Path, keep: list[int], out: Path) -> None:
    """Write the weights with fewer blocks.

    Args:
        weights: Of gan-inpaint.
        keep: Which of its blocks at 1/16 stay, counted from 0.
        out: A file to write.

    Raises:
        UsageError: There are not as many blocks.
        WeightsError: The weights cannot be read or are of another model.
        OutputError: The file cannot be written.
    """
    tensors, said = load(weights, "gan-inpaint")
    config = json.loads(header(weights)["config"])
    dilations = config["dilations"]
    if not keep or max(keep) >= len(dilations):
        raise UsageError(f"{weights.name} has the blocks 0 to {len(dilations) - 1}.", hint="Name those with --keep.")
    kept = {}
    for name, value in tensors.items():
        match = FAR.fullmatch(name)
        if match is None:
            kept[name] = value
        elif int(match[1]) in keep:
            kept[f"_coarse.far.{sorted(keep).index(int(match[1]))}.{match[2]}"] = value
    config["dilations"] = [dilations[k] for k in sorted(keep)]
    Generator(Architecture.from_plain(config)).load_state_dict(kept)
    which = " and ".join(map(str, sorted(keep)))
    how = f"{said['sha256'][:16]}, of the blocks at 1/16 only {which}"
    save(out, kept, derived(said, how, {}, config=json.dumps(config)))


def main() -> None:
    """Prune what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--keep", type=int, nargs="+", required=True, help="blocks at 1/16, counted from 0")
    parser.add_argument("-o", "--output", type=Path, required=True)
    asked = parser.parse_args()
    try:
        prune(asked.weights, asked.keep, asked.output)
    except RestoreError as error:
        parser.exit(error.exit_code, f"error: {error}\n")


if __name__ == "__main__":
    main()
