"""Run any network over a picture of any size in bounded memory, in tiles with a halo.

With a halo of at least the network's receptive radius the result equals that of the whole picture, also at the borders:
a tile that touches the picture's border gets the network's own border treatment there, every other edge lies inside the
halo and is cut off. Networks built from the vocabulary of `restore.toolkit.stream` run without any halo in
`restore.toolkit.strips`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn

from restore.spec import SizeRule
from restore.toolkit.device import Machine, NotFiniteError, log, place, run_safely
from restore.toolkit.strips import DEFAULT_EDGE, SMALLEST_EDGE, Sink, Source


def run_tiles(
    network: nn.Module,
    source: Source,
    sink: Sink,
    size: tuple[int, int],
    rule: SizeRule,
    machine: Machine,
    edge: int | None = None,
    scale: int = 1,
) -> None:
    """Run a network over a picture; out of memory, go on with smaller tiles, then on the CPU.

    Args:
        network: Maps ``(1, C, h, w)`` to ``(1, C', h·scale, w·scale)`` for h and w multiples of ``rule.multiple``.
        source: Gives windows of the input.
        sink: Takes windows of the result; where something had to be computed again, it is called again.
        size: Height and width of the input, multiples of ``rule.multiple``.
        rule: Multiple and receptive radius of the network.
        machine: Device and precision. A tile with NaN or Inf is computed again in float32.
        edge: Edge of a tile without its halo; None for `DEFAULT_EDGE`.
        scale: Output pixels per input pixel.

    Raises:
        DeviceError: There is not enough memory for the smallest tile, or float32 gives NaN or Inf.
    """

    def attempt(machine: Machine, edge: int) -> None:
        placed, exact = place(network, machine), replace(machine, dtype=torch.float32)
        for top, bottom in _cuts(size[0], edge, rule.multiple):
            for left, right in _cuts(size[1], edge, rule.multiple):
                tile = (top, bottom, left, right)
                try:
                    result = _run_tile(placed, source, size, tile, rule, machine, scale)
                except NotFiniteError:
                    if machine.dtype == torch.float32:
                        raise
                    log.warning("NaN or Inf in %s at row %d, column %d; again in float32", machine.dtype, top, left)
                    result = _run_tile(place(network, exact), source, size, tile, rule, exact, scale)
                sink(top * scale, left * scale, result)

    with torch.inference_mode():
        run_safely(attempt, machine, max(edge or DEFAULT_EDGE, SMALLEST_EDGE), SMALLEST_EDGE)


def _cuts(length: int, edge: int, multiple: int) -> list[tuple[int, int]]:
    """Cut a length into nearly equal parts of at most `edge`, on the network's grid."""
    cells = length // multiple
    parts = math.ceil(cells / max(1, edge // multiple))
    cuts = [cells * k // parts * multiple for k in range(parts + 1)]
    return list(pairwise(cuts))


def _run_tile(
    network: nn.Module,
    source: Source,
    size: tuple[int, int],
    tile: tuple[int, int, int, int],
    rule: SizeRule,
    machine: Machine,
    scale: int,
) -> Tensor:
    """Compute one tile with its halo and cut the halo off."""
    halo = math.ceil(rule.halo / rule.multiple) * rule.multiple
    top, bottom, left, right = tile
    y, x = max(0, top - halo), max(0, left - halo)
    window = source(y, min(size[0], bottom + halo), x, min(size[1], right + halo))
    result: Tensor = network(window.to(machine.device, machine.dtype)).float()
    if not math.isfinite(float(result.sum())):
        raise NotFiniteError
    rows, columns = (bottom - top) * scale, (right - left) * scale
    return result[:, :, (top - y) * scale :, (left - x) * scale :][:, :, :rows, :columns]
