"""One enlargement by a whole factor: strip by strip through the network, consistent, in the depth of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from restore.image import Pixels
from restore.spec import SizeRule
from restore.toolkit.device import Machine
from restore.toolkit.pixels import PixelReader, to_pixels
from restore.toolkit.stream import receptive_radius
from restore.toolkit.strips import run_strips
from restore_vae_sr.consistency import Assembly, halo, rounds_for
from restore_vae_sr.model import VaeSr, faithful_network, sampled_network

WIDEST = 1024
"""Wider pictures are worked on in blocks of columns, so that a strip has enough rows to be fast in little memory."""

EDGE = 160
"""A strip holds as many small pixels as a tile of this edge: its enlargement then fills the caches of a CPU."""

BYTES_PER_PIXEL = 8000
"""Working memory per small pixel of a strip at the largest scale, measured and rounded up."""


@dataclass(frozen=True)
class Sampling:
    """Which plausible picture to draw.

    Attributes:
        seed: Of the user.
        number: Of the sample, from 1.
        temperature: Distance from the prior's mean, as a multiple.
    """

    seed: int
    number: int
    temperature: float


@dataclass(frozen=True)
class Enlargement:
    """How a picture is made larger.

    Attributes:
        model: The autoencoder.
        scale: A factor it knows.
        machine: Where to run it.
        edge: A strip holds edge² small pixels.
        consistent: Whether the result, reduced again, has to give the picture back.
    """

    model: VaeSr
    scale: int
    machine: Machine
    edge: int
    consistent: bool

    def run(
        self, pixels: Pixels, sampling: Sampling | None = None, spread: npt.NDArray[np.float32] | None = None
    ) -> Pixels:
        """Enlarge one picture.

        Args:
            pixels: ``(H, W, C)``.
            sampling: Which sample to draw; None for the faithful picture.
            spread: ``(H·scale, W·scale)``, filled with the standard deviation in [0, 1] units; None if not wanted.
                Only the faithful picture has one.

        Returns:
            ``(H·scale, W·scale, C)`` of the same depth.
        """
        height, width, channels = pixels.shape
        out = np.empty((height * self.scale, width * self.scale, channels), pixels.dtype)
        blocks = -(-width // WIDEST)
        for left, right in pairwise(width * k // blocks for k in range(blocks + 1)):
            _Columns(self, pixels, left, right, sampling, out, spread).run()
        return out


class _Columns:
    """The columns from `left` to `right` of an enlargement, with as much to their sides as their pixels depend on."""

    def __init__(
        self,
        how: Enlargement,
        pixels: Pixels,
        left: int,
        right: int,
        sampling: Sampling | None,
        out: Pixels,
        spread: npt.NDArray[np.float32] | None,
    ) -> None:
        self.how, self.left, self.right, self.out, self.spread = how, left, right, out, spread
        self.network = faithful_network(how.model, how.scale, spread is not None)
        self.rule = SizeRule(1, receptive_radius(self.network))
        self.rounds = rounds_for(pixels) if how.consistent else 0
        reach = self.rule.halo + halo(self.rounds)
        self.start, self.stop = max(0, left - reach), min(pixels.shape[1], right + reach)
        if sampling:
            noise = LatentNoise(sampling, how.model.architecture.latent, self.start)
            self.network = sampled_network(how.model, how.scale, noise, sampling.temperature)
        self.reader = PixelReader(np.ascontiguousarray(pixels[:, self.start : self.stop]), 1)
        self.assembly = self._assembly()

    def run(self) -> None:
        """Fill these columns of the result."""
        size = self.reader.height, self.reader.width
        run_strips(self.network, self.reader, self._take, size, self.rule, self.how.machine, self.how.edge)

    def _assembly(self) -> Assembly:
        return Assembly(self._small, self.reader.height, self.how.scale, self.rounds)

    def _small(self, top: int, bottom: int) -> Tensor:
        return self.reader(top, bottom, 0, self.reader.width)

    def _take(self, top: int, _: int, phases: Tensor) -> None:
        """Take the next strip of the network's result."""
        if top == 0:  # once more from the beginning, where an attempt ran out of memory
            self.assembly = self._assembly()
        colours = 3 * self.how.scale**2
        phases = phases.cpu().contiguous()
        if self.spread is not None:
            self._store(self.spread[:, :, None], top, phases[:, colours:].exp())
        finished = self.assembly.push(phases[:, :colours])
        if finished is not None:
            self._store(self.out, *finished)

    def _store(self, target: Pixels, top: int, phases: Tensor) -> None:
        """Write rows of the enlargement, without what lies beside these columns."""
        scale = self.how.scale
        strip = F.pixel_shuffle(phases, scale)
        inner = strip[:, :, :, (self.left - self.start) * scale : (self.right - self.start) * scale]
        if target.shape[2] == 1:
            inner = inner.mean(1, keepdim=True)
        rows = slice(top * scale, top * scale + strip.shape[2])
        target[rows, self.left * scale : self.right * scale] = to_pixels(inner, target.dtype)


class LatentNoise:
    """Standard normal numbers for the latent grid; a `restore_vae_sr.model.NoiseSource`.

    Each row has a seed of its own, so that the numbers belong to the place, not to the strips.

    Args:
        sampling: Which sample.
        latent: Latent variables per small pixel.
        left: Column of the picture at which the strips begin.
    """

    def __init__(self, sampling: Sampling, latent: int, left: int = 0) -> None:
        self.sampling = sampling
        self.latent = latent
        self.left = left

    def __call__(self, top: int, rows: int, columns: int) -> Tensor:
        """``(1, latent, rows, columns)`` for the rows from `top` on."""
        noise = np.empty((rows, columns, self.latent), np.float32)
        for row in range(rows):
            random = np.random.default_rng([self.sampling.seed, self.sampling.number, top + row])
            noise[row] = random.standard_normal((self.left + columns, self.latent), np.float32)[self.left :]
        return torch.from_numpy(noise).permute(2, 0, 1)[None]
