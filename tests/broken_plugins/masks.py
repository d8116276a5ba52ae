"""Restorers that take masks or make them and keep every rule, and for each rule of masks one that breaks it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from restore.image import Image, Observation
from restore.spec import Makes, Needs, Options, RestorerSpec, Runtime


class Fills:
    """A restorer that fills rows with what is known to their left and right, and empty ones with the mean."""

    def restore(self, observation: Observation, options: Options) -> Image:
        image, mask = observation.image, observation.mask
        assert mask is not None
        pixels = image.pixels.copy()
        if mask.any():
            pixels[mask] = image.pixels[~mask].mean(axis=0)
        for row in np.flatnonzero(mask.any(axis=1) & ~mask.all(axis=1)):
            missing, known = np.flatnonzero(mask[row]), np.flatnonzero(~mask[row])
            for channel in range(image.channels):
                pixels[row, missing, channel] = np.interp(missing, known, image.pixels[row, known, channel])
        return image.with_pixels(pixels)


class FillsAndBlurs(Fills):
    """Melts the hole's edge into the picture, on both sides."""

    def restore(self, observation: Observation, options: Options) -> Image:
        filled = super().restore(observation, options)
        blurred = filled.pixels.copy()
        blurred[:, 1:] = filled.pixels[:, 1:] // 2 + filled.pixels[:, :-1] // 2
        return filled.with_pixels(blurred)


class FillsInBgr(Fills):
    """What is known stays as it is; red and blue of the fill are swapped."""

    def restore(self, observation: Observation, options: Options) -> Image:
        filled = super().restore(observation, options)
        filled.pixels[observation.mask] = filled.pixels[observation.mask][:, ::-1]
        return filled


def inpainter(restorer: type[Fills]) -> RestorerSpec:
    """A description round a restorer with a mask."""

    def load(weights: Path | None, runtime: Runtime) -> Fills:
        return restorer()

    return RestorerSpec("one", "inpaint", "One.", Options, load, needs=Needs.IMAGE_AND_MASK)


class Marks:
    """A restorer made of a function that makes a mask."""

    def __init__(self, function: Callable[[Image], Image]) -> None:
        self.function = function

    def restore(self, observation: Observation, options: Options) -> Image:
        return self.function(observation.image)


def bright(image: Image) -> Image:
    """A mask of what is bright."""
    return Image((image.pixels.max(axis=2, keepdims=True) > image.white * 0.995).astype(np.uint8) * 255)


def bright_in_grey(image: Image) -> Image:
    """A share of white instead of a decision."""
    return Image((image.pixels.max(axis=2, keepdims=True) / image.white * 255).clip(0, 255).astype(np.uint8))


def bright_where_transparent(image: Image) -> Image:
    """Takes an alpha channel for damage, whatever it holds."""
    mask = bright(image)
    return mask if image.alpha is None else Image(255 - mask.pixels)


def detector(function: Callable[[Image], Image]) -> RestorerSpec:
    """A description round a function that makes masks."""

    def load(weights: Path | None, runtime: Runtime) -> Marks:
        return Marks(function)

    return RestorerSpec("one", "detect", "One.", Options, load, makes=Makes.MASK)


GOOD_DETECTOR = detector(bright)
GOOD_WITH_MASK = inpainter(Fills)

BROKEN = {
    "outside the mask nothing changes": inpainter(FillsAndBlurs),
    "pictures of any size, depth and number of channels give a mask of their size": detector(bright_in_grey),
    "an opaque alpha channel changes nothing in a mask": detector(bright_where_transparent),
}
ALSO_BROKEN = {
    "swapped inside the hole": ("(210, 120, 30) came out as (30, 120, 210)", inpainter(FillsInBgr)),
    "no mask": ("a mask was due: (1, 1, 1) uint8, 0 or 255", detector(lambda image: image)),
    "transparent mask": (
        "returned a mask with transparency",
        detector(lambda image: replace(bright(image), alpha=np.zeros(image.pixels.shape[:2], np.uint8))),
    ),
}
