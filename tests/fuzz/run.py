"""Read thousands of damaged files: ``python tests/fuzz/run.py --inputs 20000 --seed 1``.

Input number N of a seed is always the same (with the same versions of the encoders): ``--first N --inputs 1`` repeats
it. Findings are kept, with what was found, in the folder given with ``--keep``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

if __name__ in ("__main__", "__mp_main__"):
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # the checkout, from which this folder is imported

from tests.fuzz.corpus import corpus
from tests.fuzz.mutations import TRUNCATION, mutated
from tests.fuzz.trial import READ, REFUSED, Verdict
from tests.fuzz.worker import ADDRESSES, PEAK, SECONDS, Worker

FORMATS = {".jpg": "JPEG", ".tif": "TIFF", ".webp": "WebP", ".heic": "HEIC", ".dng": "RAW"}


@dataclass(frozen=True)
class Input:
    """One damaged file: its number, the file it was made of, what was done, and the bytes."""

    number: int
    name: str
    damage: str
    data: bytes


@dataclass
class Row:
    """What became of the files of one format."""

    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    truncated: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    peak: int = 0

    def add(self, item: Input, verdict: Verdict) -> None:
        """Count one more."""
        self.inputs += 1
        self.outcomes[verdict.outcome if not verdict.is_finding else "findings"] += 1
        self.truncated += item.damage == TRUNCATION
        self.accepted[verdict.accepted] += bool(verdict.accepted)
        self.slowest, self.peak = max(self.slowest, verdict.seconds), max(self.peak, verdict.peak)


def inputs(files: dict[str, bytes], seed: int, first: int, count: int) -> Iterator[Input]:
    """Yield damaged files; every valid file in turn, so that every format and variant gets its share.

    Formats take turns, and within a format its variants: a format with many variants gets no more files than others.
    """
    kinds: dict[str, list[str]] = {}
    for name in files:
        kinds.setdefault(format_of(name), []).append(name)
    rings = list(kinds.values())
    for number in range(first, first + count):
        rng = Random(f"{seed}/{number}")
        name = rng.choice(rings[number % len(rings)])
        data, damage = mutated(files[name], files[rng.choice(list(files))], rng)
        if damage != TRUNCATION and rng.random() < 0.02:
            name = f"misnamed{Path(rng.choice(list(files))).suffix}"
        yield Input(number, name, damage, data)


def format_of(name: str) -> str:
    """Return the format's name from a file's suffix."""
    suffix = Path(name).suffix
    return "PNM" if suffix in (".pbm", ".pgm", ".ppm") else FORMATS.get(suffix, suffix[1:].upper())


def fuzz(seed: int, first: int, count: int, keep: Path | None, folder: Path) -> dict[str, Row]:
    """Try `count` inputs; print and keep each finding; return the rows of the table."""
    files = corpus()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    worker = Worker(folder, [folder / name for name in files])
    rows: dict[str, Row] = {}
    try:
        for item in inputs(files, seed, first, count):
            path = folder / f"input{Path(item.name).suffix}"
            path.write_bytes(item.data)
            whole = folder / item.name if item.damage == TRUNCATION else None
            verdict = worker.run(path, whole)
            rows.setdefault(format_of(item.name), Row()).add(item, verdict)
            if verdict.is_finding:
                _report(item, verdict, seed, keep)
    finally:
        worker.stop()
    return rows


def _report(item: Input, verdict: Verdict, seed: int, keep: Path | None) -> None:
    lines = f"--seed {seed} --first {item.number} --inputs 1: {item.name}, {item.damage}\n{verdict.detail}\n"
    print(f"FINDING {verdict.outcome}: {lines}", flush=True)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{seed}-{item.number}-{item.name}").write_bytes(item.data)
        (keep / f"{seed}-{item.number}-{item.name}.txt").write_text(f"{verdict.outcome}: {lines}", "utf-8")


def table(rows: dict[str, Row]) -> str:
    """Return the result as a table of Markdown."""
    total = Row()
    for row in rows.values():
        total.inputs += row.inputs
        total.outcomes += row.outcomes
        total.truncated += row.truncated
        total.accepted += row.accepted
        total.slowest, total.peak = max(total.slowest, row.slowest), max(total.peak, row.peak)
    lines = [
        "| Format | Inputs | Read | Refused | Findings | Slowest, s | Peak, MiB | Truncated | of these read: nothing "
        "lost | with a warning |",
        "| --- |" + " ---: |" * 9,
    ]
    for name, row in [*rows.items(), ("all", total)]:
        nothing = row.accepted["nothing lost"] + row.accepted["now a single picture"]
        lines.append(
            f"| {name} | {row.inputs} | {row.outcomes[READ]} | {row.outcomes[REFUSED]} | {row.outcomes['findings']} "
            f"| {row.slowest:.2f} | {row.peak / 2**20:.1f} | {row.truncated} | {nothing} "
            f"| {row.accepted['with a warning']} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Run from the command line; 1 if there were findings."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=20_000, help="how many damaged files (20000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same files (1)")
    parser.add_argument("--first", type=int, default=0, help="number of the first input (0)")
    parser.add_argument("--keep", type=Path, help="folder for the files of findings; none are kept without it")
    given = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        rows = fuzz(given.seed, given.first, given.inputs, given.keep, Path(folder))
    print(table(rows))
    print(f"\nLimits: {SECONDS:g} s, {PEAK >> 20} MiB resident, {ADDRESSES >> 20} MiB of data.")
    print(f"{given.inputs} inputs of seed {given.seed} in {time.monotonic() - began:.0f} s.")
    return 1 if any(row.outcomes["findings"] for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
