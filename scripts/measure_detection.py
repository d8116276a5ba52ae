"""Measure how well damage-unet finds film damage it has never seen, and how little it marks in clean photographs.

    python scripts/measure_detection.py --photographs train-a train-b --overlays film-damage --clean CBSD68 [--count 20]

Photographs and overlays are split as in the training, and only those held back are used. For each kind of damage,
``--count`` compositions are made: one held-back overlay, turned, mirrored and scaled by chance, fully opaque but for
its own alpha, bright or dark, on a crop of a held-back photograph. Truth is where a channel changes by more than 20
of 255 (`VISIBLE`): fainter damage is not asked for. Each is judged as it is ("sharp") and as an old print scanned
("scan": grey or faded or soft, grain, noise, JPEG, opacity and colours as in the training). Precision: predicted
pixels within 1 pixel of a true one; recall: true pixels within 1 pixel of a predicted one; of all pixels of a kind
together. "Single": mean of the F1 of the pictures. "All" is of the scanned overlays; twice as many compositions with
drawn lines, as the training has them, 1 to 5 pixels wide, follow by themselves.

Then the share of pixels marked in the held-back photographs themselves and in the folders of ``--clean``. Prints tables
in Markdown, as docs/benchmarks.md has them; what is being done goes to stderr.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from restore_damage_unet.damage import VISIBLE, Layers, draw_colour, draw_opacity, drawn_scratch, scanned, toned
from restore_damage_unet.overlays import Overlay, load_overlays, placed, split_overlays
from restore_damage_unet.recipe import split
from restore_damage_unet.scoring import Agreement, agreement

from restore.image import Image, Observation, Pixels
from restore.plugin_manager import PluginManager
from restore.spec import Restorer, Runtime
from restore.toolkit.patches import CropSampler, load_photographs

MODEL = "damage-unet"
EDGE = 384
"""Edge of the compositions in pixels."""
SCALES = (0.5, 2.0)


@dataclass(frozen=True)
class Composition:
    """A damaged picture and the truth about it.

    Attributes:
        pixels: ``(H, W, 3)`` uint8.
        truth: ``(H, W)``, True = damaged.
    """

    pixels: Pixels
    truth: npt.NDArray[np.bool_]


Pieces = Callable[[int, np.random.Generator], npt.NDArray[np.float32]]
"""Makes the alpha of the damage of a composition, ``(EDGE, EDGE)`` in [0, 1], from its number and chance."""


def laid(overlays: Sequence[Overlay]) -> Pieces:
    """Overlays of one kind, in turn."""

    def piece(k: int, random: np.random.Generator) -> npt.NDArray[np.float32]:
        scale = float(np.exp(random.uniform(*np.log(SCALES))))
        return placed(overlays[k % len(overlays)], (EDGE, EDGE), scale, random)

    return piece


def drawn(_: int, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """One or two long thin lines."""
    return drawn_scratch(EDGE, random)


def compositions(
    photographs: Sequence[Pixels], pieces: Pieces, count: int, scan: bool, seed: int
) -> Iterator[Composition]:
    """Lay damage of one kind on crops of photographs; the same for the same seed.

    Args:
        photographs: uint8 RGB, at least `EDGE` pixels large.
        pieces: Where the damage comes from.
        count: Compositions to make.
        scan: Tone, scan and let shine through as in the training; otherwise the bare composition.
        seed: Of everything random.
    """
    random, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    sampler = CropSampler(photographs, EDGE, seed=seed, scales=(1.0, 0.5), candidates=1)
    for k in range(count):
        clean = sampler.batch(1)
        alpha = pieces(k, random)
        colour = draw_colour(random) if scan else np.full(3, random.choice((0.03, 0.97)))
        strength = draw_opacity(random) if scan else 1.0
        layers = Layers(
            torch.from_numpy(alpha * np.float32(strength))[None, None, None],
            torch.from_numpy(colour.astype(np.float32))[None, None, :, None, None],
        )
        clean = toned(clean, generator) if scan else clean
        damaged = layers.on(clean)
        picture, change = (
            scanned(clean, damaged, generator) if scan else (damaged, (damaged - clean).abs().amax(1, keepdim=True))
        )
        pixels = (picture[0].permute(1, 2, 0).clamp(0, 1) * 255).round().to(torch.uint8).numpy()
        yield Composition(np.ascontiguousarray(pixels), (change[0, 0] > VISIBLE).numpy())


class Judge:
    """The detector and its options.

    Args:
        weights: A file, or None for the shipped ones.
        threshold: The option of that name, or None for its default.
    """

    def __init__(self, weights: Path | None, threshold: float | None) -> None:
        manager = PluginManager.discover()
        spec = manager.restorer(MODEL)
        self.restorer: Restorer = manager.load(spec, weights, Runtime(device="cpu"))
        self.options = spec.options.model_validate({} if threshold is None else {"threshold": threshold})

    def mask(self, pixels: Pixels) -> npt.NDArray[np.bool_]:
        """What is found, ``(H, W)``."""
        found = self.restorer.restore(Observation((Image(pixels),)), self.options)
        assert isinstance(found, Image)
        return np.asarray(found.pixels[:, :, 0] > 0)

    def scores(self, made: Iterator[Composition]) -> list[Agreement]:
        """One for each composition."""
        return [agreement(self.mask(each.pixels), each.truth) for each in made]

    def both(
        self, photographs: Sequence[Pixels], pieces: Pieces, count: int, seed: int
    ) -> tuple[list[Agreement], list[Agreement]]:
        """Of damage as it is, and of scans."""
        bare, scan = (self.scores(compositions(photographs, pieces, count, scan, seed)) for scan in (False, True))
        return bare, scan

    def marked(self, pictures: Sequence[Pixels]) -> tuple[float, float]:
        """Share of all pixels marked, and of the worst picture, in per cent."""
        masks = [self.mask(picture) for picture in pictures]
        total = sum(int(m.sum()) for m in masks) / sum(m.size for m in masks)
        return 100 * total, 100 * max(float(m.mean()) for m in masks)


def row(name: str, bare: Sequence[Agreement], scan: Sequence[Agreement]) -> str:
    """A line of the table."""
    cells = []
    for scores in (bare, scan):
        total = sum(scores, Agreement())
        single = float(np.mean([score.f1 for score in scores]))
        cells.append(f"{total.f1:.3f} | {total.precision:.3f} / {total.recall:.3f} | {single:.3f}")
    return f"| {name} | {cells[0]} | {cells[1]} |"


def main() -> None:
    """Compose, detect, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photographs", type=Path, nargs="+", required=True, help="as in the training")
    parser.add_argument("--overlays", type=Path, nargs="+", required=True, help="as in the training")
    parser.add_argument("--clean", type=Path, nargs="*", default=[], help="folders of clean photographs")
    parser.add_argument("--count", type=int, default=20, help="compositions of each kind")
    parser.add_argument("--weights", type=Path, help="instead of the shipped ones")
    parser.add_argument("--threshold", type=float, help="instead of the default")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    judge = Judge(given.weights, given.threshold)
    # The smallest edge decides which photographs take part, and so which are held back: that of the training.
    held = split(load_photographs(given.photographs, 272).pictures)[1]
    large = [picture for picture in held if min(picture.shape[:2]) >= EDGE]
    overlays = split_overlays(load_overlays(given.overlays).items)[1]
    print(f"{len(held)} photographs and {len(overlays)} overlays held back", file=sys.stderr)
    print("| kind | F1, sharp | precision / recall | single | F1, scan | precision / recall | single |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    everything: tuple[list[Agreement], list[Agreement]] = ([], [])
    for number, kind in enumerate(sorted({overlay.kind for overlay in overlays})):
        own = [overlay for overlay in overlays if overlay.kind == kind]
        both = judge.both(large, laid(own), given.count, given.seed + 100 * number)
        for scores, kept in zip(both, everything, strict=True):
            kept += scores
        print(row(kind, *both), flush=True)
    print(row("all", *everything))
    print(row("drawn lines", *judge.both(large, drawn, 2 * given.count, given.seed + 10_000)), flush=True)
    print("\n| clean photographs | marked | of the worst one |\n| --- | --- | --- |")
    folders = [("held back from training", held)]
    folders += [(folder.name, list(load_photographs([folder], 1).pictures)) for folder in given.clean]
    for name, pictures in folders:
        mean, worst = judge.marked(pictures)
        print(f"| {name} ({len(pictures)}) | {mean:.3f} % | {worst:.2f} % |", flush=True)


if __name__ == "__main__":
    main()
