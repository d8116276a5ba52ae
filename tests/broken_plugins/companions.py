"""A restorer that writes companions beside each result and keeps every rule, and others that break theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from restore.image import Image, Observation, Restoration
from restore.spec import Companion, Options, RestorerSpec, Runtime


class Sampling(Options):
    """What is written beside each result."""

    samples: int = Field(default=0, ge=0, le=4, description="How many samples.")
    uncertainty: bool = Field(default=False, description="Also a map.")


def companions(options: Any) -> tuple[Companion, ...]:
    """Samples, and a map."""
    samples = tuple(Companion(f"sample-{number + 1}") for number in range(options.samples))
    return (*samples, Companion("uncertainty", ".tif")) if options.uncertainty else samples


def sampled(image: Image, options: Any) -> Restoration:
    spread = Image(np.ones((image.height, image.width, 1), np.float32))
    return Restoration(image, (image,) * options.samples + (spread,) * options.uncertainty)


def without_map(image: Image, options: Any) -> Restoration:
    return Restoration(image, (image,) * options.samples)


def endless(image: Image, options: Any) -> Restoration:
    """The map of a constant picture is 0/0."""
    spread = Image(np.full((image.height, image.width, 1), np.nan, np.float32))
    return Restoration(image, (image,) * options.samples + (spread,) * options.uncertainty)


class Unseeded:
    """Samples that cannot be had again."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)

    def __call__(self, image: Image, options: Any) -> Restoration:
        samples = tuple(
            Image(self.random.integers(0, 256, image.pixels.shape).astype(np.uint8)) for _ in range(options.samples)
        )
        return Restoration(image, (*samples, *([image] if options.uncertainty else [])))


class Samples:
    """A restorer made of a function."""

    def __init__(self, function: Callable[[Image, Any], Restoration]) -> None:
        self.function = function

    def restore(self, observation: Observation, options: Options) -> Restoration:
        return self.function(observation.image, options)


def sampler(
    function: Callable[[Image, Any], Restoration],
    promised: Callable[[Any], tuple[Companion, ...]] | None = companions,
    options: type[Options] = Sampling,
) -> RestorerSpec:
    """A description round a function, and what it says is written beside each result."""

    def load(weights: Path | None, runtime: Runtime) -> Samples:
        return Samples(function)

    return RestorerSpec("one", "denoise", "One.", options, load, companions=promised)


GOOD_SAMPLER = sampler(sampled)

BROKEN = {"what is promised beside each result comes, and nothing else": sampler(without_map)}
ALSO_BROKEN = {
    "unpromised": (
        "returned 1 companions where it promised 0",
        sampler(lambda image, _: Restoration(image, (image,)), None, Options),
    ),
    "odd promise": (
        "a companion named 'Sample'",
        sampler(lambda image, _: Restoration(image), lambda _: (Companion("Sample"),), Options),
    ),
    "endless map": ("'uncertainty' holds NaN", sampler(endless)),
    "unseeded": ("'sample-1' is another one the second time", sampler(Unseeded())),
}
