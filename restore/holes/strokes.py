"""Holes made of strokes: wide free-form brushes and thin scratches."""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Canvas = npt.NDArray[np.uint8]
"""``(H, W)``, C-contiguous; 0 = known, 1 = missing."""

STEP = 8
"""Strokes are drawn in pieces of at most so many pixels, so that they can stop where enough is covered."""

WIDTHS = (12, 40)
"""Brush widths in pixels, both included; at most a sixth of the picture's shorter edge."""

FRACTION = 4
"""Bits behind the point of a scratch's coordinates: rounded to whole pixels, slight curves would have corners."""


def brush(canvas: Canvas, share: float, generator: Generator) -> None:
    """Paint free-form brush strokes until a share of the canvas is covered.

    Strokes are those of J. Yu et al., Free-form image inpainting with gated convolution (DeepFillv2), ICCV 2019, with
    the numbers of the authors' program: 4 to 11 straight pieces at 72 ± 24 degrees, alternately up and down, of
    normally distributed lengths (mean an eighth of the diagonal, deviation half of that), 12 to 40 pixels wide, round
    joints; mirrored by chance. They draw up to three per picture and let all run sideways; here half of them run
    upwards, and strokes are added, the last one cut short, until the share is reached.

    Args:
        canvas: Changed in place.
        share: Of all pixels, 0 to 1, counting those that are missing before.
        generator: Where chance comes from.
    """
    height, width = canvas.shape
    wanted = share * canvas.size
    covered = int(np.count_nonzero(canvas))
    radius = math.hypot(height, width) / 8
    most = max(2, min(WIDTHS[1], min(height, width) // 6))
    while covered < wanted:
        thickness = int(generator.integers(min(WIDTHS[0], most), most + 1))
        flip = generator.choice((-1, 1), 2)
        x, y = generator.uniform(0, width), generator.uniform(0, height)
        upwards = generator.random() < 0.5
        spread = generator.uniform(0, 2 * math.pi / 15, 2)
        for piece in range(int(generator.integers(4, 12))):
            angle = generator.uniform(2 * math.pi / 5 - spread[0], 2 * math.pi / 5 + spread[1]) * (-1) ** piece
            length = float(np.clip(generator.normal(radius, radius / 2), 0, 2 * radius))
            along, across = flip * length * (math.cos(angle), math.sin(angle))
            move_x, move_y = (across, along) if upwards else (along, across)
            end_x = float(np.clip(x + move_x, 0, width - 1))
            end_y = float(np.clip(y + move_y, 0, height - 1))
            covered = _stroke(canvas, (x, y), (end_x, end_y), thickness, covered, wanted)
            x, y = end_x, end_y


def _stroke(
    canvas: Canvas, start: tuple[float, float], end: tuple[float, float], thickness: int, covered: int, wanted: float
) -> int:
    """Draw a straight piece with round ends, as far as it is wanted; returns how many pixels are covered then."""
    steps = max(1, math.ceil(math.dist(start, end) / STEP))
    path = np.rint(np.linspace(start, end, steps + 1)).astype(int)
    for a, b in pairwise(path):
        if covered >= wanted:
            break
        (left, top), (right, bottom) = np.minimum(a, b) - thickness, np.maximum(a, b) + thickness + 1
        near = canvas[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
        before = np.count_nonzero(near)
        cv2.line(canvas, a.tolist(), b.tolist(), 1, thickness)
        for joint in (a, b):
            cv2.circle(canvas, joint.tolist(), thickness // 2, 1, cv2.FILLED)
        covered += int(np.count_nonzero(near) - before)
    return covered


def scratches(canvas: Canvas, share: float, generator: Generator) -> None:
    """Draw scratches until a share of the canvas is covered: what transport and handling do to film.

    Each is a quadratic Bézier curve between a third of the diagonal and all of it long, bent by up to a twentieth of
    that, and 1, 3 or 5 pixels wide (OpenCV's thickness 1 to 3). Half of them run within 8 degrees of the vertical, as
    those of a film's transport do; a third are dashed, in dashes of 4 to 40 pixels.

    Args:
        canvas: Changed in place.
        share: Of all pixels, 0 to 1, counting those that are missing before.
        generator: Where chance comes from.
    """
    height, width = canvas.shape
    diagonal = math.hypot(height, width)
    while np.count_nonzero(canvas) < share * canvas.size:
        middle = generator.uniform((0, 0), (width, height))
        upright = generator.random() < 0.5
        angle = math.pi / 2 + generator.uniform(-1, 1) * (math.radians(8) if upright else math.pi / 2)
        along = np.array([math.cos(angle), math.sin(angle)]) * diagonal * generator.uniform(1 / 3, 1)
        bend = np.array([-along[1], along[0]]) * generator.uniform(-0.05, 0.05)
        times = np.linspace(0, 1, max(2, math.ceil(float(np.hypot(*along)) / 4)))[:, None]
        curve = middle + (times - 0.5) * along + 4 * times * (1 - times) * bend
        dashed = generator.random() < 1 / 3
        thickness = int(generator.integers(1, 4))
        for part in _dashes(len(curve), generator) if dashed else [slice(None)]:
            points = np.rint(curve[part] * 2**FRACTION).astype(np.int32)
            cv2.polylines(canvas, [points], False, 1, thickness, cv2.LINE_8, FRACTION)


def _dashes(points: int, generator: Generator) -> list[slice]:
    """Pieces of a curve whose points lie 4 pixels apart, with gaps of 4 to 24 pixels between them."""
    found, start = [], 0
    while start < points:
        stop = start + int(generator.integers(2, 12))
        found.append(slice(start, stop))
        start = stop + int(generator.integers(0, 6))
    return found
