"""One picture filled: both halves of the generator on windows round its holes, in the depth of the picture."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from restore.errors import DeviceError
from restore.image import Pixels
from restore.toolkit.device import Machine, NotFiniteError, run_safely
from restore.toolkit.missing import Box, Mask
from restore.toolkit.pixels import white_of
from restore.toolkit.strips import SMALLEST_EDGE
from restore_gan_inpaint.crops import Cover, batches, pixels_of, reduced
from restore_gan_inpaint.execution import INTEGERS, Execution
from restore_gan_inpaint.interpolation import pooled
from restore_gan_inpaint.model import COARSE_HALO, FINE_HALO, MULTIPLE

log = logging.getLogger("restore")

EDGE = 768
"""Edge in pixels of what one window of the fine half is for at most."""

MEMORY = 512 << 20
"""Bytes of working memory where nobody says how many."""

FINE_MARGIN = FINE_HALO // MULTIPLE

COARSE_MARGIN = COARSE_HALO // MULTIPLE + FINE_MARGIN
"""The fine half needs the coarse one's result within its own margin, too."""

FINE_OVERHEAD, COARSE_OVERHEAD = 8, 40
"""What calling a half costs beside its pixels, in cells."""

TOGETHER = 384
"""Cells that the windows of one batch have together: their features then stay within the caches of a CPU."""

HELD = 4096
"""Cells of a window of the coarse half up to which its pixels are read once for both halves: 16 MiB."""

STRIP = 16
"""Rows of cells that the coarse half's input is made of at a time."""


@dataclass(frozen=True)
class Sizes:
    """How large windows may be.

    Attributes:
        fine: Edge in pixels of what one window of the fine half is for.
        coarse: The same of the coarse half.
    """

    fine: int
    coarse: int

    @classmethod
    def within(cls, memory: int, dtype: torch.dtype = torch.float32, tile: int | None = None) -> Sizes:
        """The largest windows that can be worked on in so many bytes, two thirds of them the coarse half's.

        Args:
            memory: Bytes.
            dtype: Of features.
            tile: What the user wants for the fine half, in pixels; the coarse half would be nearly all margin then.

        Raises:
            DeviceError: Not even the smallest ones can.
        """
        size = 4 if dtype == INTEGERS else dtype.itemsize  # what lies between convolutions in integers is float32
        coarse_bytes, fine_bytes = 14 * size, 120 + 40 * size  # per pixel; measured, rounded up
        margins = 2 * MULTIPLE * COARSE_MARGIN
        coarse = math.isqrt(memory * 2 // 3 // coarse_bytes) - margins
        if coarse < SMALLEST_EDGE:
            least = math.ceil((SMALLEST_EDGE + margins) ** 2 * coarse_bytes * 1.5 / 2**20)
            raise DeviceError(
                f"a network cannot run in {memory / 2**20:.0f} MiB.", hint=f"Give it {least} MiB at least."
            )
        fine = min(EDGE, math.isqrt(memory // 3 // fine_bytes) - 2 * FINE_HALO)
        return cls(max(SMALLEST_EDGE, tile or fine), coarse)

    def smaller(self, fine: int) -> Sizes:
        """Both smaller, so that the fine half's is this."""
        return Sizes(fine, max(SMALLEST_EDGE, self.coarse * fine // self.fine))


class Filling:
    """A picture and what is missing in it.

    Args:
        pixels: ``(H, W, C)`` of any depth; known pixels are finite.
        mask: ``(H, W)``, True = missing.
    """

    def __init__(self, pixels: Pixels, mask: Mask) -> None:
        self.pixels = pixels
        self.mask = mask
        self.marked = reduced(mask)

    def run(self, networks: Callable[[Machine], Execution], machine: Machine, sizes: Sizes) -> Pixels:
        """Fill what is missing.

        Args:
            networks: What fills, by where it runs.
            machine: Device and precision. What gives NaN or Inf is computed again in float32.
            sizes: Of the windows.

        Returns:
            A copy of the picture with other values where it was missing.

        Raises:
            DeviceError: There is not enough memory for the smallest windows, or float32 gives NaN or Inf.
        """
        out = self.pixels.copy()

        def attempt(machine: Machine, edge: int) -> None:
            network = networks(machine)
            fine = self._cover(edge, FINE_MARGIN, FINE_OVERHEAD)
            coarse = self._cover(sizes.smaller(edge).coarse, COARSE_MARGIN, COARSE_OVERHEAD)
            for box in coarse.boxes():
                try:
                    self._fill(network, coarse.window(box), fine, box, out)
                except NotFiniteError:
                    if machine.dtype == torch.float32:
                        raise
                    log.warning("NaN or Inf in %s; computing again in float32", machine.dtype)
                    exact = networks(replace(machine, dtype=torch.float32))
                    self._fill(exact, coarse.window(box), fine, box, out)

        with torch.inference_mode():
            run_safely(attempt, machine, sizes.fine, SMALLEST_EDGE)
        return out

    def _cover(self, edge: int, margin: int, overhead: int) -> Cover:
        """Windows for squares of an edge in pixels; the whole picture is one where it is no larger than theirs."""
        longest = edge // MULTIPLE
        whole = self.marked.size <= (longest + 2 * margin) ** 2
        return Cover(self.marked, margin, max(self.marked.shape) if whole else longest, overhead)

    def _fill(self, network: Execution, outer: Box, fine: Cover, box: Box, out: Pixels) -> None:
        """Run the coarse half on a window, and the fine half where something is missing in the box that it is for."""
        # What is large is read again, window by window, rather than held.
        held = self._given([outer]) if math.prod(outer.shape) <= HELD else None
        filled, features = network.coarse(self._pooled(outer) if held is None else pooled(held))
        windows = ((part, fine.window(part)) for part in fine.boxes(box))
        for batch in batches(windows, TOGETHER):
            inner = [window.within(outer) for _, window in batch]
            given = self._given([window for _, window in batch]) if held is None else _parts(held, inner, MULTIPLE)
            near, seen = (_parts(whole, inner, per_cell) for whole, per_cell in ((filled, 4), (features, 2)))
            result = network.fine(given, near, seen)
            if not math.isfinite(float(result.sum())):
                raise NotFiniteError
            for (part, window), each in zip(batch, result, strict=True):
                self._store(part, each[(slice(None), *pixels_of(part.within(window)))], out)

    def _given(self, windows: Sequence[Box]) -> Tensor:
        """Windows of one shape as `Execution.fine` takes them; what lies beyond the picture is missing."""
        rows, columns = (MULTIPLE * length for length in windows[0].shape)
        given = torch.empty(len(windows), rows, columns, 4)
        for part, window in zip(given, windows, strict=True):
            area = pixels_of(window)
            pixels, mask = self.pixels[area], self.mask[area]
            height, width = mask.shape
            if (height, width) != (rows, columns):
                part.zero_()[:, :, 3] = 1
            # astype makes the copies that torch needs anyway: it cannot share read-only or uint16 memory.
            missing = torch.from_numpy(mask.astype(np.float32))
            colours = torch.from_numpy(pixels.astype(np.float32)).mul_(1 / white_of(pixels)).sub_(0.5)
            if pixels.dtype == np.float32:
                colours.masked_fill_(missing[:, :, None] > 0, 0)  # also what no product would make 0
            part[:height, :width, :3] = colours.mul_(1 - missing[:, :, None])
            part[:height, :width, 3] = missing
        return given.permute(0, 3, 1, 2)

    def _pooled(self, window: Box) -> Tensor:
        """A window as `Execution.coarse` takes it."""
        tops = range(window.top, window.bottom, STRIP)
        strips = (replace(window, top=top, bottom=min(top + STRIP, window.bottom)) for top in tops)
        return torch.cat([pooled(self._given([strip])) for strip in strips], 2)

    def _store(self, box: Box, result: Tensor, out: Pixels) -> None:
        """Write the missing pixels of a box, ``(3, h, w)``, 0 = grey."""
        area = pixels_of(box)
        mask = self.mask[area]
        height, width = mask.shape
        values = result[:, :height, :width].permute(1, 2, 0).cpu().numpy()[mask] + np.float32(0.5)
        if out.shape[2] == 1:
            values = values.mean(axis=1, keepdims=True)
        if out.dtype != np.float32:
            white = white_of(out)
            values = np.rint(values * np.float32(white)).clip(0, white).astype(out.dtype)
        out[area][mask] = values


def _parts(whole: Tensor, windows: Sequence[Box], per_cell: int) -> Tensor:
    """Windows of one shape of what has `per_cell` rows and columns per cell."""
    parts = [whole[(..., *pixels_of(window, per_cell))] for window in windows]
    together = parts[0] if len(parts) == 1 else torch.cat(parts)
    return together.contiguous(memory_format=torch.channels_last)
