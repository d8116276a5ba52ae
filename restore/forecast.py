"""What a run will take, told before it begins: disk, memory, and time from a short probe.

Memory: the model of `restore.memory` (process, network, pictures in flight), for the largest picture alone.

Time: the probe loads the model, reads the pending picture of median size, and restores and writes pieces of it of
growing size, up to one megapixel or `ENOUGH` seconds. Two pieces give seconds per picture and per megapixel.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from restore import steps
from restore.admission import held_bytes
from restore.codecs.atomic import flush
from restore.codecs.header import Header, peek
from restore.disk_space import Room, rooms
from restore.enlarging import ForPieces
from restore.image import Observation
from restore.job import Job
from restore.masks.detecting import Finder, finder_of
from restore.masks.growing import Mask
from restore.memory import BASE, share
from restore.naming import companion_paths
from restore.planning import WorkItem
from restore.station import Station

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager
    from restore.spec import Restorer

EDGES = (64, 256, 512, 1000)
"""Edges of the probe's pieces, in pixels."""

ENOUGH = 1.5
"""Seconds for one piece after which no larger one is tried: it would take four times as long."""

TRIES = 3
"""Pictures tried before the probe is given up: a damaged one must not hide the time of all others."""

NETWORK = 220_000_000
"""Bytes a network works in where no limit is set: a strip of 384² pixels at 1500 bytes each (`toolkit.strips`)."""


@dataclass(frozen=True)
class Probe:
    """How fast this machine is at this job.

    Attributes:
        path: The picture that was tried.
        load: Seconds for loading the model, once per run.
        restoring: Seconds per picture and seconds per megapixel.
        disk: The same for reading and writing together.
    """

    path: Path
    load: float
    restoring: tuple[float, float]
    disk: tuple[float, float]

    def seconds(self, pictures: int, megapixels: float, threads: int) -> float:
        """The time for a whole run.

        Args:
            pictures: How many.
            megapixels: Of all of them together.
            threads: That read and write beside the network.
        """
        restoring, disk = (each[0] * pictures + each[1] * megapixels for each in (self.restoring, self.disk))
        return self.load + restoring + disk / threads


@dataclass(frozen=True)
class Forecast:
    """What a run will take.

    Attributes:
        read: Bytes of the pictures to be read.
        megapixels: Of those whose header tells.
        unknown: How many headers do not.
        rooms: Disk, per file system.
        memory: Bytes of main memory at the peak, or None where no picture's size is known.
        seconds: The run's time, or None where nothing could be tried.
        probe: What the time was taken from.
        trouble: Why nothing could be tried, or None.
    """

    read: int
    megapixels: float
    unknown: int
    rooms: tuple[Room, ...]
    memory: int | None
    seconds: float | None = None
    probe: Probe | None = None
    trouble: str | None = None


@dataclass(frozen=True)
class _Trial:
    """Everything a probe is made with: the job, and its loaded models."""

    job: Job
    manager: PluginManager
    restorer: Restorer
    finder: Finder | None = None
    detector: Restorer | None = None


def foresee(job: Job, manager: PluginManager) -> Forecast:
    """Tell what a job will take. Loads its model; writes nothing but a temporary file of a megapixel.

    Raises:
        RestoreError: The model cannot be loaded, or the memory limit is too low for it.
    """
    pending, finder = job.plan.pending, finder_of(job.masking, manager)
    headers = [(item, found) for item in pending if (found := _headers(item))]
    megapixels = sum(map(_megapixels, headers))
    forecast = Forecast(
        read=sum(steps.file_size(item) for item in pending),
        megapixels=megapixels,
        unknown=len(pending) - len(headers),
        rooms=rooms(job.plan, job.growth),
        memory=_memory(job, finder, headers),
    )
    if not headers:
        return replace(forecast, trouble="no header tells how large the pictures are" if pending else None)
    headers.sort(key=_megapixels)
    middle = len(headers) // 2
    began = time.perf_counter()
    station = Station()
    restorer = station.load(job, finder, manager, share(job.runtime).runtime)
    trial = _Trial(job, manager, restorer, finder, station.detector)
    load = time.perf_counter() - began
    trouble = None
    for tried in headers[middle : middle + TRIES]:
        item = tried[0]
        try:
            probe = _probe(trial, item, load)
        except (Exception, SystemExit) as error:  # whatever a codec or a plugin raises fails this picture only
            trouble = f"{item.sources[0]}: {steps.explain(error, item.sources[0], job.spec).reason}"
            continue
        everything = megapixels + forecast.unknown * _megapixels(tried)
        threads = min(2 * job.jobs, os.cpu_count() or 1)
        return replace(forecast, probe=probe, seconds=probe.seconds(len(pending), everything, threads))
    return replace(forecast, trouble=trouble)


_Known = tuple[WorkItem, list[Header]]
"""An item with the headers of its sources."""


def _headers(item: WorkItem) -> list[Header]:
    """The headers of an item's sources; none where one of them does not tell."""
    found = [header for source in item.sources if (header := peek(source)) is not None]
    return found if len(found) == len(item.sources) else []


def _megapixels(known: _Known) -> float:
    return sum(header.megapixels for header in known[1])


def _memory(job: Job, finder: Finder | None, headers: list[_Known]) -> int | None:
    """The peak that the largest picture, or series, causes."""
    budget = share(job.runtime)
    if not headers:
        return None
    network = NETWORK if job.runtime.memory is None else budget.runtime.memory or NETWORK
    return BASE + network + max(held_bytes(job, finder, *known) for known in headers)


def _probe(trial: _Trial, item: WorkItem, load: float) -> Probe:
    """Read one picture, and restore and write pieces of it."""
    job = trial.job
    hashed = job.plan.folder is not None
    read = steps.read(item, trial.manager, job.max_pixels, hashed=hashed, masking=job.masking, series=job.series)
    if isinstance(job.options, ForPieces):
        whole = read.observation.image
        trial = replace(trial, job=replace(job, options=job.options.for_piece(whole.height, whole.width)))
    restoring, writing = [], []
    with tempfile.TemporaryDirectory(prefix="restore-probe-") as folder:
        place = Path(folder, f"piece{item.output.suffix}")
        _timed(trial, _piece(read.observation, EDGES[0]), place)  # the first call warms up
        for piece in _pieces(read.observation):
            megapixels = steps.megapixels(piece)
            seconds = _timed(trial, piece, place)
            restoring.append((megapixels, seconds[0]))
            writing.append((megapixels, seconds[1]))
            if sum(seconds) > ENOUGH:
                break
    fixed, growing = _line(writing)
    reading = read.seconds / max(steps.megapixels(read.observation), 1e-9)
    return Probe(item.sources[0], load, _line(restoring), (fixed, growing + reading))


def _pieces(observation: Observation) -> Iterator[Observation]:
    """Pieces of growing size from the middle of a picture, none of them twice."""
    for edge in EDGES:
        yield _piece(observation, edge)
        if edge >= max(observation.image.width, observation.image.height):
            return


def _piece(observation: Observation, edge: int) -> Observation:
    """At most `edge` x `edge` pixels from the middle of a picture, or round what is missing in it."""
    image, mask = observation.image, observation.mask
    row, column = _middle(observation)
    top, left = (max(0, min(at - edge // 2, most - edge)) for at, most in ((row, image.height), (column, image.width)))
    here = (slice(top, top + edge), slice(left, left + edge))
    frames = tuple(
        frame.with_pixels(frame.pixels[here].copy(), None if frame.alpha is None else frame.alpha[here].copy())
        for frame in observation.frames
    )
    return replace(observation, frames=frames, mask=None if mask is None else _with_rest(mask[here].copy()))


def _with_rest(missing: Mask) -> Mask:
    """The mask; where it covers a whole piece, without its edges: a restorer needs something to fill it from."""
    if missing.all():
        missing[:, 0] = missing[0, :] = False
    return missing


def _middle(observation: Observation) -> tuple[int, int]:
    """Row and column of the picture's middle; where something is missing, of the middle of the row with most of it."""
    mask = observation.mask
    if mask is None or not mask.any():
        return observation.image.height // 2, observation.image.width // 2
    row = int(mask.sum(axis=1).argmax())
    return row, int(np.median(np.flatnonzero(mask[row])))


def _timed(trial: _Trial, piece: Observation, place: Path) -> tuple[float, float]:
    """Seconds to restore a piece and to write it, with all that lies beside it, durably."""
    job, began = trial.job, time.perf_counter()
    if trial.finder is not None and trial.detector is not None and piece.mask is not None:
        found = trial.finder.find(trial.detector, piece.image) | piece.mask
        piece = Observation(piece.frames, _with_rest(found), mask_found=True)
    restored = steps.restore(trial.restorer, piece, job.spec, job.options, job.masking)
    between = time.perf_counter()
    places = (place, *companion_paths(place, job.plan.companions))
    for path, picture in zip(places, (restored.image, *restored.companions), strict=True):
        trial.manager.write_image(picture, path, job.quality)
        flush(path)
    return between - began, time.perf_counter() - between


def _line(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Seconds per picture and per megapixel, from (megapixels, seconds) of pieces of growing size."""
    (small, quick), (large, slow) = points[0], points[-1]
    if len(points) == 1 or large <= small:
        return 0.0, quick / small
    slope = max(0.0, (slow - quick) / (large - small))
    return max(0.0, slow - slope * large), slope
