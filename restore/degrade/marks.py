"""Damage of prints and films, drawn: scratches, dust, creases, parts that are missing; and masks of where it lies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from numpy.random import Generator as Chance
from torch import Generator, Tensor

from restore.holes.drawing import SMALLEST, boxes
from restore.holes.lettering import text
from restore.holes.strokes import FRACTION, brush, scratches

LIGHT, DARK = (0.85, 1.0), (0.0, 0.15)
"""Grey values of damage that lets light through on a negative, and of damage that stops it on a slide or print."""

FAINTEST = 0.3
"""What covers a pixel less than this is not drawn, so that a mask marks nothing that cannot be seen."""

_LARGEST = 900
"""Pixels that a speck or a hair covers at most."""


@dataclass(frozen=True)
class Mark:
    """One piece of damage.

    Attributes:
        alpha: ``(H, W)`` in [0, 1].
        value: The grey value that it has.
    """

    alpha: npt.NDArray[np.float32]
    value: float


def scratched(clean: Tensor, share: Tensor, tone: str, generator: Generator) -> tuple[Tensor, Tensor]:
    """Lay scratches on pictures: `restore.holes.strokes.scratches`, nearly opaque.

    Args:
        clean: ``(N, 3, H, W)``.
        share: Of the pixels, ``(N, 1, 1, 1)``; a little more is covered.
        tone: "light", "dark" or "any".
        generator: On the device of `clean`.

    Returns:
        The pictures, and ``(N, 1, H, W)`` bool: where the damage lies. Nothing else has changed.
    """

    def draw(height: int, width: int, wanted: float, chance: Chance) -> list[Mark]:
        canvas = np.zeros((height, width), np.uint8)
        scratches(canvas, wanted, chance)
        return [Mark(canvas * np.float32(chance.uniform(0.8, 1)), _tone(tone, chance))]

    return _marked(clean, share, draw, generator)


def dusty(clean: Tensor, share: Tensor, tone: str, generator: Generator) -> tuple[Tensor, Tensor]:
    """Lay specks and hairs on pictures.

    Specks are rough polygons of a radius of 0.7 to 6 pixels, small ones most often; one piece in ten is a hair, curled,
    20 to 80 pixels long and one or two wide. The kinds are those that Ivanova, Williamson and Henderson, Simulating
    analogue film damage, Computer Graphics Forum 42, 2023, scanned; the numbers are ours.

    Args:
        clean: ``(N, 3, H, W)``.
        share: Of the pixels, ``(N, 1, 1, 1)``; a little more is covered.
        tone: "light", "dark" or "any".
        generator: On the device of `clean`.

    Returns:
        As `scratched`.
    """

    def draw(height: int, width: int, wanted: float, chance: Chance) -> list[Mark]:
        canvas = np.zeros((height, width), np.uint8)
        while (lacking := wanted * canvas.size - np.count_nonzero(canvas)) > 0:
            for _ in range(max(int(lacking / _LARGEST), 1)):  # counting takes longer than drawing
                (_hair if chance.random() < 0.1 else _speck)(canvas, chance)
        return [Mark((canvas > 0) * np.float32(chance.uniform(0.8, 1)), _tone(tone, chance))]

    return _marked(clean, share, draw, generator)


def creased(clean: Tensor, count: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Fold pictures from edge to edge: where the emulsion broke the paper shows, and one side lies in shade.

    Args:
        clean: ``(N, 3, H, W)``.
        count: Folds, rounded, ``(N, 1, 1, 1)``.
        generator: On the device of `clean`.

    Returns:
        As `scratched`; the shade is damage too.
    """

    def draw(height: int, width: int, wanted: float, chance: Chance) -> list[Mark]:
        return [mark for _ in range(round(wanted)) for mark in _crease(height, width, chance)]

    return _marked(clean, count, draw, generator)


def torn(clean: Tensor, share: Tensor, shape: str, fill: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Take parts away, as free strokes, rectangles or letters (see `restore.holes`).

    Args:
        clean: ``(N, 3, H, W)``, edges of at least `restore.holes.drawing.SMALLEST` pixels.
        share: Of the pixels, ``(N, 1, 1, 1)``.
        shape: "brush", "boxes" or "text".
        fill: The grey value that stands there, ``(N, 1, 1, 1)``.
        generator: On the device of `clean`.

    Returns:
        As `scratched`.

    Raises:
        ValueError: The pictures are too small.
    """
    if min(clean.shape[2:]) < SMALLEST:
        raise ValueError(f"parts can be missing in pictures from {SMALLEST} x {SMALLEST} pixels on")
    cut = {"brush": brush, "boxes": boxes, "text": text}[shape]
    values = iter(fill.flatten().tolist())

    def draw(height: int, width: int, wanted: float, chance: Chance) -> list[Mark]:
        canvas = np.zeros((height, width), np.uint8)
        cut(canvas, wanted, chance)
        return [Mark(canvas.astype(np.float32), next(values))]

    return _marked(clean, share, draw, generator)


def _marked(
    clean: Tensor, amounts: Tensor, draw: Callable[[int, int, float, Chance], Sequence[Mark]], generator: Generator
) -> tuple[Tensor, Tensor]:
    """Draw each picture's damage from a seed that the generator gives, and lay it on."""
    n, _, height, width = clean.shape
    seeds = torch.randint(2**62, (n,), generator=generator, device=clean.device).tolist()
    pictures = clean.clone()
    mask = torch.zeros(n, 1, height, width, dtype=torch.bool, device=clean.device)
    for k, (seed, amount) in enumerate(zip(seeds, amounts.flatten().tolist(), strict=True)):
        for mark in draw(height, width, amount, np.random.default_rng(seed)):
            alpha = torch.from_numpy(np.where(mark.alpha < FAINTEST, np.float32(0), mark.alpha)).to(clean.device)
            pictures[k] += alpha * (mark.value - pictures[k])
            mask[k, 0] |= alpha > 0
    return pictures, mask


def _tone(tone: str, chance: Chance) -> float:
    light = tone == "light" or (tone == "any" and chance.random() < 0.5)
    return float(chance.uniform(*(LIGHT if light else DARK)))


def _speck(canvas: npt.NDArray[np.uint8], chance: Chance) -> None:
    """A rough polygon."""
    radius = min(0.7 * math.exp(chance.exponential(0.7)), 6.0)
    angles = np.sort(chance.uniform(0, 2 * math.pi, int(chance.integers(6, 11))))
    reach = radius * chance.uniform(0.6, 1.2, len(angles)) * np.where(chance.random() < 0.3, 1.8, 1)
    middle = chance.uniform((0, 0), canvas.shape[::-1])
    points = middle - 0.5 + np.stack([np.cos(angles), np.sin(angles)], 1) * reach[:, None]
    cv2.fillPoly(canvas, [np.rint(points * 2**FRACTION).astype(np.int32)], 1, cv2.LINE_8, FRACTION)
    x, y = middle.astype(int)
    canvas[y, x] = 1  # a polygon between the pixels' centres would fill none


def _hair(canvas: npt.NDArray[np.uint8], chance: Chance) -> None:
    """A curl whose direction turns evenly."""
    steps = int(chance.integers(10, 41))
    start, turn = chance.uniform(0, 2 * math.pi), chance.uniform(-2, 2) * math.pi / steps
    heading = start + turn * np.arange(steps) + chance.normal(0, 0.08, steps).cumsum()
    way = np.stack([np.cos(heading), np.sin(heading)], 1).cumsum(0) * 2
    points = np.rint((chance.uniform((0, 0), canvas.shape[::-1]) + way) * 2**FRACTION).astype(np.int32)
    cv2.polylines(canvas, [points], False, 1, int(chance.integers(1, 3)), cv2.LINE_8, FRACTION)


def _crease(height: int, width: int, chance: Chance) -> list[Mark]:
    """The shade along one side of a fold, then the broken emulsion, which wanders a little off the straight line."""
    diagonal = math.hypot(height, width)
    angle = chance.uniform(0, math.pi)
    along = np.array([math.cos(angle), math.sin(angle)])
    across = np.array([-along[1], along[0]])
    middle = np.array([width, height]) * chance.uniform(0.15, 0.85, 2)
    places = np.arange(-diagonal, diagonal, 4.0)
    wander = chance.normal(0, 0.35, len(places)).cumsum()
    line = middle + places[:, None] * along + (wander - wander.mean())[:, None] * across
    wide = float(chance.uniform(3, 8))
    side = across * (wide / 2) * chance.choice((-1, 1))
    shade = _line(height, width, line + side, max(2, round(wide))) * np.float32(chance.uniform(0.3, 0.45))
    core = _line(height, width, line, int(chance.integers(1, 4))) * np.float32(chance.uniform(0.8, 1))
    gaps = np.repeat(chance.random(len(places) // 4 + 1) < 0.15, 4)[: len(places)]
    worn = _line(height, width, line, 1) * np.float32(0.4)
    for place in line[gaps]:
        x, y = np.rint(place).astype(int).tolist()
        cv2.circle(core, (x, y), 3, 0.0, cv2.FILLED)
    return [Mark(shade, 0.1), Mark(np.maximum(core, worn), float(chance.uniform(*LIGHT)))]


def _line(height: int, width: int, points: npt.NDArray[np.float64], thickness: int) -> npt.NDArray[np.float32]:
    canvas = np.zeros((height, width), np.float32)
    whole = np.rint(points * 2**FRACTION).astype(np.int32)
    cv2.polylines(canvas, [whole], False, 1.0, thickness, cv2.LINE_8, FRACTION)
    return canvas
