"""The rules for what comes back as a mask, and for what is filled where a mask says so."""

from __future__ import annotations

import numpy as np

from restore.answers import checked
from restore.conformance.trials import Bench, masks, picture
from restore.image import Observation, picture_of

KINDS = ((1, np.uint8), (3, np.uint8), (1, np.uint16), (3, np.uint16), (3, np.float32))
"""Channels and types of the pictures that are tried."""


def every_size(bench: Bench) -> None:
    """Whatever a picture is like, its mask has its size; values and shape are checked as every run does."""
    for height, width in ((1, 1), (1, 7), (37, 53), (96, 130)):
        for channels, dtype in KINDS:
            image = picture(height, width, channels, dtype)
            checked(
                bench.restorer.restore(Observation((image,)), bench.defaults),
                image,
                bench.spec,
                bench.defaults,
            )


def without_alpha(bench: Bench) -> None:
    """An opaque alpha channel is no damage."""
    image = picture(37, 53)
    opaque = image.with_pixels(image.pixels, np.full((37, 53), 255, np.uint8))
    same = np.array_equal(bench.restore(image).pixels, bench.restore(opaque).pixels)
    assert same, "an opaque picture gives another mask with an alpha channel than without one"


def outside(bench: Bench) -> None:
    """What is not missing stays, byte for byte, whatever is missing."""
    defaults = bench.defaults
    for channels, dtype in KINDS:
        image = picture(37, 53, channels, dtype)
        for name, mask in masks(37, 53).items():
            result = picture_of(bench.restorer.restore(Observation((image,), mask), defaults))
            changed = (result.pixels != image.pixels).any(axis=2) & ~mask
            assert not changed.any(), (
                f"{changed.sum()} known {dtype.__name__} pixels were changed where {name} is missing"
            )
