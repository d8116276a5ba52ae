"""Grain for what was filled: as much of what `restore_gan_inpaint.measuring` finds round the holes as is lacking."""

from __future__ import annotations

import logging

import numpy as np

from restore.image import Pixels
from restore.toolkit.missing import Mask
from restore.toolkit.pixels import white_of
from restore_gan_inpaint.measuring import CELL, FEWEST, MOST, TEMPLATE, Grain, cells_at, measured, variance_within

log = logging.getLogger("restore")

LACKING = 0.1
"""Share of the variance below which nothing is added to what a filling has already."""

BLOCK = 64
"""Edge of the blocks that are taken from the grain's fields, each from another place."""


def add_grain(pixels: Pixels, mask: Mask) -> float:
    """Give filled pixels as much of their surroundings' grain as they lack; the same input gives the same bytes.

    Args:
        pixels: ``(H, W, C)`` of any depth, filled. Changed in place, and only where `mask` is True.
        mask: ``(H, W)``, True = was missing.

    Returns:
        The mean standard deviation of what was added; 0 where the picture has no grain.
    """
    grain = measured(pixels, mask)
    if grain is None:
        return 0.0
    share = lacking(pixels, mask, grain)
    if share < LACKING:
        return 0.0
    _add(pixels, mask, grain, share)
    added = float(np.sqrt(share * grain.variance.mean()))
    log.info("grain of sigma %.1f added to the filling, which had %.0f %% of it", added, 100 * (1 - share))
    return added


def lacking(pixels: Pixels, mask: Mask, grain: Grain) -> float:
    """The share of the grain's variance that filled pixels lack, 0 to 1, judged where the picture is flat.

    Cell by cell, the missing pixels are compared with the same pixels of known cells, both without mean and slope.
    """
    rows, columns = mask.shape[0] // CELL, mask.shape[1] // CELL
    inside = mask[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL).swapaxes(1, 2)
    places = np.argwhere(inside.sum(axis=(2, 3)) >= CELL)
    if not len(places):
        return 1.0
    places = places[np.linspace(0, len(places) - 1, min(len(places), MOST)).astype(int)]
    weights = inside[places[:, 0], places[:, 1]].reshape(len(places), -1).astype(np.float32)
    cells = cells_at(pixels, places)
    expected = grain.at(cells.mean(axis=(1, 2, 3)))
    flat = grain.flat[np.arange(len(places)) % len(grain.flat)]
    present, full = variance_within(cells, weights), variance_within(flat, weights) * expected
    # Flat where the known pixels of the same cell say so; what the filling itself is like must not choose.
    known = 1 - weights
    flat_here = (known.sum(axis=1) >= CELL) & (variance_within(cells, known) <= 2 * expected)
    if flat_here.sum() < FEWEST:
        ratio = present / full.clip(min=1e-6)
        flat_here = ratio <= np.median(ratio)
    return float(np.clip(1 - present[flat_here].sum() / full[flat_here].sum(), 0, 1))


def _add(pixels: Pixels, mask: Mask, grain: Grain, share: float) -> None:
    """Add fields of grain, block by block."""
    white, size = white_of(pixels), pixels.shape[2]
    for top in range(0, pixels.shape[0], BLOCK):
        for left in range(0, pixels.shape[1], BLOCK):
            area = slice(top, top + BLOCK), slice(left, left + BLOCK)
            rows, columns = np.nonzero(mask[area])
            if not len(rows):
                continue
            y, x = np.random.default_rng([grain.seed, top, left]).integers(0, TEMPLATE, 2)
            fields = grain.fields[:size, (rows + y) % TEMPLATE, (columns + x) % TEMPLATE]
            values = pixels[area][rows, columns].astype(np.float64) * (255 / white)
            values += (grain.mixing @ fields).T * np.sqrt(share * grain.at(values.mean(axis=1)))[:, None]
            values *= white / 255
            if pixels.dtype != np.float32:
                values = np.rint(values).clip(0, white)
            pixels[area][rows, columns] = values.astype(pixels.dtype)
