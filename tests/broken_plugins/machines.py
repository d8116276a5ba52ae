"""For each rule of weights, seeds, tiles, devices, memory and clean photographs a restorer that breaks it alone."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from restore.errors import WeightsError
from restore.image import Image, Observation
from restore.spec import Options, RestorerSpec, Runtime, TrainSpec


class Does:
    """A restorer made of a function; without one it gives back what it gets."""

    def __init__(self, function: Callable[[Image], Image] = lambda image: image) -> None:
        self.function = function

    def restore(self, observation: Observation, options: Options) -> Image:
        return self.function(observation.image)


def spec(load: Callable[[Path | None, Runtime], Any]) -> RestorerSpec:
    """A description round what loads."""
    return RestorerSpec(name="one", task="denoise", summary="One.", options=Options, load=load)


def train(order: TrainSpec) -> None:
    raise AssertionError("nobody trains this one")


def refuses_weights(weights: Path | None, runtime: Runtime) -> Does:
    if weights is not None:
        raise WeightsError("these are none.", path=weights)
    return Does()


def takes_any_weights(weights: Path | None, runtime: Runtime) -> Does:
    return Does()


def names_no_file(weights: Path | None, runtime: Runtime) -> Does:
    if weights is not None:
        raise ValueError("bad magic number")
    return Does()


def unpickles(weights: Path | None, runtime: Runtime) -> Does:
    """Opens whatever weights it is given, as pickles are opened."""
    if weights is not None:
        pickle.loads(weights.read_bytes())
    return Does()


class Unseeded:
    """Every one that is loaded has another number, and writes it into the first pixel."""

    number = 0

    def __init__(self) -> None:
        type(self).number += 1
        self.mine = self.number % 250

    def restore(self, observation: Observation, options: Options) -> Image:
        image = observation.image
        if image.pixels.dtype != np.uint8:
            return image
        pixels = image.pixels.copy()
        pixels[0, 0] = self.mine
        return image.with_pixels(pixels)


class Seams:
    """Tiles without a halo: every tile's last column is mixed with nothing."""

    def __init__(self, tile: int) -> None:
        self.tile = tile

    def restore(self, observation: Observation, options: Options) -> Image:
        pixels = observation.image.pixels.copy()
        last = pixels[:, self.tile - 1 : -1 : self.tile]
        last[:] = (last * 0.99).astype(pixels.dtype)
        return observation.image.with_pixels(pixels)


class Elsewhere:
    """Computes something else on every device but the CPU."""

    def __init__(self, device: str) -> None:
        self.share = 1.0 if device == "cpu" else 0.95

    def restore(self, observation: Observation, options: Options) -> Image:
        image = observation.image
        return image.with_pixels((image.pixels * self.share).astype(image.pixels.dtype))


def hoards(image: Image) -> Image:
    """Holds eight copies in float64."""
    copies = [image.pixels.astype(np.float64) for _ in range(8)]
    return image.with_pixels(copies[-1].astype(image.pixels.dtype))


def blurs(image: Image) -> Image:
    """Smooths whatever it gets."""
    padded = np.pad(image.pixels, ((0, 0), (6, 6), (0, 0)), mode="edge")
    mean = np.lib.stride_tricks.sliding_window_view(padded, 13, axis=1).mean(axis=-1)
    return image.with_pixels((mean + (0 if image.pixels.dtype == np.float32 else 0.5)).astype(image.pixels.dtype))


BROKEN = {
    "the shipped weights say where they come from": replace(spec(refuses_weights), weights=Path(__file__)),
    "files that are not its weights are refused, and not run": replace(spec(unpickles), train=train),
    "the same seed gives the same bytes in a model loaded anew": spec(lambda weights, runtime: Unseeded()),
    "in tiles a picture comes out as it does whole": spec(lambda weights, runtime: Seams(runtime.tile or 1 << 20)),
    "on a GPU a picture comes out as on the CPU": spec(lambda weights, runtime: Elsewhere(runtime.device)),
    "memory stays within what was promised": spec(lambda weights, runtime: Does(hoards)),
    "clean photographs are not harmed": spec(lambda weights, runtime: Does(blurs)),
}
ALSO_BROKEN = {
    "pickle is run": ("attack.pth: what was hidden in the file was run", replace(spec(unpickles), train=train)),
    "any file will do": ("attack.pth was taken for weights", replace(spec(takes_any_weights), train=train)),
    "nameless file": ("attack.pth was refused without being named", replace(spec(names_no_file), train=train)),
}
