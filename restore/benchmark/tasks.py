"""What a benchmark is made of: the setup a user asks for, the cases a task makes of it, and what a task is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from restore.image import Observation, Pixels
from restore.metrics import Convention
from restore.plugin_manager import PluginManager


@dataclass(frozen=True)
class Setup:
    """What to measure on. What a task has no use for is left at its default.

    Attributes:
        data: Folder of clean pictures, spoilt by the task; or None with `pairs`.
        pairs: Folders of really spoilt pictures and of their references; or None with `data`.
        sigmas: Standard deviations of added Gaussian noise, in 8-bit units; None for the task's own choice.
        scales: Whole factors by which pictures are reduced; None for the task's own choice.
        blind: Models are not told how strong the noise is.
        grey: Clean pictures are first made grey (one channel, 0.299 R + 0.587 G + 0.114 B, not rounded).
        uncertainty: Models make their maps of uncertainty, and these are measured too.
        limit: Only the first so many pictures, in natural order of names; None for all.
        seed: Seed of everything random.
        max_pixels: Larger pictures are refused.
        masks: Kinds of holes, of `restore.holes.KINDS`; None for all.
        mode: Why the frames of series were taken, of `restore.series.request.MODES`; "auto" lets the pixels tell.
        synthetic: What series are made of pictures ("focus"); None for real ones.
        qualities: libjpeg qualities at which pictures are saved; None for the task's own choice.
    """

    data: Path | None = None
    pairs: tuple[Path, Path] | None = None
    sigmas: tuple[float, ...] | None = None
    scales: tuple[int, ...] | None = None
    blind: bool = False
    grey: bool = False
    uncertainty: bool = False
    limit: int | None = None
    seed: int = 0
    max_pixels: int = 500_000_000
    masks: tuple[str, ...] | None = None
    mode: str = "auto"
    synthetic: str | None = None
    qualities: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Case:
    """One picture to restore.

    Attributes:
        name: The file, relative to its folder.
        setting: What was done to it ("sigma 25"); measures are averaged per setting.
        observation: What the models get. Where it has a mask, what was missing is measured apart.
        reference: What the result is compared with, and whose shape it must have.
        told: Options all models are given that have them.
        conventions: What results are measured on.
        uncertainty: Whether the models' maps of uncertainty are measured, with the first convention's border left out.
        by_frames: Whether nobody knows what the result should be, so that it is judged by the frames it was made of;
            the reference is then the first frame.
    """

    name: str
    setting: str
    observation: Observation
    reference: Pixels
    told: Mapping[str, object]
    conventions: tuple[Convention, ...] = (Convention(),)
    uncertainty: bool = False
    by_frames: bool = False


@dataclass(frozen=True)
class Task:
    """What can be measured.

    Attributes:
        name: As the models' task is called.
        cases: Yields the cases picture by picture, so that one at a time is in memory. It raises UsageError where the
            setup makes no sense, and InputError where a picture cannot be read or has no partner: a mean over the rest
            would be another figure.
        notes: What has to be known about the figures, one sentence each.
        flags: Which of the flags that not every task has are this task's.
        told: Options that every model must have, because it would not do the task without.
    """

    name: str
    cases: Callable[[Setup, PluginManager], Iterator[Case]]
    notes: Callable[[Setup], tuple[str, ...]]
    flags: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()


def seeded(seed: int, name: str) -> np.random.Generator:
    """Chance that depends on the seed and a name alone, not on which pictures there are.

    Args:
        seed: Of the benchmark, at least 0.
        name: Of the file, relative to its folder, with ``/``; with the kind of damage in front where there are several.
    """
    of_name = int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big")
    return np.random.default_rng([seed, of_name])
