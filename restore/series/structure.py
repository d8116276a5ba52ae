"""What a frame shows, freed of how brightly it shows it, so that frames of different exposure can be compared.

Brightness is replaced by its rank among all pixels of the frame: any rising curve between two exposures leaves ranks as
they are. Of that, what is coarser than a few pixels is taken away.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from restore.image import SeriesKind
from restore.series.reduction import Plane

Seen = npt.NDArray[np.bool_]
"""``(H, W)``, True where something is seen: neither black nor white."""

BLACK, WHITE = 0.016, 0.98
"""Outside these shares of white nothing can be told."""

GAMMA = 2.2
"""Of displays, which files of all formats are made for."""

_LEVELS = 4096
_COARSE = 6.0
"""Sigma in pixels of what is taken away as too coarse to say where it is."""
FINEST, FINEST_IN_FOCUS = 1.0, 1.6
"""Sigma in pixels of what is taken away as noise; in focus series, also what only one of the frames can show."""


def seen(grey: Plane) -> Seen:
    """Where a frame shows something."""
    return (grey > BLACK) & (grey < WHITE)


def rank_table(grey: Plane) -> npt.NDArray[np.float32]:
    """The rank, 0 to 1, of each of `_LEVELS` levels of brightness; of equal pixels the middle one."""
    counts = np.bincount(_levels(grey).ravel(), minlength=_LEVELS).astype(np.float64)
    return ((np.cumsum(counts) - counts / 2) / grey.size).astype(np.float32)


def ranks(grey: Plane, table: npt.NDArray[np.float32] | None = None) -> Plane:
    """The picture with each pixel's rank in the place of its brightness.

    Args:
        grey: ``(H, W)``, 0 = black, 1 = white.
        table: Of another picture, mostly a whole one of which this is a part; None for its own.
    """
    return (rank_table(grey) if table is None else table)[_levels(grey)]


def even(grey: Plane, kind: SeriesKind, table: npt.NDArray[np.float32] | None = None) -> Plane:
    """Brightness in a scale in which frames of this kind can be compared.

    Of focus that is linear light: defocus is symmetrical there, and would shift edges towards the dark in any other.

    Args:
        grey: ``(H, W)``, 0 = black, 1 = white.
        kind: Of the series.
        table: As of `ranks`.
    """
    return cast(Plane, grey.clip(0, 1) ** GAMMA) if kind is SeriesKind.FOCUS else ranks(grey, table)


def _levels(grey: Plane) -> npt.NDArray[np.int32]:
    return (np.nan_to_num(grey).clip(0, 1) * (_LEVELS - 1)).astype(np.int32)


def detail(plane: Plane, where: Seen, finest: float = FINEST) -> Plane:
    """What is neither coarser than a few pixels nor finer than `finest`, a sigma; 0 where nothing is seen."""
    import cv2

    weight = where.astype(np.float32)
    around = cv2.GaussianBlur(weight, (0, 0), _COARSE) + 1e-6
    coarse = cv2.GaussianBlur(plane * weight, (0, 0), _COARSE) / around
    return cast(Plane, cv2.GaussianBlur((plane - coarse) * weight, (0, 0), finest) * weight)


def comparable(plane: Plane, where: Seen, kind: SeriesKind) -> Plane:
    """What of a picture of ranks is the same in frames of this kind: its detail; of infrared, where its edges are."""
    import cv2

    if kind is not SeriesKind.INFRARED:
        return detail(plane, where, FINEST_IN_FOCUS if kind is SeriesKind.FOCUS else FINEST)
    soft = cv2.GaussianBlur(plane, (0, 0), 1.2)
    edges = cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    return detail(np.sqrt(edges), where)
