"""Fusion, measured: real series judged by their frames, and pairs split out of photographs, of which all is known."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from restore.benchmark.tasks import Case, Setup, Task, seeded
from restore.errors import InputError, UsageError
from restore.evaluate import pictures_in
from restore.finding import Found
from restore.fusion_metrics.scores import CONVENTION
from restore.grouping import FoundSeries, grouped, last_part
from restore.image import Image, Observation, Pixels, SeriesKind
from restore.metrics import Convention, unit_scale
from restore.plugin_manager import PluginManager
from restore.series.kind import kind_of, visible_first
from restore.series.request import AUTO, SUFFIX, Grouping

OCCLUSIONS = {"focus, plain": 0.0, "focus, occluding": 1.0}
"""The settings of split photographs: the share of occluding pairs, see `restore.degrade.focus.focus_split`."""

_VISIBLE = ("visible", "vis", "vi", "rgb")
"""Last parts of names, in lower case, that say that a frame is the one of visible light."""

_SMALLEST = 16


def fusion_cases(setup: Setup, manager: PluginManager) -> Iterator[Case]:
    """Series of frames without a truth, or with ``synthetic`` two frames of each picture and the picture itself.

    Files are grouped as ``restore fuse --group-by suffix`` does. Frames are given as they are: neither aligned nor
    cropped nor cleared of ghosts, since that is the core's work and would be the same for every model.
    """
    if setup.data is None:
        raise UsageError("the benchmark needs a folder of pictures.", hint="Give it after the task's name.")
    if setup.synthetic is None:
        yield from _real_series(setup, setup.data, manager)
        return
    if setup.mode != AUTO:
        raise UsageError("--mode goes with real series, not with --synthetic.")
    yield from _split(setup, setup.data, manager)


def _real_series(setup: Setup, folder: Path, manager: PluginManager) -> Iterator[Case]:
    files = [Found(str(path), len(str(path)) - len(name)) for name, path in pictures_in(folder).items()]
    for series in itertools.islice(grouped(files, Grouping(SUFFIX)), setup.limit):
        images, names = _read(series, setup, manager)
        kind = kind_of(images) if setup.mode == AUTO else SeriesKind(setup.mode)
        if kind is SeriesKind.INFRARED:
            first = _visible(series, images)
            order = [first, *(n for n in range(len(images)) if n != first)]
            images, names = [images[n] for n in order], [names[n] for n in order]
        observation = Observation(tuple(images), kind=kind, names=tuple(names))
        name = (series.frames[0].inner.parent / series.stem).as_posix()
        yield Case(name, kind.value, observation, images[0].pixels, {}, (), by_frames=True)


def _read(series: FoundSeries, setup: Setup, manager: PluginManager) -> tuple[list[Image], list[str]]:
    """The frames of a series and what they are called.

    Raises:
        InputError: It is no series, a frame cannot be read, or frames are of different sizes or depths; names them.
    """
    paths = [frame.path for frame in series.frames]
    if len(paths) == 1:
        problem = series.frames[0].problem or "is the only frame of its series."
        raise InputError(problem, path=paths[0], hint="Every file must belong to a series, like x_1.jpg x_2.jpg.")
    images = [Image(manager.read_image(path, setup.max_pixels).pixels) for path in paths]
    first = images[0].pixels
    for path, image in zip(paths[1:], images[1:], strict=True):
        if image.pixels.shape[:2] != first.shape[:2] or image.pixels.dtype != first.dtype:
            other = f"{first.shape[1]} x {first.shape[0]} pixels of {first.dtype}"
            message = f"{image.width} x {image.height} pixels of {image.pixels.dtype}, but {paths[0]} has {other}."
            raise InputError(message, path=path, hint="The frames of a series must have one size and depth.")
    return images, [path.name for path in paths]


def _visible(series: FoundSeries, images: Sequence[Image]) -> int:
    """Which frame is the one of visible light: by its name, or else by its colour."""
    for number, frame in enumerate(series.frames):
        if last_part(frame.path.stem.lower()) in _VISIBLE:
            return number
    return visible_first(images)


def _split(setup: Setup, folder: Path, manager: PluginManager) -> Iterator[Case]:
    """Pairs that depend on the setting, the seed, the file's name and its pixels alone, in 8 bits."""
    import torch

    from restore.degrade.focus import focus_split

    for name, path in itertools.islice(pictures_in(folder).items(), setup.limit):
        clean = np.rint(unit_scale(manager.read_image(path, setup.max_pixels).pixels) * 255).astype(np.uint8)
        if min(clean.shape[:2]) < _SMALLEST:
            size = f"{clean.shape[1]} x {clean.shape[0]}"
            raise InputError(f"{size} pixels are too few to be split.", path=path, hint="Take it out of the folder.")
        tensor = torch.from_numpy(clean.astype(np.float32) / 255).permute(2, 0, 1)[None].expand(1, 3, -1, -1)
        for setting, occlusion in OCCLUSIONS.items():
            chance = torch.Generator().manual_seed(int(seeded(setup.seed, f"{setting}/{name}").integers(1 << 62)))
            frames, _ = focus_split(tensor, chance, occlusion)
            images = tuple(Image(_pixels(frame, clean.shape[2])) for frame in frames[0].numpy())
            yield Case(name, setting, Observation(images, kind=SeriesKind.FOCUS), clean, {}, (Convention("rgb"),))


def _pixels(frame: Pixels, channels: int) -> Pixels:
    """A frame ``(3, H, W)`` in [0, 1] as 8-bit pixels ``(H, W, channels)``."""
    return np.ascontiguousarray(np.rint(frame[:channels] * 255).astype(np.uint8).transpose(1, 2, 0))


def _notes(setup: Setup) -> tuple[str, ...]:
    if setup.synthetic is not None:
        return (
            f"seed {setup.seed}; every picture split into two frames by a mask with depth-like outlines, disc blur of "
            "2 to 6 pixels in linear light, rounded to 8 bits; plain: blur pasted in along the mask; occluding: as a "
            "lens has it, the near part's blur spilling over; (input): the first frame alone",
        )
    return (
        "frames given as they are, neither aligned nor cropped; (input): the first frame alone, measured the same way",
        CONVENTION,
        "s/MP and MP/s count pixels of the results",
    )


FUSION = Task("fuse", fusion_cases, _notes, flags=frozenset({"mode", "synthetic", "seed"}))
"""Exposure brackets, focus stacks, infrared beside visible light."""
