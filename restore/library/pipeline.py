"""Several models in a row, built in Python or read from a file, called like one model."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from restore.errors import UsageError
from restore.library.kinds import taken
from restore.library.model import Paths, model_with, run_of
from restore.library.runner import Runner, runtime_of
from restore.library.settings import Settings, judged
from restore.option_types import settable
from restore.pipeline import MaskKeys, PlannedStep, chained, pipeline_options, pipeline_spec, read_pipeline, written
from restore.plugin_manager import PluginManager
from restore.reporting import Report
from restore.spec import Needs, Precision, Runtime

if TYPE_CHECKING:
    from restore.library.model import File, Kind
    from restore.library.picture import Picture

Step = str | tuple[str, Mapping[str, object]]
"""A model's or a task's name, alone or with its options, model, weights and mask as in a pipeline's file."""


class Pipeline:
    """Steps that are done one after the other; call it with a picture, and get the same kind of picture back.

    Everything is checked when it is made, models are loaded when it is first used. For one thread at a time.

    Args:
        steps: Names of models or tasks; with options as a pair: ``["denoise", ("upscale", {"scale": 2})]``.
        device: "auto", "cpu", "cuda", "cuda:1" or "mps".
        precision: "auto" lets the machine decide.
        tile: Edge of a working tile in pixels; None lets the machine decide.
        memory: Bytes a network may use at a time.
        threads: CPU threads; None for all cores.

    Raises:
        RestoreError: A step says what does not exist, or cannot follow the one before; says which, and why.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        *,
        device: str = "auto",
        precision: Precision = "auto",
        tile: int | None = None,
        memory: int | None = None,
        threads: int | None = None,
    ) -> None:
        manager = PluginManager.discover()
        if isinstance(steps, str) or not steps:
            raise UsageError("a pipeline needs a list of steps.", hint='Give them like ["denoise", "upscale"].')
        planned = tuple(_planned(step, number, manager) for number, step in enumerate(steps, 1))
        self._prepare(planned, manager, runtime_of(device, precision, tile, memory, threads))

    @classmethod
    def read(
        cls,
        path: str | os.PathLike[str],
        *,
        device: str = "auto",
        precision: Precision = "auto",
        tile: int | None = None,
        memory: int | None = None,
        threads: int | None = None,
    ) -> Pipeline:
        """Read the steps from a file, as `restore run` does.

        Args:
            path: A TOML file, see docs/pipelines.md.
            device: As of the class, and so all that follows.
            precision: "auto" lets the machine decide.
            tile: Edge of a working tile in pixels.
            memory: Bytes a network may use at a time.
            threads: CPU threads.

        Raises:
            UsageError: It cannot be read, or says what does not exist or cannot be chained; names the line.
        """
        manager = PluginManager.discover()
        pipeline = cls.__new__(cls)
        runtime = runtime_of(device, precision, tile, memory, threads)
        pipeline._prepare(read_pipeline(Path(path), manager), manager, runtime)
        return pipeline

    def _prepare(self, steps: tuple[PlannedStep, ...], manager: PluginManager, runtime: Runtime) -> None:
        self._steps = steps
        spec = pipeline_spec(steps, manager)
        manager.adopt(spec)
        self._settings = Settings(pipeline_options(steps, manager))
        self._runner = Runner(spec, manager, runtime, None)

    @overload
    def __call__(self, picture: Kind) -> Kind: ...
    @overload
    def __call__(self, picture: File) -> Picture: ...

    def __call__(self, picture: object) -> object:
        """Do all steps to a picture; nothing of it is modified.

        Args:
            picture: As of `restore.library.model.Model.__call__`.

        Returns:
            The same kind of picture; a `Picture` for a file or an `Image`.

        Raises:
            RestoreError: A step cannot do it; names the step.
        """
        one = taken(picture, self._runner.manager)
        return one.back([self._runner.restore(image, self._settings) for image in one.images])

    def run(
        self,
        inputs: Paths,
        output: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        quality: int | None = None,
    ) -> Report:
        """Restore files and folders as `restore run` does; as of `restore.library.model.Model.run`.

        Args:
            inputs: A file, a folder, a pattern, or several of them.
            output: The folder for the results; or a file for one file.
            overwrite: Replace results that exist; otherwise they are skipped.
            quality: 1 to 100 for formats with losses; None for the sources'.

        Raises:
            RestoreError: Nothing could be done at all.
        """
        return self._runner.run(run_of(inputs, output, overwrite=overwrite, quality=quality), self._settings)

    @property
    def toml(self) -> str:
        """The same steps as a file for `restore run` and `Pipeline.read`."""
        return written(chained(self._steps, self._runner.manager))

    def __repr__(self) -> str:
        """The models in their order."""
        return f"<Pipeline: {', then '.join(step.model for step in self._steps)}>"


def _planned(step: Step, number: int, manager: PluginManager) -> PlannedStep:
    """One step as it is written in Python."""
    if not isinstance(step, str) and not (isinstance(step, tuple | list) and len(step) == 2):
        raise UsageError(f"step {number}: {step!r} is no step.", hint='Give "denoise", or ("upscale", {"scale": 2}).')
    name, said = (step, {}) if isinstance(step, str) else step
    values: dict[str, Any] = {key.replace("-", "_"): value for key, value in said.items()}
    model, weights = str(values.pop("model", name)), values.pop("weights", None)
    spec = manager.served(name, model)
    if spec is None:
        spec, file = model_with(model, weights, manager)
    else:
        file = None if weights is None else manager.weights.file(spec, os.fspath(weights))
    if spec.task != name and model != name:
        raise UsageError(f"step {number}: the model '{spec.name}' is for the task '{spec.task}', not for '{name}'.")
    keys = {key: values.pop(key) for key in list(values) if key in MaskKeys.model_fields}
    label = f"step {number} ({spec.task}, {spec.name})"
    if keys and spec.needs is not Needs.IMAGE_AND_MASK:
        raise UsageError(f"{label} takes no mask.", hint=f"Leave {', '.join(keys)} out.")
    own = settable(spec.options)
    unknown = [key for key in values if key not in own]
    if unknown:
        known = ", ".join([*own, "model", "weights"])
        raise UsageError(f"{label} has no option '{unknown[0]}'.", hint=f"There are: {known}.")
    judged(spec.options, values, label)
    mask = judged(MaskKeys, keys, label) if spec.needs is Needs.IMAGE_AND_MASK else None
    return PlannedStep(spec.name, values, file, mask)
