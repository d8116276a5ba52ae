"""Writes the lists of sha256 beside all weights in this repository: ``python scripts/write_weights_sums.py``.

To be run whenever a file below ``plugins/*/weights`` has changed; a test says when that was forgotten.
"""

from __future__ import annotations

from pathlib import Path

from restore.weights.sums import write_sums

PLUGINS = Path(__file__).resolve().parents[1] / "plugins"


def main() -> None:
    """Write them."""
    for folder in sorted({path.parent for path in PLUGINS.glob("*/weights/*.safetensors")}):
        write_sums(folder)


if __name__ == "__main__":
    main()
