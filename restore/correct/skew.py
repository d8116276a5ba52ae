"""How far a scan lies askew, from the lines in it: of text, of tables, of a print's edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restore.correct.light import LUMA, Floats, reduced
from restore.correct.warping import Edges, border_colour, turn
from restore.image import Pixels

LARGEST = 15.0
"""Degrees either way that are looked through."""

TOGETHER = (1.3, 1.8)
"""How many times sharper than usual the profiles must be, taken together, for confidence to leave 0 and to reach 1 …"""

WEAKER = (1.3, 1.7)
"""… and the weaker of the two as well: a horizon alone makes no scan …"""

LEVEL = (2.1, 3.0)
"""… unless the level one is as sharp as lines of text make it. Upright ones do not count for so much: towers lean."""

_POINTS = 60_000
_FAINTEST = 0.03
_ASIDE = float(np.tan(np.radians(25)))
_COARSE, _FINE = 0.25, 0.03

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Skew:
    """How a scan lies.

    Attributes:
        angle: Degrees by which it is turned clockwise; to be turned back counter-clockwise by as many.
        confidence: 0 to 1: how much sharper the lines stand out at this angle than at others.
    """

    angle: float
    confidence: float


def estimate_skew(pixels: Pixels) -> Skew:
    """Find the angle at which what looks like lines falls together in the fewest places.

    Projection profiles of edge points, horizontal and vertical, judged by the sum of their squares (Postl, Detection
    of linear oblique structures and skew scan in digitized documents, ICPR 1986); from coarse to fine, then between.

    Args:
        pixels: ``(H, W, C)``.
    """
    values = reduced(pixels)
    level, upright = _edge_points(values[..., 0] if values.shape[2] == 1 else values @ LUMA)
    if len(level) + len(upright) < 50:
        return Skew(0.0, 0.0)
    coarse = np.arange(-LARGEST, LARGEST + _COARSE / 2, _COARSE)
    scores = np.array([_sharpness(level, upright, angle) for angle in coarse])
    best = coarse[scores.sum(axis=1).argmax()]
    fine = best + np.arange(-_COARSE, _COARSE + _FINE / 2, _FINE)
    fine_scores = np.array([_sharpness(level, upright, angle) for angle in fine])
    peak = int(fine_scores.sum(axis=1).argmax())
    angle = fine[peak] + _FINE * _vertex(fine_scores.sum(axis=1), peak)
    return Skew(float(np.clip(angle, -LARGEST, LARGEST)), _confidence(fine_scores[peak], scores))


def apply_deskew(pixels: Pixels, skew: Skew, edges: Edges = "fill", strength: float = 1.0) -> Pixels:
    """Turn a scan so that its lines are level.

    Args:
        pixels: ``(H, W, C)``.
        skew: How it lies.
        edges: "fill" keeps all of it and fills the corners with the colour of its border, "crop" cuts them away.
        strength: Of the angle.
    """
    return turn(pixels, skew.angle * strength, edges, border_colour(pixels))


def _edge_points(luma: Floats) -> tuple[Numbers, Numbers]:
    """Places ``(N, 2)``, x and y, of the strongest edges that are nearly level, and of those nearly upright.

    Each is moved by chance within its pixel: the pixels' own grid would be the sharpest line of all.
    """
    import cv2

    smooth = cv2.GaussianBlur(luma, (0, 0), 1.0)
    across, down = (cv2.Scharr(smooth, cv2.CV_32F, x, 1 - x) / 32 for x in (1, 0))
    size = np.hypot(across, down)
    size[[0, -1]] = size[:, [0, -1]] = 0
    weakest = max(_FAINTEST, float(np.quantile(size, max(1 - _POINTS / size.size, 0))))
    chance = np.random.default_rng(0)
    found = []
    for main, other in ((down, across), (across, down)):
        y, x = np.nonzero((size >= weakest) & (np.abs(other) < _ASIDE * np.abs(main)))
        places = np.stack([x - luma.shape[1] / 2, y - luma.shape[0] / 2], axis=1)
        found.append(places + chance.random(places.shape) - 0.5)
    return found[0], found[1]


def _sharpness(level: Numbers, upright: Numbers, angle: float) -> Numbers:
    """Sums ``(2,)`` of the squared profiles across level and upright lines that are turned clockwise by an angle."""
    sine, cosine = np.sin(np.radians(angle)), np.cos(np.radians(angle))
    sums = np.zeros(2)
    for which, offsets in enumerate((level @ [-sine, cosine], upright @ [cosine, sine])):
        if offsets.size:
            counts = np.bincount((offsets - offsets.min()).astype(np.intp))
            sums[which] = (counts.astype(np.float64) ** 2).sum()
    return sums


def _confidence(found: Numbers, scores: Numbers) -> float:
    """How sure an angle is: its sums, beside those ``(N, 2)`` of all angles."""
    together = found.sum() / max(float(np.median(scores.sum(axis=1))), 1e-12)
    times = found / np.median(scores, axis=0).clip(1e-12)
    both = _ramp(together, TOGETHER) * _ramp(float(times.min()), WEAKER)
    return max(both, _ramp(float(times[0]), LEVEL))


def _ramp(value: float, ends: tuple[float, float]) -> float:
    return float(np.clip((value - ends[0]) / (ends[1] - ends[0]), 0, 1))


def _vertex(scores: Numbers, peak: int) -> float:
    """Where between its neighbours the top of a parabola through a peak lies, in steps from the peak."""
    if not 0 < peak < len(scores) - 1:
        return 0.0
    before, here, after = scores[peak - 1 : peak + 2]
    bend = before - 2 * here + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
