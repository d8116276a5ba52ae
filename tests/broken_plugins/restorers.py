"""Restorers that keep every rule, and for each rule of a picture that comes back one that breaks it.

The other rules: companions.py, machines.py, masks.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from restore.image import Image, Metadata, Observation
from restore.spec import Needs, Options, RestorerSpec, Runtime


class GoodOptions(Options):
    """Options of every kind of restorer here."""

    strength: float = Field(default=1.0, ge=0, le=1, description="How much to darken.")


class WrongDefault(Options):
    """The constraint is on the union, so that giving "auto" is a TypeError inside pydantic."""

    sigma: float | Literal["auto"] = Field(default="auto", ge=0, description="Noise level.")


class NoDescription(Options):
    """Nobody says what this is for."""

    sigma: float = 1.0


class TakenFlag(Options):
    """Every command has --device already."""

    device: str = Field(default="", description="Which camera.")


class Lenient(Options):
    """Swallows misspelt options."""

    model_config = ConfigDict(extra="ignore")


class Does:
    """A restorer made of a function."""

    def __init__(self, function: Callable[[Image, BaseModel], object]) -> None:
        self.function = function

    def restore(self, observation: Observation, options: BaseModel) -> Any:
        return self.function(observation.image, options)


def darken(image: Image, options: BaseModel) -> Image:
    """Take 2 % of the light away, exactly nothing at strength 0."""
    share = 0.02 * getattr(options, "strength", 1.0)
    if share == 0:
        return image
    return image.with_pixels((image.pixels * (1 - share)).astype(image.pixels.dtype))


def spec(
    function: Callable[[Image, BaseModel], object],
    options: type[Options] = GoodOptions,
    output_size: Callable[[Any, int, int], tuple[int, int]] | None = None,
) -> RestorerSpec:
    """A description round a function."""

    def load(weights: Path | None, runtime: Runtime) -> Does:
        return Does(function)

    return RestorerSpec(name="one", task="denoise", summary="One.", options=options, load=load, output_size=output_size)


class Times(Options):
    """How many times larger."""

    scale: int = Field(default=2, ge=1, le=3, description="How many times larger.")


def times(options: Any, height: int, width: int) -> tuple[int, int]:
    """Whole factors, 2 where the options have none."""
    scale = getattr(options, "scale", 2)
    return height * scale, width * scale


def enlarged(image: Image, options: BaseModel) -> Image:
    """As many times larger as the options say, alpha too."""
    scale = getattr(options, "scale", 2)
    alpha = None if image.alpha is None else image.alpha.repeat(scale, 0).repeat(scale, 1)
    return image.with_pixels(image.pixels.repeat(scale, 0).repeat(scale, 1), alpha)


def always_doubled(image: Image, options: BaseModel) -> Image:
    return enlarged(image, Times(scale=2))


def alpha_with_holes(image: Image, options: BaseModel) -> Image:
    """Rounds alpha down."""
    large = enlarged(image, options)
    return large if large.alpha is None else large.with_pixels(large.pixels, large.alpha - (large.alpha > 0))


def coloured(image: Image, options: BaseModel) -> Image:
    return image.with_pixels(np.repeat(image.pixels, 3, axis=2) if image.is_grey else image.pixels)


def float_in_16_bit(image: Image, options: BaseModel) -> Image:
    if image.pixels.dtype != np.float32:
        return image
    return Image((image.pixels * 65535).clip(0, 65535).astype(np.uint16), metadata=image.metadata)


def through_eight_bit(image: Image, options: BaseModel) -> Image:
    if image.pixels.dtype != np.uint16:
        return image
    return image.with_pixels((image.pixels // 257).astype(np.uint16) * np.uint16(257))


def guesses_depth(image: Image, options: BaseModel) -> Image:
    """Takes a dark 16-bit picture for an 8-bit one."""
    if image.pixels.dtype == np.uint16 and image.pixels.max() <= 256:
        return image.with_pixels(image.pixels * np.uint16(255))
    return image


def swapped(image: Image, options: BaseModel) -> Image:
    return image.with_pixels(image.pixels[..., ::-1].copy())


def without_alpha(image: Image, options: BaseModel) -> Image:
    return Image(image.pixels, metadata=image.metadata)


def without_metadata(image: Image, options: BaseModel) -> Image:
    return Image(image.pixels, image.alpha, Metadata())


def in_place(image: Image, options: BaseModel) -> Image:
    """Makes every value even, where it finds it; a second time changes nothing more."""
    if getattr(options, "strength", 1.0):
        image.pixels[:] = (
            (image.pixels // 2 * 2) if image.pixels.dtype != np.float32 else np.rint(image.pixels * 512) / 512
        )
    return image


class Remembers:
    """Marks a picture that follows one of another size."""

    def __init__(self) -> None:
        self.before: tuple[int, ...] | None = None

    def __call__(self, image: Image, options: BaseModel) -> Image:
        size, before = image.pixels.shape[:2], self.before
        self.before = size
        if image.pixels.dtype != np.uint8 or before in (None, size):
            return image
        pixels = image.pixels.copy()
        pixels[0, 0] = 255 - pixels[0, 0]
        return image.with_pixels(pixels)


def not_a_number(image: Image, options: BaseModel) -> Image:
    """0/0 where a picture is black."""
    if image.pixels.dtype != np.float32:
        return image
    with np.errstate(all="ignore"):
        return image.with_pixels(image.pixels / image.pixels.max() * image.pixels.max())


def only_large(image: Image, options: BaseModel) -> Image:
    if image.height < 8:
        raise ValueError("too small")
    return image


def ignores_strength(image: Image, options: BaseModel) -> Image:
    return image.with_pixels(np.clip(image.pixels * 0.98, 0, image.white).astype(image.pixels.dtype))


GOOD = spec(darken)
GOOD_UPSCALER = spec(enlarged, Times, times)
GOOD_WITH_FRAMES = replace(GOOD, needs=Needs.FRAMES)

BROKEN = {
    "the description is sound": replace(GOOD, name="My Model"),
    "every option can be given as text": spec(darken, WrongDefault),
    "an unknown option is refused": spec(darken, Lenient),
    "the model loads": replace(GOOD, requires=("a_package_that_is_not_there",)),
    "pictures of any size come out in the size that is due": spec(only_large),
    "grey stays one channel": spec(coloured),
    "8 bit, 16 bit and float keep their type": spec(float_in_16_bit, Options),
    "16 bit is not squeezed through 8 bit": spec(through_eight_bit, Options),
    "a nearly black 16-bit picture stays dark": spec(guesses_depth),
    "red stays red": spec(swapped, Options),
    "alpha is carried": spec(without_alpha),
    "metadata are carried": spec(without_metadata),
    "the input is not modified": spec(in_place),
    "the same input gives the same bytes, whatever came in between": spec(Remembers(), Options),
    "no NaN or infinity comes out": spec(not_a_number, Options),
    "at strength 0 the bytes are the input's": spec(ignores_strength),
}
ALSO_BROKEN = {
    "undescribed": ("has no description", spec(darken, NoDescription)),
    "taken flag": ("--device is a flag that every command has already", spec(darken, TakenFlag)),
    "wrong size": ("1x1 gave (2, 2, 3), not (1, 1, 3)", spec(enlarged, Options)),
    "one scale only": ("1x7 gave (2, 14, 3), not (3, 21, 3) with scale=3", spec(always_doubled, Times, times)),
    "no size": ("output_size of the model 'one' gave 2", spec(enlarged, Options, lambda *_: 2)),  # type: ignore[arg-type]
    "holes": ("an opaque one came out with holes", spec(alpha_with_holes, Times, times)),
    "no picture": ("restore gave a list instead of an Image", spec(lambda image, options: [image])),
}
