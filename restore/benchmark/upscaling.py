"""Upscaling, measured as the field does: pictures reduced by MATLAB's bicubic, and enlarged again by the models."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from restore.benchmark.tasks import Case, Setup, Task
from restore.errors import InputError, UsageError
from restore.evaluate import pictures_in
from restore.image import Image, Observation, Pixels
from restore.metrics import Convention, unit_scale
from restore.plugin_manager import PluginManager
from restore.resampling import resized

SCALES = (2, 3, 4)
"""What is measured where no scale is asked for."""


def upscaling_cases(setup: Setup, manager: PluginManager) -> Iterator[Case]:
    """Small pictures with the large ones they were made of.

    Each is cropped, at the right and at the bottom, to a multiple of the scale and reduced with the weights of
    MATLAB's ``imresize`` (antialiased bicubic, a = -0.5), rounded to 8 bits. Models are told the scale. Measured with
    a border of as many pixels as the scale left out, as everybody does. Where maps of uncertainty are measured, too,
    models are told to make them.
    """
    if setup.data is None:
        raise UsageError("the benchmark needs a folder of pictures.", hint="Give it after the task's name.")
    files = pictures_in(setup.data)
    for name, path in itertools.islice(files.items(), setup.limit):
        pixels = manager.read_image(path, setup.max_pixels).pixels
        for scale in setup.scales or SCALES:
            large = _cropped(pixels, scale, path)
            small = Image(_eight_bit(resized(large, large.shape[0] // scale, large.shape[1] // scale)))
            conventions = (Convention("y", border=scale), Convention("rgb", border=scale))
            told = {"scale": scale} | ({"uncertainty": True} if setup.uncertainty else {})
            yield Case(name, f"x{scale}", Observation((small,)), large, told, conventions, setup.uncertainty)


def _cropped(pixels: Pixels, scale: int, path: Path) -> Pixels:
    height, width = (edge // scale * scale for edge in pixels.shape[:2])
    if min(height, width) <= 2 * scale:
        size = f"{pixels.shape[1]} x {pixels.shape[0]}"
        raise InputError(f"{size} pixels are too few for x{scale}.", path=path, hint="Take it out of the folder.")
    return np.ascontiguousarray(pixels[:height, :width])


def _eight_bit(pixels: Pixels) -> Pixels:
    return pixels if pixels.dtype == np.uint8 else np.rint(unit_scale(pixels) * 255).astype(np.uint8)


def _notes(setup: Setup) -> tuple[str, ...]:
    maps = (
        "rank_correlation: Spearman's, of the predicted standard deviation of each pixel and its actual error in luma "
        "(BT.601, full swing); within_2_sigma: share of the errors of all pixels and channels that are at most twice "
        "the predicted standard deviation (95 % is calibrated); both per picture with the border left out, then the "
        "mean",
        "time and memory include making the maps",
    )
    return (
        "pictures cropped to a multiple of the scale and reduced by MATLAB's bicubic (a = -0.5, antialiased), rounded "
        "to 8 bits; models told the scale",
        "s/MP and MP/s count pixels of the results",
        *(maps if setup.uncertainty else ()),
    )


UPSCALING = Task("upscale", upscaling_cases, _notes, flags=frozenset({"scale", "uncertainty"}), told=("scale",))
