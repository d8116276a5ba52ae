"""Run a streaming network over a picture of any size in bounded memory, computing no pixel twice.

A picture is fed in strips of its whole width (`restore.toolkit.stream`); only very wide ones are cut into columns,
which then need a halo to the sides. The result equals that of the whole picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from restore.errors import DeviceError
from restore.spec import SizeRule
from restore.toolkit.device import Machine, NotFiniteError, place, run_safely
from restore.toolkit.stream import Rows, stream

Source = Callable[[int, int, int, int], Tensor]
"""``source(top, bottom, left, right)`` → ``(1, C, bottom - top, right - left)`` float32 on the CPU."""

Sink = Callable[[int, int, Tensor], None]
"""``sink(top, left, result)`` takes a finished piece ``(1, C', h, w)``, in pixels of the result."""

DEFAULT_EDGE = 384
"""A strip holds as many pixels as a tile of this edge: its features then stay within the caches of a CPU."""

SMALLEST_EDGE = 128
"""Below this the convolution kernels of some libraries change with the shape, and with them the last bit."""

WIDEST = 16384
"""Columns of a picture wider than this are cut; a strip would otherwise be a few rows only."""


BYTES_PER_PIXEL = 1500
"""Working memory per pixel of a strip, measured on the widest network shipped and rounded up."""


def edge_within(memory: int, bytes_per_pixel: int = BYTES_PER_PIXEL, most: int = DEFAULT_EDGE) -> int:
    """The edge of a strip or tile whose working memory stays within `memory` bytes.

    Args:
        memory: Bytes.
        bytes_per_pixel: Working memory of the network per pixel of a strip.
        most: The largest edge to return.

    Raises:
        DeviceError: Not even the smallest one does.
    """
    edge = min(most, math.isqrt(memory // bytes_per_pixel))
    if edge < SMALLEST_EDGE:
        least = math.ceil(SMALLEST_EDGE**2 * bytes_per_pixel / 2**20)
        raise DeviceError(f"a network cannot run in {memory / 2**20:.0f} MiB.", hint=f"Give it {least} MiB at least.")
    return edge


def run_strips(
    network: nn.Module,
    source: Source,
    sink: Sink,
    size: tuple[int, int],
    rule: SizeRule,
    machine: Machine,
    edge: int | None = None,
) -> None:
    """Run a network over a picture; out of memory or out of range, go on as `run_safely` says.

    Args:
        network: Built from the vocabulary of `restore.toolkit.stream`.
        source: Gives windows of the input.
        sink: Takes windows of the result; where something had to be computed again, it is called again.
        size: Height and width of the input, multiples of ``rule.multiple``.
        rule: Multiple and receptive radius of the network.
        machine: Device and precision.
        edge: A strip holds edge² pixels; None for `DEFAULT_EDGE`.

    Raises:
        DeviceError: Memory or precision cannot be had.
    """

    def attempt(machine: Machine, edge: int) -> None:
        placed = place(network, machine)
        for left, right in _columns(size[1], max(WIDEST, edge), rule):
            _run_columns(placed, source, sink, size, (left, right), rule, machine, edge)

    with torch.inference_mode():
        run_safely(attempt, machine, max(edge or DEFAULT_EDGE, SMALLEST_EDGE), SMALLEST_EDGE)


def _columns(width: int, widest: int, rule: SizeRule) -> list[tuple[int, int]]:
    """Cut the width into equal parts on the network's grid."""
    parts = math.ceil(width / widest)
    cells = width // rule.multiple
    cuts = [cells * k // parts * rule.multiple for k in range(parts + 1)]
    return list(pairwise(cuts))


def _strip_height(height: int, width: int, edge: int, multiple: int) -> int:
    """Rows of a strip on the network's grid: strips of nearly equal height, about edge² pixels, at most a quarter more.

    A last strip of a few rows would run the convolutions at a fraction of their speed.
    """
    strips = max(1, math.ceil(height * width / (1.25 * edge * edge)))
    return math.ceil(height / strips / multiple) * multiple


def _run_columns(
    network: nn.Module,
    source: Source,
    sink: Sink,
    size: tuple[int, int],
    columns: tuple[int, int],
    rule: SizeRule,
    machine: Machine,
    edge: int,
) -> None:
    """Stream one block of columns from top to bottom."""
    height, width = size
    halo = math.ceil(rule.halo / rule.multiple) * rule.multiple
    left, right = max(0, columns[0] - halo), min(width, columns[1] + halo)
    rows = _strip_height(height, right - left, edge, rule.multiple)
    # A picture of one strip needs no memory of rows; it runs as it is.
    flow = stream(network) if rows < height else None
    done = 0
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        strip = source(top, bottom, left, right).to(machine.device, machine.dtype)
        finished = flow.push(Rows(strip), bottom == height) if flow else Rows(network(strip))
        if finished is None:
            continue
        result = finished.data.float()
        if not math.isfinite(float(result.sum())):
            raise NotFiniteError
        # The network may give fewer pixels than it takes (an estimate at 1/8 of the resolution).
        step = (right - left) / result.shape[3]
        first, last = round((columns[0] - left) / step), round((columns[1] - left) / step)
        sink(done, round(columns[0] / step), result[:, :, :, first:last])
        done += result.shape[2]
