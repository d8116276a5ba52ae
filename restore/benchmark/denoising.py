"""Denoising, measured: Gaussian noise added to clean pictures, or real pairs."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from restore.benchmark.tasks import Case, Setup, Task, seeded
from restore.errors import InputError, UsageError
from restore.evaluate import pair_up, pictures_in, read_pair
from restore.image import Image, Observation
from restore.metrics import Convention, prepare, unit_scale
from restore.plugin_manager import PluginManager

SIGMAS = (25.0,)
"""Added noise where none is asked for, in 8-bit units."""


def denoising_cases(setup: Setup, manager: PluginManager) -> Iterator[Case]:
    """Noisy pictures with the clean ones beside them.

    Added noise is white and Gaussian, in float32 on the scale of [0, 1], and not clipped: models get float pictures
    with values outside [0, 1]. Models are told its sigma, or "auto" with ``blind``. Real pairs are given in their own
    depth and always blind.
    """
    if setup.pairs is not None and setup.sigmas is not None:
        raise UsageError("--sigma goes with added noise, not with --pairs.")
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
        for sigma in setup.sigmas or SIGMAS:
            noisy = Image(clean + noise * np.float32(sigma / 255))
            told = {"sigma": "auto" if setup.blind else sigma}
            yield Case(name, f"sigma {sigma:g}", Observation((noisy,)), clean, told, _conventions(setup))


def _conventions(setup: Setup) -> tuple[Convention, ...]:
    return (Convention("rgb"),) if setup.grey else (Convention("rgb"), Convention("y"))


def _notes(setup: Setup) -> tuple[str, ...]:
    knowledge = "not told the noise level" if setup.blind or setup.pairs else "told the noise level"
    return (
        f"seed {setup.seed}; models {knowledge}",
        "models got float pictures with values beyond black and white (real pairs: the files' own depth); nlm:norm=l2 "
        "rounds and clips them to 8 bits; results clipped to [0, 1]",
    )


def standard_noise(shape: tuple[int, ...], seed: int, name: str) -> npt.NDArray[np.float32]:
    """Standard normal noise that depends on the seed and the file's name alone, not on which files there are.

    Args:
        shape: Of the noise.
        seed: Of the benchmark, at least 0.
        name: Of the file, relative to its folder, with ``/``.
    """
    return seeded(seed, name).standard_normal(shape, dtype=np.float32)


def _real_pairs(setup: Setup, manager: PluginManager) -> Iterator[Case]:
    assert setup.pairs is not None
    if setup.grey:
        raise UsageError("--grey goes with added noise, not with --pairs.")
    pairs, problems = pair_up(*setup.pairs)
    if problems:
        raise InputError(" ".join(str(problem) for problem in problems), hint="Every picture needs its partner.")
    for pair in itertools.islice(pairs, setup.limit):
        noisy, clean = read_pair(pair, manager, setup.max_pixels)
        told = {"sigma": "auto"}
        yield Case(pair.name, "pairs", Observation((noisy,)), clean.pixels, told, _conventions(setup))


DENOISING = Task("denoise", denoising_cases, _notes, flags=frozenset({"sigma", "blind", "pairs", "grey", "seed"}))
