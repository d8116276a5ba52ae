"""A loaded model that users call like a function: `load`, then ``denoise(picture)``."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, overload

from restore.errors import PluginError, RestoreError
from restore.image import Image
from restore.library.kinds import frames_of, taken
from restore.library.masks import masks_of, word_of
from restore.library.runner import Run, Runner, runtime_of
from restore.library.settings import Settings, settings_of
from restore.options import build_options, option_rows
from restore.plugin_manager import PluginManager
from restore.reporting import Report
from restore.spec import Needs, Precision, RestorerSpec

if TYPE_CHECKING:
    from PIL.Image import Image as PillowImage
    from torch import Tensor

    from restore.library.arrays import Array
    from restore.library.picture import Picture

    Mask = Array | PillowImage | Tensor | Image | str | os.PathLike[str]
    Kind = TypeVar("Kind", Array, PillowImage, Tensor)
    File = Image | str | os.PathLike[str]

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def load(
    name: str,
    *,
    weights: str | os.PathLike[str] | None = None,
    device: str = "auto",
    precision: Precision = "auto",
    tile: int | None = None,
    memory: int | None = None,
    threads: int | None = None,
) -> Model:
    """Load a model.

    Args:
        name: A model's ("conv-dae"), or a task's ("denoise") for the model that its command takes. Where a family
            serves several tasks under one name ("spandrel"), the file of weights says which.
        weights: A file, or a name under which weights were added; None for the model's own.
        device: "auto", "cpu", "cuda", "cuda:1" or "mps".
        precision: "auto" lets the machine decide; else "float32", "bfloat16" or "float16".
        tile: Edge of a working tile in pixels; None lets the machine decide.
        memory: Bytes the network may use at a time.
        threads: CPU threads; None for all cores.

    Raises:
        UsageError: A value makes no sense.
        PluginError: There is no such model, or it cannot be loaded.
        WeightsError: There are no such weights, or they are damaged or another model's.
        DeviceError: There is no such device.
    """
    manager = PluginManager.discover()
    spec, file = model_with(name, weights, manager)
    runner = Runner(spec, manager, runtime_of(device, precision, tile, memory, threads), file)
    runner.load()
    return Model(runner)


def model_named(name: str, manager: PluginManager) -> RestorerSpec:
    """A model by its name, or the one that a task's command takes.

    Raises:
        PluginError: There is neither; names those that there are.
    """
    if name in manager.tasks() and name not in {spec.name for spec in manager.restorers()}:
        return manager.default_restorer(name)
    try:
        return manager.restorer(name)
    except PluginError as error:
        error.hint = f"{error.hint or ''} Tasks: {', '.join(manager.tasks())}.".strip()
        raise


def model_with(
    name: str, weights: str | os.PathLike[str] | None, manager: PluginManager
) -> tuple[RestorerSpec, Path | None]:
    """A model as of `model_named`, and its file of weights; of a family, the one that the file is for.

    Args:
        name: As users give it.
        weights: Likewise; None for the model's own.
        manager: Knows both.

    Raises:
        PluginError, WeightsError: There is no such model, or there are no such weights.
    """
    spec = model_named(name, manager)
    if weights is None:
        return spec, None
    file = manager.weights.file(spec, os.fspath(weights))
    family = [manager.served(task, name) for task in manager.tasks()] if spec.complete is not None else []
    for each in (spec, *(other for other in family if other is not None)):
        # Only the plugin knows what its files hold. Where none fits, the first one says why when it is loaded.
        with suppress(RestoreError):
            manager.completed(each, build_options(each.options, {}), file)
            return each, file
    return spec, file


class Model:
    """A loaded model: call it with a picture, and get the same kind of picture back. For one thread at a time.

    Args:
        runner: Holds the model; made by `load`.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    @property
    def name(self) -> str:
        """The model's name."""
        return self._runner.spec.name

    @property
    def task(self) -> str:
        """The command it serves: "denoise", "upscale" and so on."""
        return self._runner.spec.task

    # Options differ from model to model and are judged by its own description: hence any keyword.
    @overload
    def __call__(self, picture: Kind, *, mask: Mask | None = None, **options: object) -> Kind: ...
    @overload
    def __call__(self, picture: File, *, mask: Mask | None = None, **options: object) -> Picture: ...
    @overload
    def __call__(self, picture: Sequence[Kind], *, mask: Mask | None = None, **options: object) -> Kind: ...
    @overload
    def __call__(self, picture: Sequence[File], *, mask: Mask | None = None, **options: object) -> Picture: ...

    def __call__(self, picture: object, *, mask: object = None, **options: object) -> object:
        """Restore a picture; nothing of it is modified.

        Args:
            picture: An array ``(H, W)`` or ``(H, W, C)`` of uint8, uint16 or floats in [0, 1]; a Pillow image; a tensor
                ``(C, H, W)`` or ``(N, C, H, W)``, floats in [0, 1] or uint8; an `Image`; or a file's name. A list of
                frames for a model that makes one picture of several.
            mask: What is missing, for a model that fills holes: booleans ``(H, W)``, a picture of any of these kinds
                (white = missing), a file's name, "auto" (damage is found) or "alpha" (what is transparent).
            options: The model's own, as its command's flags; for masks also grow, feather, box, mask_color and
                tolerance; for frames mode, align and deghost.

        Returns:
            The same kind of picture, arrays and tensors of the same type and range; a `Picture` for a file or an
            `Image`. Of frames, the kind of the first. A model that finds damage gives masks.

        Raises:
            RestoreError: Its subclasses say what is wrong with which picture, option or weights, and what to do. What
                the model warns of goes to the logger "restore".
        """
        spec, word = self._runner.spec, word_of(mask)
        given = mask is not None and word is None
        settings = self._settings(options, word, given=given)
        if spec.needs is Needs.FRAMES:
            frames, names, first = frames_of(picture, self._runner.manager)
            return first.back([self._runner.fuse(frames, names, settings)])
        one = taken(picture, self._runner.manager)
        masks = masks_of(mask, one.images) if given else [None] * len(one.images)
        return one.back(
            [self._runner.restore(image, settings, each) for image, each in zip(one.images, masks, strict=True)]
        )

    def run(
        self,
        inputs: Paths,
        output: str | os.PathLike[str],
        *,
        mask: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        quality: int | None = None,
        **options: object,
    ) -> Report:
        """Restore files and folders as the model's command does: mirrored, journalled, originals never changed.

        Args:
            inputs: A file, a folder, a pattern, or several of them.
            output: The folder for the results; or a file for one file.
            mask: A mask file for all, a folder of masks, "auto" or "alpha", for a model that fills holes.
            overwrite: Replace results that exist; otherwise they are skipped.
            quality: 1 to 100 for formats with losses; None for the sources'.
            options: As of a call.

        Returns:
            What became of every input: ``report.done``, ``skipped``, ``failed``, and each in ``report.results``.

        Raises:
            RestoreError: Nothing could be done at all. A picture that fails is in the report and stops nothing.
        """
        word = word_of(mask)
        place = Path(mask) if mask is not None and word is None else None
        settings = self._settings(options, word, given=place is not None)
        return self._runner.run(run_of(inputs, output, overwrite=overwrite, quality=quality, masks=place), settings)

    def _settings(self, options: Mapping[str, object], word: str | None, *, given: bool) -> Settings:
        own = self._runner
        return settings_of(own.spec, options, own.manager, mask=word, given=given, weights=own.weights)

    def __repr__(self) -> str:
        """Name, task and options with what they take."""
        rows = [
            f"  {row.flag.removeprefix('--').split('/')[0].replace('-', '_')}: {row.allowed}"
            f"{f' (default {row.default})' if row.default else ''}"
            for row in option_rows(self._runner.spec.options)
        ]
        return "\n".join([f"<Model {self.name} for the task {self.task}>", *rows])


def run_of(
    inputs: Paths, output: str | os.PathLike[str], *, overwrite: bool, quality: int | None, masks: Path | None = None
) -> Run:
    """What becomes of which files, as users say it."""
    several = [inputs] if isinstance(inputs, str | os.PathLike) else inputs
    names = [os.fspath(each) for each in several]
    return Run(names, Path(output), overwrite, quality, masks)
