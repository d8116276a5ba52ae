"""Mix two weights of one network: `python scripts/mix_weights.py FIRST SECOND --share 0.65 -o OUT`.

Each parameter becomes (1 - share) of the first and share of the second. Where the second went on from the first
(`restore train --warm-start`), what lies between them is a network, too: between two of one kind often a little better
than either (Izmailov et al., Averaging weights leads to wider optima, UAI 2018), between one that errs little and one
that is sharp any compromise (X. Wang et al., Deep network interpolation for continuous imagery effect transition,
CVPR 2019). The header is the second's, with what was mixed; the metrics there are those of the second alone, so
that the mixture gets none of them, but what ``--metrics`` says: validate it first. What integers are calibrated to
is measured again by scripts/calibrate_inpainting.py.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from restore.errors import RestoreError, WeightsError
from restore.weights import derived, header, load, save


def mixed(first: Path, second: Path, share: float, out: Path, metrics: dict[str, object], only: str = "") -> None:
    """Write the mixture.

    Args:
        first: Weights written by `restore train`.
        second: Others of the same model and configuration.
        share: Of the second, 0 to 1.
        out: A file to write.
        metrics: What the mixture reaches in validation, for the header.
        only: How the names of the parameters begin that are mixed; the others are the second's.

    Raises:
        WeightsError: One cannot be read, they are of different networks, or no parameter's name begins so.
        OutputError: The mixture cannot be written.
    """
    model = header(first).get("model", "")
    (ours, said), (theirs, told) = load(first, model), load(second, model)
    if said["config"] != told["config"] or {n: t.shape for n, t in ours.items()} != {
        n: t.shape for n, t in theirs.items()
    }:
        raise WeightsError(f"its network is not that of {first.name}.", path=second, hint="Mix weights of one network.")
    if not any(name.startswith(only) for name in ours):
        raise WeightsError(
            f"none of its parameters is called {only}….", path=first, hint=f"There is {next(iter(ours))}."
        )
    values = {name: ours[name].lerp(theirs[name], share) if name.startswith(only) else theirs[name] for name in ours}
    where = f" in {only}" if only else ""
    what = f"{1 - share:.3g} of {said['sha256'][:16]} and {share:.3g} of {told['sha256'][:16]}{where}"
    save(out, values, derived(told, what, metrics))


def main() -> None:
    """Mix what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--share", type=float, required=True, help="of the second, 0 to 1")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--only", default="", help="mix parameters whose names begin so; the others are the second's")
    parser.add_argument("--metrics", type=json.loads, default={}, help='of the mixture, as JSON: {"psnr": 31.2}')
    asked = parser.parse_args()
    if not 0 <= asked.share <= 1:
        parser.error("--share must be between 0 and 1")
    try:
        mixed(asked.first, asked.second, asked.share, asked.output, asked.metrics, asked.only)
    except RestoreError as error:
        parser.exit(error.exit_code, f"error: {error}\n")


if __name__ == "__main__":
    main()
