"""Runs a network over a picture in tiles that pass into each other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import torch
from torch import Tensor

from restore.toolkit.strips import Sink, Source
from restore_spandrel.spans import FEATHER, Span, spans

Run = Callable[[Tensor], Tensor]
"""A window ``(1, C, h, w)`` of the picture → ``(1, C', h·scale, w·scale)`` float32 on the CPU."""


def run_seamless(run: Run, source: Source, sink: Sink, size: tuple[int, int], edge: int, scale: int) -> None:
    """Run a network over a picture.

    Two neighbours are mixed linearly over `FEATHER` pixels of the input; with one tile, the network sees the picture
    as it is. Beside one tile, what a row of tiles shares with the next is held: ``FEATHER`` rows of floats.

    Args:
        run: The network.
        source: Gives windows of the input.
        sink: Takes finished pieces of the result, each pixel once.
        size: Height and width of the input.
        edge: Of a tile, without what it shares.
        scale: Output pixels per input pixel.
    """
    rows, columns = spans(size[0], edge), spans(size[1], edge)
    seam = _Seam(size[1] * scale, FEATHER * scale)
    for row, column in product(rows, columns):
        result = run(source(row.seen_from, row.seen_to, column.seen_from, column.seen_to))
        kept = _kept(result, row, column, scale)
        seam.place(kept, row, column, scale, sink)


def _kept(result: Tensor, row: Span, column: Span, scale: int) -> Tensor:
    """A tile's result without its skirt."""
    top, left = (row.start - row.seen_from) * scale, (column.start - column.seen_from) * scale
    rows, columns = (row.stop - row.start) * scale, (column.stop - column.start) * scale
    return result[:, :, top : top + rows, left : left + columns]


class _Seam:
    """What is not finished yet: the right border of the last tile, and the lower border of the last row.

    Args:
        width: Of the result.
        feather: Pixels of the result over which tiles are mixed.
    """

    def __init__(self, width: int, feather: int) -> None:
        self.width, self.feather = width, feather
        self.ramp = (torch.arange(feather, dtype=torch.float32) + 0.5) / feather
        self.side = torch.empty(0)
        self.below = torch.empty(0)

    def place(self, tile: Tensor, row: Span, column: Span, scale: int, sink: Sink) -> None:
        """Mix a tile with what its left and upper neighbours left open, and hand on what is finished."""
        n, left = self.feather, column.start * scale
        if not column.first:
            tile = torch.cat((torch.lerp(self.side, tile[..., :n], self.ramp), tile[..., n:]), dim=3)
        if not column.last:
            self.side, tile = tile[..., -n:].clone(), tile[..., :-n]
        columns = slice(left, left + tile.shape[3])
        top = row.start * scale
        if not row.first:
            mixed = torch.lerp(self.below[..., columns], tile[:, :, :n], self.ramp[:, None])
            tile = torch.cat((mixed, tile[:, :, n:]), dim=2)
        if not row.last:
            if not self.below.numel():
                self.below = torch.empty((1, tile.shape[1], n, self.width))
            self.below[..., columns] = tile[:, :, -n:]
            tile = tile[:, :, :-n]
        sink(top, left, tile)
