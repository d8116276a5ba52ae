"""Measure how fast gan-inpaint fills holes, beside Telea's method on the same picture and holes, in one process.

    python scripts/measure_inpainting_speed.py PHOTO [--rounds 5] [--threads 2] [--weights FILE] [--no-scan]

First a part of 768 x 512 pixels from the middle of the photograph, mirrored where that is smaller, with the holes of
`restore benchmark inpaint`; then the same enlarged to a scan of 24 megapixels with 200 scratches, 300 to 2000 pixels
long and 1 to 5 wide. From 8 bits to 8 bits and from memory to memory. ``gan-inpaint`` is its whole restorer with
default options. The other is ``cv2.inpaint`` with Telea's method (Telea: An image inpainting technique based on the
fast marching method, JGT 2004) at radius 5. Rounds take turns, so that a machine whose speed drifts treats both alike;
the smallest time of each counts.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from restore.holes.drawing import draw_hole
from restore.image import Image, Observation, Pixels, picture_of
from restore.plugin_manager import PluginManager
from restore.spec import Runtime

HEIGHT, WIDTH = 512, 768
SCAN = 4000, 6000
SCRATCHES = 200
KINDS = ("scratch", "text", "brush20", "brush40")

Mask = npt.NDArray[np.bool_]

Inpainter = Callable[[Pixels, Mask], Pixels]
"""``(H, W, 3)`` uint8 with ``(H, W)``, True = missing → the same size, filled."""


def ours(manager: PluginManager, weights: Path | None, runtime: Runtime) -> Inpainter:
    """The restorer gan-inpaint as `restore inpaint` runs it."""
    spec = manager.restorer("gan-inpaint")
    restorer = manager.load(spec, weights, runtime)
    return lambda pixels, mask: picture_of(restorer.restore(Observation((Image(pixels),), mask), spec.options())).pixels


def telea(pixels: Pixels, mask: Mask) -> Pixels:
    """OpenCV's Telea at radius 5."""
    filled: Pixels = cv2.inpaint(pixels, mask.view(np.uint8), 5, cv2.INPAINT_TELEA)
    return filled


def middle(photo: Path, manager: PluginManager) -> Pixels:
    """768 x 512 pixels from the middle of a photograph, mirrored where it is smaller, as 8-bit RGB."""
    pixels = manager.read_image(photo, 500_000_000).pixels
    if pixels.dtype != np.uint8:
        raise SystemExit(f"{photo}: 8-bit pictures only.")
    missing = [max(0, wanted - length) for wanted, length in zip((HEIGHT, WIDTH), pixels.shape[:2], strict=True)]
    pixels = np.pad(pixels, [(0, missing[0]), (0, missing[1]), (0, 0)], "symmetric")
    top, left = (pixels.shape[0] - HEIGHT) // 2, (pixels.shape[1] - WIDTH) // 2
    piece = pixels[top : top + HEIGHT, left : left + WIDTH]
    return np.ascontiguousarray(np.repeat(piece, 3 // piece.shape[2], axis=2))


def scratched(height: int, width: int, count: int, generator: np.random.Generator) -> Mask:
    """Straight scratches anywhere, in any direction."""
    drawn = np.zeros((height, width), np.uint8)
    for _ in range(count):
        length, angle = generator.uniform(300, 2000), generator.uniform(0, np.pi)
        half = length / 2 * np.array([np.cos(angle), np.sin(angle)])
        place = generator.uniform((0, 0), (width, height))
        start, end = (np.rint(point).astype(int).tolist() for point in (place - half, place + half))
        cv2.line(drawn, start, end, 1, int(generator.integers(1, 6)))
    return drawn.astype(np.bool_)


def measure(name: str, pixels: Pixels, mask: Mask, inpaint: Inpainter, rounds: int) -> tuple[float, float]:
    """Time both in turn, print, and return their best seconds: ours, Telea's."""
    seconds: dict[Inpainter, list[float]] = {inpaint: [], telea: []}
    for _ in range(rounds):
        for each, times in seconds.items():
            began = time.perf_counter()
            result = each(pixels, mask)
            times.append(time.perf_counter() - began)
            assert np.array_equal(result[~mask], pixels[~mask])
    best, other = (min(times) for times in seconds.values())
    print(
        f"{name:10s}{mask.mean():7.1%} missing  gan-inpaint {best * 1000:8.1f} ms  Telea {other * 1000:8.1f} ms  "
        f"{other / best:5.2f} x as fast as Telea"
    )
    return best, other


def main() -> None:
    """Time, in turn, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--weights", type=Path, help="others than those that are shipped")
    parser.add_argument("--no-scan", action="store_true", help="leave the scan of 24 megapixels out")
    given = parser.parse_args()
    manager = PluginManager.discover()
    inpaint = ours(manager, given.weights, Runtime(device="cpu", threads=given.threads))
    cv2.setNumThreads(given.threads)
    pixels = middle(given.photo, manager)
    masks = {kind: draw_hole(kind, HEIGHT, WIDTH, np.random.default_rng(0)) for kind in KINDS}
    for mask in masks.values():
        inpaint(pixels, mask)  # prepares the convolutions for these shapes
    print(f"{WIDTH} x {HEIGHT}, {torch.get_num_threads()} threads, best of {given.rounds}")
    both = [measure(kind, pixels, mask, inpaint, given.rounds) for kind, mask in masks.items()]
    best, other = (sum(times) for times in zip(*both, strict=True))
    print(f"together   gan-inpaint {best * 1000:.1f} ms, Telea {other * 1000:.1f} ms, {other / best:.2f} x as fast")
    if not given.no_scan:
        scan = cv2.resize(pixels, SCAN[::-1], interpolation=cv2.INTER_CUBIC)
        print(f"{SCAN[1]} x {SCAN[0]} with {SCRATCHES} scratches, once")
        measure("scan", scan, scratched(*SCAN, SCRATCHES, np.random.default_rng(0)), inpaint, 1)
    print(f"load {os.getloadavg()[0]:.1f} at the end, {time.strftime('%Y-%m-%d')}")


if __name__ == "__main__":
    main()
