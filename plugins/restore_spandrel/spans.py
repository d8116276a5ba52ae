"""Where tiles lie that share their borders. Free of torch.

Nobody knows how far the networks of others look: some average over the whole picture. So tiles cannot equal the whole
picture, and are made to pass into each other instead: they overlap, and where they do, one is faded into the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FEATHER = 32
"""Pixels of the input over which one tile passes into the next."""

SKIRT = 16
"""Pixels beyond that which a network sees and whose results are thrown away: they suffer from the tile's border."""

SMALLEST = 64
"""Edge of the smallest tile, without what it shares with its neighbours."""


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in pixels of the input.

    Attributes:
        start: First pixel that it has a part in.
        stop: One after the last.
        seen_from: First pixel that the network sees.
        seen_to: One after the last.
        first: Whether it begins at the picture's border.
        last: Whether it ends there.
    """

    start: int
    stop: int
    seen_from: int
    seen_to: int
    first: bool
    last: bool


def spans(length: int, edge: int) -> list[Span]:
    """Cut a length into equal parts of at most `edge`, which reach `FEATHER` / 2 into their neighbours and see further.

    Args:
        length: Of the picture.
        edge: At least `SMALLEST`, so that no pixel belongs to more than two.
    """
    parts = math.ceil(length / edge)
    cuts = [length * k // parts for k in range(parts + 1)]
    found = []
    for k in range(parts):
        first, last = k == 0, k == parts - 1
        start = cuts[k] - (0 if first else FEATHER // 2)
        stop = cuts[k + 1] + (0 if last else FEATHER // 2)
        found.append(Span(start, stop, max(0, start - SKIRT), min(length, stop + SKIRT), first, last))
    return found


def widest(edge: int) -> int:
    """The most pixels that the network sees along one axis for a tile of this edge."""
    return edge + FEATHER + 2 * SKIRT
