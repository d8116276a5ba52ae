"""The grain of a picture, measured where it is known and flat.

As film grain synthesis does for AV1 (A. Norkin, N. Birkbeck, Film grain synthesis for AV1 video codec, DCC 2018): flat
blocks tell how strong the grain is at each brightness and how neighbouring pixels hang together; from that a template
is made, of which `restore_gan_inpaint.grain` takes blocks at places drawn by chance. The template is a Gaussian texture
with the measured autocorrelation (B. Galerne, Y. Gousseau, J.-M. Morel, Random phase textures: theory and synthesis,
IEEE TIP 2011).

Values are in 8-bit grey levels, 0 to 255, whatever the depth of the picture.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from restore.image import Pixels
from restore.toolkit.missing import Mask
from restore.toolkit.pixels import white_of
from restore_gan_inpaint.crops import reduced
from restore_gan_inpaint.model import MULTIPLE

Floats = npt.NDArray[np.float32]

CELL = MULTIPLE
"""Edge of the blocks that are looked at, in pixels."""

LEAST = 0.7
"""Standard deviation below which there is no grain: rounding and JPEG leave that much."""

NEAR = 8
"""Cells round the holes in which grain is measured, if there are enough flat ones."""

MOST, ENOUGH, FEWEST = 1024, 64, 6
"""Cells that are looked at; that make a good measurement; and without which there is none."""

STEADY = 4.0
"""How many times the variance of the weakest grain that at another brightness may be: beyond, it is texture."""

DIRECTED = 2.0
"""How many times stronger changes in one direction may be than across it: beyond, a cell holds an edge or hair."""

WIDEST = 0.3
"""Largest relative spread of the variance of cells with the same grain."""

REACH = 6
"""Pixels over which grain hangs together at most."""

TEMPLATE = 256
"""Edge of the periodic fields that grain is taken from."""


@dataclass(frozen=True)
class Grain:
    """What the grain of a picture is like.

    Attributes:
        brightness: Of its flat cells, increasing ``(K,)``.
        variance: Mean of the channels, at each brightness ``(K,)``.
        mixing: ``(C, C)``; times independent fields of variance 1 it gives channels of mean variance 1.
        fields: ``(C, TEMPLATE, TEMPLATE)``: such fields, periodic.
        flat: Some residuals of flat cells, divided by the grain's standard deviation there, ``(N, CELL, CELL, C)``.
        seed: A number from the picture's grain itself, so that no two pictures get the same field.
    """

    brightness: npt.NDArray[np.float64]
    variance: npt.NDArray[np.float64]
    mixing: npt.NDArray[np.float64]
    fields: npt.NDArray[np.float64]
    flat: Floats
    seed: int

    def at(self, brightness: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """The variance at these brightnesses."""
        return np.asarray(np.interp(brightness, self.brightness, self.variance))


def measured(pixels: Pixels, mask: Mask) -> Grain | None:
    """Measure the grain of known pixels round the holes.

    Args:
        pixels: ``(H, W, C)``.
        mask: ``(H, W)``; what is True is not looked at.

    Returns:
        None where there is none, or too little that is flat and known to tell.
    """
    places = _known_cells(mask)
    if len(places) < FEWEST:
        return None
    patches = cells_at(pixels, places)
    if pixels.dtype != np.float32:  # what is clipped at black or white has lost its grain
        patches = patches[((patches <= 0) | (patches >= 255)).mean(axis=(1, 2, 3)) < 0.02]
    if len(patches) < FEWEST:
        return None
    residuals = _detrended(patches)
    variances = (residuals**2).mean(axis=(1, 2, 3), dtype=np.float64)
    moving = variances > 0.02
    if moving.sum() < len(patches) / 2:
        return None  # drawn, not taken: most of it does not change at all
    chosen = moving & (_directedness(residuals) < DIRECTED)
    if chosen.sum() < FEWEST:
        return None
    residuals, variances, brightness = residuals[chosen], variances[chosen], patches[chosen].mean(axis=(1, 2, 3))
    levels, low = _lowest(brightness, variances)
    spread = 0.2  # of one cell's variance about the true one, relative; from the second round on as the grain has it
    for _ in range(2):
        limit = np.interp(brightness, levels, low) * (1 + 2.5 * spread) / (1 - 1.28 * spread)
        flat = variances <= limit
        if flat.sum() < FEWEST:
            return None
        power = (np.abs(np.fft.fft2(residuals[flat], axes=(1, 2))) ** 2).mean(axis=(0, 3))
        spread = min(WIDEST, float(np.sqrt(2 * (power**2).sum()) / power.sum()))
    return _described(residuals[flat], variances[flat], brightness[flat], pixels.dtype == np.uint8)


def _described(
    residuals: Floats, variances: npt.NDArray[Any], brightness: npt.NDArray[Any], rounded: bool
) -> Grain | None:
    """Put flat cells into numbers."""
    levels, variance = _by_brightness(brightness, variances, np.mean)
    normal = residuals / np.sqrt(np.interp(brightness, levels, variance))[:, None, None, None]
    size = residuals.shape[3]
    eigenvalues, vectors = np.linalg.eigh(np.tensordot(normal, normal, ((0, 1, 2), (0, 1, 2))) / normal[..., 0].size)
    seed = zlib.crc32(np.ascontiguousarray(residuals[:ENOUGH]).tobytes())
    fields, lost = [], []
    for k in range(size):
        correlation, share = _correlation(normal @ vectors[:, k])
        fields.append(_field(correlation, np.random.default_rng([seed, k])))
        lost.append(share)
    eigenvalues = eigenvalues.clip(min=0) / (1 - np.array(lost))
    scale = eigenvalues.mean()
    variance = variance * scale - (1 / 12 if rounded else 0)  # the result is rounded once more
    if np.sqrt(max(0, variance.mean())) < LEAST:
        return None
    mixing = vectors * np.sqrt(eigenvalues / scale)
    some = np.linspace(0, len(normal) - 1, min(len(normal), MOST)).astype(int)
    return Grain(levels, variance.clip(min=0), mixing, np.stack(fields), normal[some], seed)


def _known_cells(mask: Mask) -> npt.NDArray[np.intp]:
    """Rows and columns ``(N, 2)`` of known whole cells, those round the holes if there are enough of them."""
    rows, columns = mask.shape[0] // CELL, mask.shape[1] // CELL
    if not rows * columns:
        return np.empty((0, 2), np.intp)
    marked = reduced(mask)[:rows, :columns]
    near = cv2.dilate(marked.astype(np.uint8), np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)) > 0
    found = np.argwhere(near & ~marked)
    if len(found) < ENOUGH:
        found = np.argwhere(~marked)
    return np.asarray(found[np.linspace(0, len(found) - 1, min(len(found), MOST)).astype(int)])


def cells_at(pixels: Pixels, places: npt.NDArray[np.intp]) -> Floats:
    """Some cells of a picture ``(N, CELL, CELL, C)``, in 8-bit grey levels."""
    rows, columns = pixels.shape[0] // CELL, pixels.shape[1] // CELL
    grid = pixels[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL, -1)
    found: Floats = grid[places[:, 0], :, places[:, 1]].astype(np.float32) * np.float32(255 / white_of(pixels))
    return found


def _plane() -> Floats:
    """An orthonormal basis of planes over a cell ``(CELL * CELL, 3)``."""
    line = np.linspace(-1, 1, CELL)
    planes = np.stack([np.ones((CELL, CELL)), *np.meshgrid(line, line)], -1).reshape(-1, 3)
    return np.asarray(planes / np.linalg.norm(planes, axis=0), np.float32)


def _detrended(cells: Floats) -> Floats:
    """Cells without mean and slope."""
    flat, basis = cells.reshape(len(cells), CELL * CELL, -1), _plane()
    fitted = np.einsum("pb,nbc->npc", basis, np.einsum("pb,npc->nbc", basis, flat))
    return np.asarray((flat - fitted).reshape(cells.shape))


def _directedness(residuals: Floats) -> npt.NDArray[np.float64]:
    """The ratio of the eigenvalues of the gradients' covariance ``(N,)``; grain looks the same in all directions."""
    down = residuals[:, 2:, 1:-1] - residuals[:, :-2, 1:-1]
    right = residuals[:, 1:-1, 2:] - residuals[:, 1:-1, :-2]
    yy, xx, xy = (
        (a * b).sum(axis=(1, 2, 3), dtype=np.float64) for a, b in ((down, down), (right, right), (down, right))
    )
    half, root = (yy + xx) / 2, np.sqrt((yy - xx) ** 2 / 4 + xy**2)
    return np.asarray((half + root) / (half - root).clip(min=1e-9))


def _lowest(
    brightness: npt.NDArray[Any], variances: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The variance of the flattest tenth of the cells at each brightness."""
    levels, low = _by_brightness(brightness, variances, lambda part: np.quantile(part, 0.1))
    return levels, low.clip(max=STEADY * np.quantile(variances, 0.1))


def _by_brightness(
    brightness: npt.NDArray[Any],
    variances: npt.NDArray[Any],
    summary: Callable[[npt.NDArray[Any]], Any],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Summarise cells in up to six groups of like brightness."""
    groups = np.array_split(np.argsort(brightness, kind="stable"), max(1, min(6, len(brightness) // ENOUGH)))
    return (
        np.array([brightness[group].mean() for group in groups], np.float64),
        np.array([summary(variances[group]) for group in groups], np.float64),
    )


def _correlation(residuals: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float64], float]:
    """The autocorrelation of ``(N, CELL, CELL)`` up to `REACH`, and the share of variance that went with the planes."""
    power = (np.abs(np.fft.fft2(residuals, (2 * CELL, 2 * CELL))) ** 2).mean(axis=0)
    sums = np.fft.fftshift(np.fft.ifft2(power).real)[CELL - REACH : CELL + REACH + 1, CELL - REACH : CELL + REACH + 1]
    overlap = CELL - np.abs(np.arange(-REACH, REACH + 1))
    raw = sums / np.outer(overlap, overlap)
    raw /= raw[REACH, REACH]
    lost = 0.0
    for _ in range(4):  # a plane takes three of CELL * CELL parts, each as strong as the correlation reaches far
        found = raw * (1 - lost) + lost
        inner = found[REACH - 3 : REACH + 4, REACH - 3 : REACH + 4]
        lost = min(0.3, 3 / CELL**2 * max(1.0, float(inner.sum())))
    fade = np.clip((REACH + 1 - np.abs(np.arange(-REACH, REACH + 1))) / 4, 0, 1)
    return found * np.outer(fade, fade), lost


def _field(correlation: npt.NDArray[np.float64], random: np.random.Generator) -> npt.NDArray[np.float64]:
    """A periodic Gaussian field of variance 1 with this autocorrelation."""
    whole = np.zeros((TEMPLATE, TEMPLATE))
    whole[: 2 * REACH + 1, : 2 * REACH + 1] = correlation
    power = np.fft.fft2(np.roll(whole, (-REACH, -REACH), (0, 1))).real.clip(min=0)
    field = np.fft.ifft2(np.sqrt(power) * np.fft.fft2(random.standard_normal((TEMPLATE, TEMPLATE)))).real
    return np.asarray((field - field.mean()) / field.std())


def variance_within(cells: Floats, weights: Floats) -> npt.NDArray[np.float64]:
    """The variance ``(N,)`` of pixels with weight 1 about the plane that fits them, mean of the channels."""
    basis = _plane()
    values = cells.reshape(len(cells), CELL * CELL, -1).astype(np.float64)
    normal = np.einsum("pa,np,pb->nab", basis, weights, basis) + 1e-4 * np.eye(3)
    fitted = np.linalg.solve(normal, np.einsum("pa,np,npc->nac", basis, weights, values))
    residuals = values - np.einsum("pa,nac->npc", basis, fitted)
    return np.asarray((residuals**2 * weights[:, :, None]).sum(axis=1).mean(axis=1) / weights.sum(axis=1).clip(min=1))
