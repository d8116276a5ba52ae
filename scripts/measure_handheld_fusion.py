"""Measure what is lost when a series was held in the hand: `restore fuse` on it beside the same series from a tripod.

    python scripts/measure_handheld_fusion.py PHOTO... [-m latent-fusion] [--shift 30] [--turn 1.5] [--weights FILE]

Each photograph (its middle, 1536 x 1152 pixels at most) is split by focus and exposed two stops too short and too long,
in twice the resolution. The frames from the hand are shifted and turned before they are reduced, those from the tripod
are only reduced, so that both have been resampled by their camera alone. Then the frames are aligned as `restore fuse`
does, and fused. Each result is compared with the photograph, reduced, in the part that the hand-held frames have in
common. What is lost to resampling alone, which no alignment can avoid, is told from what is lost to a wrong estimate by
a third result: of the same hand-held frames, laid over each other by the movement that is known. Prints a table in
Markdown: mean PSNR in dB over the photographs.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch

from restore.degrade import bracket, focus_split
from restore.image import Image, Observation, Pixels, SeriesKind, picture_of
from restore.metrics import psnr
from restore.plugin_manager import PluginManager
from restore.series.alignment import align
from restore.series.geometry import Matrix
from restore.series.warping import warped
from restore.spec import Options, Restorer, Runtime

HEIGHT, WIDTH = 1152, 1536
STOPS = (0.0, -2.0, 2.0)


def middle(picture: Pixels) -> Pixels:
    """The middle of a photograph, its edges multiples of 32."""
    height, width = (min(most, edge // 32 * 32) for most, edge in zip((HEIGHT, WIDTH), picture.shape[:2], strict=True))
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    return np.ascontiguousarray(picture[top : top + height, left : left + width])


def frames_of(picture: Pixels, kind: SeriesKind, seed: int) -> list[Pixels]:
    """The frames of a series, in the photograph's resolution."""
    clean = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    generator = torch.Generator().manual_seed(seed)
    if kind is SeriesKind.FOCUS:
        frames = focus_split(clean, generator, occlusion=0.0, radii=(4.0, 10.0))[0]
    else:
        frames = bracket(clean, generator, len(STOPS), ev=torch.tensor([STOPS]))
    return [(frame.permute(1, 2, 0) * 255).round().numpy().astype(np.uint8) for frame in frames[0]]


def movement(frame: Pixels, shift: float, turn: float, number: int) -> Matrix:
    """Where the hand has moved a frame's pixels: by `shift` pixels of the reduced frame, turned by `turn` degrees."""
    height, width = frame.shape[:2]
    sign = 1 if number % 2 else -1
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), sign * turn, 1.0)
    matrix[:, 2] += 2 * sign * shift * np.array([0.8, -0.6])
    return np.vstack([matrix, [0.0, 0.0, 1.0]])


def held(frame: Pixels, matrix: Matrix) -> Pixels:
    """What such a hand has seen."""
    height, width = frame.shape[:2]
    moved = cv2.warpPerspective(frame, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved)


def halved(matrix: Matrix) -> Matrix:
    """The same movement in pixels of the reduced frame, whose centres lie between those of 2x2 pixels."""
    enlarge = np.array([[2.0, 0.0, 0.5], [0.0, 2.0, 0.5], [0.0, 0.0, 1.0]])
    return np.asarray(np.linalg.inv(enlarge) @ matrix @ enlarge)


def reduced(frame: Pixels) -> Image:
    """Half the resolution."""
    return Image(np.ascontiguousarray(cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)))


def fused(restorer: Restorer, options: Options, frames: Sequence[Image], kind: SeriesKind) -> Pixels:
    """One picture of the frames."""
    return picture_of(restorer.restore(Observation(tuple(frames), kind=kind), options)).pixels


def place_in(part: Pixels, whole: Pixels) -> tuple[slice, slice]:
    """Where a part was cut out of a picture."""
    height, width = part.shape[:2]
    for top in range(whole.shape[0] - height + 1):
        for left in range(whole.shape[1] - width + 1):
            window = slice(top, top + height), slice(left, left + width)
            if np.array_equal(whole[top, left : left + width], part[0]) and np.array_equal(whole[window], part):
                return window
    raise SystemExit("the reference was changed by the alignment.")


def compared(
    picture: Pixels, kind: SeriesKind, restorer: Restorer, options: Options, moves: tuple[float, float]
) -> tuple[float, float, float]:
    """PSNR of the series from the tripod, from the hand with the movement known, and from the hand as it is."""
    truth = reduced(picture).pixels
    taken = frames_of(picture, kind, seed=0)
    tripod = [reduced(frame) for frame in taken]
    matrices = [movement(frame, *moves, number) for number, frame in enumerate(taken)]
    hand = [tripod[0], *(reduced(held(frame, m)) for frame, m in zip(taken[1:], matrices[1:], strict=True))]
    known = [tripod[0], *(warped(frame, halved(m)) for frame, m in zip(hand[1:], matrices[1:], strict=True))]
    align(hand, [Path(f"frame {number}") for number in range(len(hand))], kind)
    box = place_in(hand[0].pixels, tripod[0].pixels)
    results = fused(restorer, options, tripod, kind)[box], fused(restorer, options, known, kind)[box]
    still, told = (psnr(result, truth[box]) for result in results)
    return still, told, psnr(fused(restorer, options, hand, kind), truth[box])


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description="Hand-held series beside those from a tripod.")
    arguments.add_argument("photos", type=Path, nargs="+")
    arguments.add_argument("-m", "--model", default="latent-fusion")
    arguments.add_argument("--shift", type=float, default=30.0, help="pixels")
    arguments.add_argument("--turn", type=float, default=1.5, help="degrees")
    arguments.add_argument("--weights", type=Path)
    given = arguments.parse_args()
    manager = PluginManager.discover()
    spec = manager.restorer(given.model)
    restorer, options = manager.load(spec, given.weights, Runtime()), spec.options()
    pictures = [middle(manager.read_image(path, 500_000_000).pixels) for path in given.photos]
    print(
        "| series | tripod, dB | hand, movement known | hand | lost to the estimate |\n| --- | --- | --- | --- | --- |"
    )
    for kind in (SeriesKind.EXPOSURE, SeriesKind.FOCUS):
        pairs = [compared(picture, kind, restorer, options, (given.shift, given.turn)) for picture in pictures]
        still, told, hand = np.mean(pairs, axis=0)
        print(f"| {kind.value}, {len(pairs)} photographs | {still:.2f} | {told:.2f} | {hand:.2f} | {told - hand:.2f} |")


if __name__ == "__main__":
    main()
