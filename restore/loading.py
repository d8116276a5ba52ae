"""Loads the model behind a description, and says what is missing when that does not work."""

from __future__ import annotations

from importlib import metadata, util
from pathlib import Path

from restore.errors import PluginError, RestoreError, WeightsError
from restore.plugin_record import FAILURES, reason
from restore.spec import Restorer, RestorerSpec, Runtime


def missing_requirements(spec: RestorerSpec) -> tuple[str, ...]:
    """Those of `RestorerSpec.requires` that cannot be imported here; nothing is imported to find out."""
    return tuple(name for name in spec.requires if not _is_installed(name))


def load_restorer(spec: RestorerSpec, weights: Path | None, runtime: Runtime, distribution: str = "") -> Restorer:
    """Load a model.

    Args:
        spec: Which one.
        weights: A weights file of the user's, or None for the shipped one.
        runtime: How it is to run.
        distribution: The installed distribution the plugin came with; its extras make the advice on what to install.

    Raises:
        PluginError: A requirement is missing, or the plugin failed or returned something that cannot restore.
        WeightsError: The weights file is not there, or the method has none.
    """
    missing = missing_requirements(spec)
    if missing:
        names = " and ".join(f"'{name}'" for name in missing)
        raise PluginError(
            f"the model '{spec.name}' needs the Python module {names}, which is not installed.",
            hint=install_hint(missing, distribution),
        )
    _check_weights(spec, weights)
    try:
        restorer = spec.load(weights, runtime)
    except RestoreError:
        raise
    except FAILURES as error:
        raise PluginError(
            f"the model '{spec.name}' cannot be loaded: {reason(error)}.",
            hint="Choose another with -m, or report this to the plugin's author.",
        ) from error
    if not callable(getattr(restorer, "restore", None)):
        raise PluginError(
            f"the model '{spec.name}' loads as a {type(restorer).__name__} that has no restore method.",
            hint="Choose another with -m, or report this to the plugin's author.",
        )
    return restorer


def install_hint(missing: tuple[str, ...], distribution: str) -> str:
    """How to install what is missing: the plugin's own extra if it has one of that name, else plain words.

    A module's name is not always its package's, and a guessed package may be somebody else's, so nothing is guessed.
    """
    try:
        extras = metadata.metadata(distribution).get_all("Provides-Extra") or [] if distribution else []
    except metadata.PackageNotFoundError:
        extras = []
    wanted = [extra for extra in extras if extra.replace("-", "_") in missing]
    if len(wanted) == len(missing):
        return f'Install it with: pip install "{distribution}[{",".join(wanted)}]"'
    return f"Install the Python package that provides {', '.join(missing)}; the plugin's documentation names it."


def _is_installed(name: str) -> bool:
    try:
        return util.find_spec(name) is not None
    except (ImportError, ValueError):  # a dotted name whose parent is missing; a module without a spec
        return False


def _check_weights(spec: RestorerSpec, weights: Path | None) -> None:
    if weights is not None and spec.weights is None and spec.train is None:
        raise WeightsError(
            f"the model '{spec.name}' is a method without weights.", path=weights, hint="Leave --weights out."
        )
    if weights is not None and not weights.is_file():
        raise WeightsError("there is no such weights file.", path=weights, hint="Check the path given to --weights.")
    if weights is None and spec.weights is not None and not spec.weights.is_file():
        raise WeightsError(
            f"the shipped weights of '{spec.name}' are missing.",
            path=spec.weights,
            hint="Install the plugin again, or give a file with --weights.",
        )
