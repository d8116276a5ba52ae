"""Batches that cannot lose a photo, the proof: ``python tests/faults/run.py --kills 50 --files 200``.

Plays every scene with a seed that is printed, and gives it again with ``--seed``. Scenes can be named to play only
those. As root on Linux it can play all; elsewhere it says which it cannot.
"""

from __future__ import annotations

import argparse
import functools
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random, SystemRandom

if __name__ in ("__main__", "__mp_main__"):
    sys.path[0] = str(Path(__file__).resolve().parents[2])  # the checkout, from which this folder is imported

from tests.faults import faults, scenes
from tests.faults.tree import BAD

Scene = Callable[[Path, Random], str]


def all_scenes(kills: int, files: int, bad: int) -> dict[str, Scene]:
    """Every scene by name."""
    step = scenes.killed_at_every_step
    return {
        "killed": functools.partial(scenes.killed, kills=kills, files=files, bad=bad, within=5.0),
        "killed-in-place": functools.partial(scenes.killed_in_place, kills=max(kills // 2, 1), files=files // 4),
        "killed-at-every-step": step,
        "killed-at-every-step-in-place": functools.partial(step, in_place=True),
        "killed-at-every-step-in-one-process": functools.partial(step, isolated=False),
        "killed-at-every-step-in-place-in-one-process": functools.partial(step, in_place=True, isolated=False),
        "killed-with-companions": functools.partial(
            scenes.killed, kills=max(kills // 2, 1), files=files // 2, bad=bad, within=5.0, companions=2
        ),
        "killed-in-place-with-companions": functools.partial(
            scenes.killed_in_place, kills=max(kills // 4, 1), files=files // 8, companions=2
        ),
        "killed-over-older-results-with-companions": scenes.killed_over_older_results,
        "stopped": functools.partial(scenes.stopped, files=files // 8),
        "stopped-at-once": scenes.stopped_at_once,
        "two-at-once": functools.partial(scenes.two_at_once, files=files // 8),
        "disk-full": functools.partial(faults.disk_full, files=files),
        "permission-lost": functools.partial(faults.permission_lost, files=files // 2),
        "moving-inputs": functools.partial(faults.moving_inputs, files=files // 4),
        "too-slow": faults.too_slow,
        "too-many-failures": faults.too_many_failures,
        "stillborn": faults.stillborn,
        "memory-eaten": faults.memory_eaten,
    }


def main() -> int:
    """Play the scenes; the number of those that failed is the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", nargs="*", help="which; all without it")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--bad", type=int, default=20, help=f"of the files; of {len(BAD) - 1} kinds")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    given = parser.parse_args()
    table = all_scenes(given.kills, given.files, given.bad)
    failed = 0
    print(f"seed {given.seed}")
    for name in given.scene or table:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="restore-faults-", ignore_cleanup_errors=True) as place:
            try:
                words = table[name](Path(place), Random(f"{given.seed} {name}"))
            except faults.SceneImpossible as why:
                words = f"not played: {why}"
            except AssertionError as why:
                failed += 1
                words = f"FAILED: {why}"
        print(f"{name:45} {words} ({time.monotonic() - began:.0f} s)", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
