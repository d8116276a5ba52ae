"""Begin a wider network where a narrower one is: `python scripts/widen_weights.py WEIGHTS WIDER -o OUT`.

The wider network gives the same pictures at first, so that `restore train --warm-start` goes on instead of beginning
anew: old channels keep their kernels and do not listen to new ones, new ones start as chance has them (Chen,
Goodfellow, Shlens, Net2Net, ICLR 2016, with kernels of zero instead of copied channels). ``WIDER`` is any weights of
the wider network, those of a second's training, say: ``restore train MODEL DATA -o WIDER --max-time 1s --set ...``.
It holds for networks that do not normalise over channels and nowhere put feature maps side by side.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from restore.errors import RestoreError, WeightsError
from restore.weights import derived, header, load, save


def widen(narrow: Path, wider: Path, out: Path) -> None:
    """Write the wider network.

    Args:
        narrow: Weights written by `restore train`.
        wider: Weights of a network of the same model with at least as many channels everywhere.
        out: A file to write.

    Raises:
        WeightsError: One cannot be read, or the second is not a wider network of the first's kind.
        OutputError: The result cannot be written.
    """
    model = header(narrow).get("model", "")
    (old, told), (new, said) = load(narrow, model), load(wider, model)
    fits = old.keys() == new.keys() and all(
        old[name].dim() == value.dim() and all(a <= b for a, b in zip(old[name].shape, value.shape, strict=True))
        for name, value in new.items()
    )
    if not fits:
        raise WeightsError(
            f"its network is not that of {narrow.name} with more channels.",
            path=wider,
            hint="Train a second with the settings of the wider network, and name those weights.",
        )
    values = {}
    for name, value in new.items():
        grown = value.clone()
        grown[: old[name].shape[0]] = 0
        grown[tuple(slice(length) for length in old[name].shape)] = old[name]
        values[name] = grown
    save(out, values, derived(told, f"{told['sha256'][:16]}, widened", {}, config=said["config"]))


def main() -> None:
    """Widen what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path)
    parser.add_argument("wider", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    try:
        widen(asked.weights, asked.wider, asked.output)
    except RestoreError as error:
        parser.exit(error.exit_code, f"error: {error}\n")


if __name__ == "__main__":
    main()
