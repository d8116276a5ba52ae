"""Measure how fast latent-fusion fuses, beside OpenCV's MergeMertens on the same frames, in one process.

    python scripts/measure_fusion_speed.py FRAME FRAME [--megapixels 1 12] [--rounds 5] [--threads 2] [--weights FILE]

The frames are resized to each number of megapixels. From 8 bits to 8 bits and from memory to memory: nothing is read,
aligned or deghosted. ``latent-fusion`` is its whole restorer with default options; the other is
``cv2.createMergeMertens().process`` and the rounding of its result to 8 bits (Mertens, Kautz, Van Reeth: Exposure
fusion, Pacific Graphics 2007). Rounds take turns, so that a machine whose speed drifts treats both alike; the smallest
time of each counts.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from restore.image import Image, Observation, Pixels, SeriesKind, picture_of
from restore.plugin_manager import PluginManager
from restore.spec import Runtime

Fuser = Callable[[Sequence[Pixels]], Pixels]
"""Frames ``(H, W, 3)`` uint8 → one picture of the same size."""


def ours(manager: PluginManager, weights: Path | None, runtime: Runtime) -> Fuser:
    """The restorer latent-fusion as `restore fuse` runs it."""
    spec = manager.restorer("latent-fusion")
    restorer = manager.load(spec, weights, runtime)

    def fuse(frames: Sequence[Pixels]) -> Pixels:
        series = Observation(tuple(map(Image, frames)), kind=SeriesKind.EXPOSURE)
        return picture_of(restorer.restore(series, spec.options())).pixels

    return fuse


def mertens(frames: Sequence[Pixels]) -> Pixels:
    """OpenCV's exposure fusion."""
    fused = cv2.createMergeMertens().process(list(frames))
    return np.asarray((fused * 255).round().clip(0, 255).astype(np.uint8))


def seconds(fuser: Fuser, frames: Sequence[Pixels]) -> float:
    """How long one fusion takes."""
    began = time.perf_counter()
    fuser(frames)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print a table in Markdown."""
    arguments = argparse.ArgumentParser(description="latent-fusion beside MergeMertens.")
    arguments.add_argument("frames", type=Path, nargs="+")
    arguments.add_argument("--megapixels", type=float, nargs="+", default=[1.0, 12.0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--weights", type=Path)
    given = arguments.parse_args()
    cv2.setNumThreads(given.threads)
    manager = PluginManager.discover()
    fuser = ours(manager, given.weights, Runtime(threads=given.threads))
    pictures = [manager.read_image(path, 500_000_000).pixels for path in given.frames]
    if any(p.dtype != np.uint8 or p.shape != pictures[0].shape or p.shape[2] != 3 for p in pictures):
        raise SystemExit("8-bit colour frames of one size only.")
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{len(pictures)} frames, {given.threads} threads (torch {torch.get_num_threads()}), load average {load}\n")
    print("| megapixels | latent-fusion, s | MergeMertens, s | times slower |\n| --- | --- | --- | --- |")
    height, width = pictures[0].shape[:2]
    for megapixels in given.megapixels:
        factor = (megapixels * 1e6 / (height * width)) ** 0.5
        size = round(width * factor), round(height * factor)
        frames = [np.ascontiguousarray(cv2.resize(p, size, interpolation=cv2.INTER_CUBIC)) for p in pictures]
        rounds = [(seconds(fuser, frames), seconds(mertens, frames)) for _ in range(given.rounds)]
        best = [min(times) for times in zip(*rounds, strict=True)]
        print(f"| {megapixels:g} | {best[0]:.3f} | {best[1]:.3f} | {best[0] / best[1]:.2f} |")


if __name__ == "__main__":
    main()
