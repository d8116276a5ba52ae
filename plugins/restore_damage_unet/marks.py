"""From logits to marks: what is sure somewhere, and what is long and thin.

Logits are kept as one byte per pixel, so that those of a large scan fit beside it: twentieths of what they exceed the
threshold by, from `FAINT` up.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Heights = npt.NDArray[np.uint8]
"""``(H, W)``: 0 = more than `FAINT` below the threshold, 255 = some 11 above it or more."""

Marks = npt.NDArray[np.bool_]
"""``(H, W)``, True = damaged."""

PER_LOGIT = 20

SURE = 3.0
"""By how much the logit of one pixel of a mark must exceed the threshold: twenty times the odds.

Hysteresis (Canny, A computational approach to edge detection, IEEE TPAMI 1986): whatever is damaged is plain somewhere.
In CBSD68 a quarter of the marks of a single threshold is left, at the same F1.
"""

FAINT = -1.0
"""How far below the threshold a pixel of a long thin mark may be, beside others above it."""

LONG = 100
"""Height or width in pixels from which a thin mark need not be sure anywhere: chance does not go on that straight."""

THIN = 9
"""Diameter in pixels of the discs that find no place in what is thin."""


def heights_of(logits: Tensor, border: float) -> Heights:
    """How far logits are above a threshold.

    Args:
        logits: ``(H, W)``.
        border: The threshold, as a logit.
    """
    above = (logits.float() - (border + FAINT)) * PER_LOGIT
    found: Heights = (above.floor() + 1).clamp_(0, 255).to(torch.uint8).cpu().numpy()
    return found


def height_of(above: float) -> int:
    """The height of a logit that exceeds the threshold by so much."""
    return round((above - FAINT) * PER_LOGIT) + 1


def marks_of(heights: Heights) -> Marks:
    """The marks among pixels of such heights: those that are sure somewhere, and those that are long and thin."""
    return _sure(heights) | _long(heights)


def _sure(heights: Heights) -> Marks:
    """Every piece of neighbouring pixels above the threshold that has a sure one."""

    def sure(pieces: npt.NDArray[np.int32], count: int, _: npt.NDArray[np.int32]) -> Marks:
        chosen = np.zeros(count, np.bool_)
        chosen[pieces[heights >= height_of(SURE)]] = True
        return chosen

    return _chosen(heights >= height_of(0), sure)


def _long(heights: Heights) -> Marks:
    """Every thin piece that is long and on the whole above the threshold, faint pixels included.

    A scratch over bright and dark is seen in parts only, and may be sure nowhere; but little in photographs is as long
    and thin, and probably damaged all along.
    """
    faint = (heights > 0).astype(np.uint8)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (THIN, THIN))
    thin = (faint > 0) & (cv2.morphologyEx(faint, cv2.MORPH_OPEN, disc) == 0)

    def long(pieces: npt.NDArray[np.int32], count: int, stats: npt.NDArray[np.int32]) -> Marks:
        totals = np.bincount(pieces[thin], heights[thin], count)
        area = stats[:, cv2.CC_STAT_AREA]
        length = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
        # Wider than `THIN` on the whole is a net of thin pieces: twigs, not a scratch.
        return (length >= LONG) & (totals > area * (height_of(0) + 0.5)) & (area < length * THIN)

    return _chosen(thin, long)


def _chosen(found: Marks, choose: Callable[[npt.NDArray[np.int32], int, npt.NDArray[np.int32]], Marks]) -> Marks:
    """The pieces of neighbouring pixels (diagonals included) that are chosen.

    Args:
        found: The pixels.
        choose: Of the number of each pixel's piece, 0 = none, how many there are and their statistics as of OpenCV:
            True for those to keep.
    """
    if not found.any():
        return found
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8), connectivity=8)
    kept = choose(pieces, count, stats)
    kept[0] = False
    marks: Marks = kept[pieces]
    return marks
