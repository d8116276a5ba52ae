"""What a benchmark gives the models: per task, a stream of spoilt pictures with the truth beside them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from restore.errors import InputError, UsageError
from restore.evaluate import pair_up, pictures_in, read_pair
from restore.image import Image, Observation, Pixels
from restore.metrics import Convention, prepare, unit_scale
from restore.plugin_manager import PluginManager


@dataclass(frozen=True)
class Setup:
    """What to measure on.

    Attributes:
        data: Folder of clean pictures, spoilt by the task; or None with `pairs`.
        pairs: Folders of really spoilt pictures and of their references; or None with `data`.
        sigmas: Standard deviations of the added Gaussian noise, in 8-bit units.
        blind: Models are not told how strong the noise is.
        grey: Clean pictures are first made grey (one channel, 0.299 R + 0.587 G + 0.114 B, not rounded).
        limit: Only the first so many pictures, in natural order of names; None for all.
        seed: Seed of everything random.
        max_pixels: Larger pictures are refused.
    """

    data: Path | None = None
    pairs: tuple[Path, Path] | None = None
    sigmas: tuple[float, ...] = (25.0,)
    blind: bool = False
    grey: bool = False
    limit: int | None = None
    seed: int = 0
    max_pixels: int = 500_000_000


@dataclass(frozen=True)
class Case:
    """One picture to restore.

    Attributes:
        name: The file, relative to its folder.
        setting: What was done to it ("sigma 25"); measures are averaged per setting.
        observation: What the models get.
        reference: What the result is compared with.
        told: Options all models are given that have them.
    """

    name: str
    setting: str
    observation: Observation
    reference: Pixels
    told: Mapping[str, object]


Task = Callable[[Setup, PluginManager], Iterator[Case]]
"""Yields the cases picture by picture, so that one at a time is in memory.

Raises:
    UsageError: The setup makes no sense for the task.
    InputError: A picture cannot be read, or has no partner; a mean over the rest would be another figure.
"""


def denoise(setup: Setup, manager: PluginManager) -> Iterator[Case]:
    """Denoising: Gaussian noise added to clean pictures, or real pairs.

    Added noise is white and Gaussian, in float32 on the scale of [0, 1], and not clipped: models get float pictures
    with values outside [0, 1]. Models are told its sigma, or "auto" with ``blind``. Real pairs are given in their own
    depth and always blind.
    """
    if (setup.data is None) == (setup.pairs is None):
        raise UsageError("the benchmark needs a folder of clean pictures, or --pairs NOISY CLEAN, and not both.")
    if setup.data is None:
        yield from _real_pairs(setup, manager)
        return
    files = pictures_in(setup.data)
    for name, path in itertools.islice(files.items(), setup.limit):
        pixels = manager.read_image(path, setup.max_pixels).pixels
        clean = (prepare(pixels, Convention("grey")) if setup.grey else unit_scale(pixels)).astype(np.float32)
        noise = standard_noise(clean.shape, setup.seed, name)
        for sigma in setup.sigmas:
            noisy = Image(clean + noise * np.float32(sigma / 255))
            told = {"sigma": "auto" if setup.blind else sigma}
            yield Case(name, f"sigma {sigma:g}", Observation((noisy,)), clean, told)


def standard_noise(shape: tuple[int, ...], seed: int, name: str) -> npt.NDArray[np.float32]:
    """Standard normal noise that depends on the seed and the file's name alone, not on which files there are.

    Args:
        shape: Of the noise.
        seed: Of the benchmark, at least 0.
        name: Of the file, relative to its folder, with ``/``.
    """
    of_name = int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big")
    return np.random.default_rng([seed, of_name]).standard_normal(shape, dtype=np.float32)


def _real_pairs(setup: Setup, manager: PluginManager) -> Iterator[Case]:
    assert setup.pairs is not None
    if setup.grey:
        raise UsageError("--grey goes with added noise, not with --pairs.")
    pairs, problems = pair_up(*setup.pairs)
    if problems:
        raise InputError(" ".join(str(problem) for problem in problems), hint="Every picture needs its partner.")
    for pair in itertools.islice(pairs, setup.limit):
        noisy, clean = read_pair(pair, manager, setup.max_pixels)
        yield Case(pair.name, "pairs", Observation((noisy,)), clean.pixels, {"sigma": "auto"})


TASKS: dict[str, Task] = {"denoise": denoise}
"""The tasks that can be measured, by name."""
