"""Loads the model behind a description, and says what is missing when that does not work."""

from __future__ import annotations

import contextlib
import re
import sys
from importlib import metadata, util
from pathlib import Path

from restore.errors import PluginError, RestoreError, WeightsError
from restore.plugin_record import FAILURES, reason
from restore.requirements import next_step
from restore.spec import Options, Restorer, RestorerSpec, Runtime

_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+).*;.*\bextra\s*==\s*['\"]([A-Za-z0-9._-]+)['\"]")
_FOR_DEVELOPERS = frozenset({"test", "tests", "dev", "docs"})
"""Extras that bring much beside what is missing."""


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
    _check_requirements(spec, distribution)
    _check_weights(spec, weights)
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what it prints would spoil the output of --json
            restorer = spec.load(weights, runtime)
    except RestoreError:
        raise
    except FAILURES as error:
        raise PluginError(
            f"the model '{spec.name}' cannot be loaded: {reason(error)}.",
            hint=f"Choose another with -m. {next_step(error, distribution)}",
        ) from error
    if not callable(getattr(restorer, "restore", None)):
        raise PluginError(
            f"the model '{spec.name}' loads as a {type(restorer).__name__} that has no restore method.",
            hint="Choose another with -m, or report this to the plugin's author.",
        )
    return restorer


def completed_options(spec: RestorerSpec, options: Options, weights: Path | None, distribution: str = "") -> Options:
    """Options with what they leave open filled in from the user's weights, see `restore.spec.RestorerSpec.complete`.

    Args:
        spec: Whose.
        options: As users give them.
        weights: A weights file of the user's, or None.
        distribution: As for `load_restorer`.

    Raises:
        PluginError: A requirement is missing, or the plugin failed or answered with something else.
        WeightsError: The weights file is not given, missing, damaged, or holds what does not fit.
    """
    if spec.complete is None:
        return options
    _check_requirements(spec, distribution)
    _check_weights(spec, weights)
    assert weights is not None
    try:
        answer: object = spec.complete(options, weights)
    except RestoreError:
        raise
    except FAILURES as error:
        raise PluginError(
            f"the model '{spec.name}' cannot say what the weights hold: {reason(error)}.",
            hint="Choose another with -m, or report this to the plugin's author.",
        ) from error
    if not isinstance(answer, spec.options):
        raise PluginError(
            f"the model '{spec.name}' completed its options as {answer!r:.60}.",
            hint="Choose another with -m, or report this to the plugin's author.",
        )
    return answer


def install_hint(missing: tuple[str, ...], distribution: str) -> str:
    """How to install what is missing: the plugin's own extra if one has that name or brings it, else plain words.

    A module's name is not always its package's, and a guessed package may be somebody else's, so nothing is guessed.
    """
    extras = _extras(distribution)
    wanted = [next((extra for extra, brings in extras.items() if name in brings), None) for name in missing]
    if wanted and None not in wanted:
        chosen = ",".join(dict.fromkeys(str(extra) for extra in wanted))
        return f'Install it with: pip install "{distribution}[{chosen}]"'
    return f"Install the Python package that provides {', '.join(missing)}; the plugin's documentation names it."


def _extras(distribution: str) -> dict[str, set[str]]:
    """The extras of a distribution, each with its own name and the packages that it alone brings, as module names."""
    try:
        found = metadata.metadata(distribution) if distribution else None
    except metadata.PackageNotFoundError:
        found = None
    if found is None:
        return {}
    extras = {extra: {extra.replace("-", "_")} for extra in found.get_all("Provides-Extra") or []}
    for line in found.get_all("Requires-Dist") or []:
        named = _REQUIREMENT.match(line)
        if named is not None and named[2] in extras and named[2] not in _FOR_DEVELOPERS:
            extras[named[2]].add(named[1].replace("-", "_").lower())
    return extras


def _check_requirements(spec: RestorerSpec, distribution: str) -> None:
    missing = missing_requirements(spec)
    if missing:
        names = " and ".join(f"'{name}'" for name in missing)
        raise PluginError(
            f"the model '{spec.name}' needs the Python module {names}, which is not installed.",
            hint=install_hint(missing, distribution),
        )


def _is_installed(name: str) -> bool:
    try:
        return util.find_spec(name) is not None
    except (ImportError, ValueError):  # a dotted name whose parent is missing; a module without a spec
        return False


def _check_weights(spec: RestorerSpec, weights: Path | None) -> None:
    if weights is None and spec.complete is not None:
        raise WeightsError(
            f"the model '{spec.name}' has no weights of its own; it runs those that you have.",
            hint="Give a file with --weights FILE.",
        )
    if weights is not None and not spec.takes_weights:
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
