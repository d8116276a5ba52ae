"""A restorer with its loaded model: for pictures in memory, and for folders with the engine underneath."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import get_args

from restore import steps
from restore.batch import run_batch
from restore.codecs.formats import DEFAULT_MAX_PIXELS
from restore.contracts import promised_companions
from restore.disk_space import check_disk
from restore.errors import DeviceError, PluginError, RestoreError, UsageError
from restore.image import Image, Observation, Pixels, Restoration
from restore.job import Job
from restore.library.settings import Settings
from restore.masks.detecting import finder_of, wide_find
from restore.masks.growing import Mask
from restore.masks.making import finished_mask, nothing_missing, said_missing
from restore.masks.pairing import with_masks
from restore.masks.request import NOTHING
from restore.naming import Naming
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.reporting import Report
from restore.result_size import check_size
from restore.selection import Selection
from restore.series.reading import read_series
from restore.series_planning import plan_series
from restore.spec import Precision, Restorer, RestorerSpec, Runtime

_log = logging.getLogger("restore")

EMPTY = f"{NOTHING}, so nothing was filled: the mask marks nothing."
"""What is said of a mask without a marked pixel."""


@dataclass(frozen=True)
class Run:
    """How a folder is restored.

    Attributes:
        inputs: Files, folders and patterns.
        output: A folder, or a file for one input file.
        overwrite: Replace results that exist; otherwise they are skipped.
        quality: 1 to 100 for formats with losses; None for the sources'.
        masks: The file or folder of the pictures' masks.
    """

    inputs: Sequence[str]
    output: Path
    overwrite: bool = False
    quality: int | None = None
    masks: Path | None = None


class Runner:
    """Holds a model, loaded when it is first needed. For one thread at a time.

    Args:
        spec: The restorer.
        manager: Loads it, and reads and writes files.
        runtime: How it runs.
        weights: A weights file, or None for the model's own.
    """

    def __init__(self, spec: RestorerSpec, manager: PluginManager, runtime: Runtime, weights: Path | None) -> None:
        self.spec, self.manager, self.runtime, self.weights = spec, manager, runtime, weights
        self._loaded: dict[str, Restorer] = {}

    def load(self, name: str | None = None) -> Restorer:
        """The loaded model, or another one that is asked on the way: a detector.

        Raises:
            PluginError, WeightsError, DeviceError: It cannot be loaded.
        """
        spec = self.spec if name is None else self.manager.restorer(name)
        if spec.name not in self._loaded:
            weights = self.weights if name is None else None
            self._loaded[spec.name] = self.manager.load(spec, weights, self.runtime)
        return self._loaded[spec.name]

    def restore(self, image: Image, settings: Settings, mask: Mask | None = None) -> Restoration:
        """Restore one picture.

        Args:
            image: The picture.
            settings: As of `restore.library.settings.settings_of`.
            mask: What the user gave as missing, ``(H, W)``.

        Raises:
            RestoreError: It cannot be restored.
        """
        with _in_plain_words(self.spec):
            self._check_size(image, settings)
            if settings.masking is None:
                return self._done(Observation((image,)), settings, (image,))
            missing = said_missing(image, settings.masking, None)
            missing = missing if mask is None else missing | mask
            finder = finder_of(settings.masking, self.manager)
            if finder is not None:
                found = finder.find(self.load(finder.spec.name), image)
                if (warning := wide_find(found)) is not None:
                    _log.warning(warning)
                missing = missing | found
            missing = finished_mask(missing, settings.masking, None)
            if not missing.any():
                _log.warning(EMPTY if mask is not None else nothing_missing(image, settings.masking))
            observation = Observation((image,), missing, mask_found=finder is not None)
            return self._done(observation, settings, (image,))

    def fuse(self, frames: Sequence[Image], names: Sequence[Path], settings: Settings) -> Restoration:
        """Make one picture of several.

        Args:
            frames: Of one size; they stay as they are.
            names: What messages and legends call them.
            settings: With a series.

        Raises:
            RestoreError: They do not go together, or cannot be restored.
        """
        assert settings.series is not None
        with _in_plain_words(self.spec):
            self._check_size(frames[0], settings)
            given = iter([each.with_pixels(_guarded(each.pixels)) for each in frames])
            return self._done(read_series(names, lambda _: next(given), settings.series), settings, frames)

    def run(self, run: Run, settings: Settings) -> Report:
        """Restore files and folders, journalled: what was done by an earlier run is not done again.

        Args:
            run: What becomes of which files.
            settings: How.

        Returns:
            One result per input; pictures that failed are among them, they stop nothing.

        Raises:
            RestoreError: Nothing can be done at all.
        """
        companions = promised_companions(self.spec, settings.options)
        masking = settings.masking
        if run.masks is not None and masking is not None:
            masking = replace(masking, place=run.masks)
        plan_results = plan if settings.series is None else partial(plan_series, series=settings.series)
        the_plan = plan_results(
            run.inputs,
            os.fspath(run.output),
            overwrite=run.overwrite,
            selection=Selection(masks=None if masking is None else masking.place),
            naming=Naming.of(self.spec),
            companions=companions,
        )
        if masking is not None:
            the_plan = with_masks(the_plan, masking)
        restorer = self.load()
        job = Job(
            plan=the_plan,
            spec=replace(self.spec, load=lambda weights, runtime: restorer),  # it is loaded already
            options=settings.options,
            runtime=self.runtime,
            weights=self.weights,
            overwrite=run.overwrite,
            quality=run.quality,
            masking=masking,
            series=settings.series,
        )
        check_disk(job.plan, job.growth)
        return run_batch(job, self.manager)

    def _done(self, observation: Observation, settings: Settings, given: Sequence[Image]) -> Restoration:
        """Restore, and tell what there is to warn of that the pictures that were given do not say themselves."""
        done = steps.restore(self.load(), observation, self.spec, settings.options, settings.masking)
        known = {sentence for each in given for sentence in each.metadata.warnings}
        for sentence in done.image.metadata.warnings:
            if sentence not in known:
                _log.warning(sentence)
        return done

    def _check_size(self, image: Image, settings: Settings) -> None:
        size = image.height, image.width
        check_size(self.spec, settings.options, size, DEFAULT_MAX_PIXELS, Path("the picture"))


def runtime_of(device: str, precision: Precision, tile: int | None, memory: int | None, threads: int | None) -> Runtime:
    """How a model is to run, as users say it.

    Raises:
        UsageError: A value makes no sense.
    """
    if precision not in get_args(Precision):
        raise UsageError(f"precision cannot be {precision!r}.", hint=f"There are: {', '.join(get_args(Precision))}.")
    for name, value, least in (("tile", tile, 16), ("memory", memory, 1), ("threads", threads, 1)):
        if value is not None and (not isinstance(value, int) or value < least):
            raise UsageError(f"{name} cannot be {value!r}.", hint=f"Give a whole number of at least {least}, or None.")
    return Runtime(device, precision, tile, memory, threads)


def _guarded(pixels: Pixels) -> Pixels:
    """The same memory, not to be written: it may be the user's, and what moved in a frame is replaced in its place."""
    view = pixels.view()
    view.flags.writeable = False
    return view


@contextmanager
def _in_plain_words(spec: RestorerSpec) -> Iterator[None]:
    """Any failure as an error that a user can act on; what is nobody's expected one keeps its cause."""
    try:
        yield
    except RestoreError:
        raise
    except MemoryError as error:
        raise DeviceError("not enough memory.", hint="Load the model with a smaller memory= or tile=.") from error
    except Exception as error:
        notes = getattr(error, "__notes__", [])  # a pipeline notes the step
        what = "; ".join([f"{type(error).__name__}: {error}".rstrip(": "), *notes])
        hint = "Report this to the plugin's author; the traceback above says where it happened."
        raise PluginError(f"the model '{spec.name}' failed unexpectedly ({what}).", hint=hint) from error
