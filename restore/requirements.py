"""Whether what a plugin's package asks for is what is installed: one environment holds one version of every library."""

from __future__ import annotations

import traceback
from importlib import metadata


def unmet(distribution: str) -> tuple[str, ...]:
    """What a package declares to need and does not find, each as part of a sentence; nothing is imported to find out.

    Args:
        distribution: The package's name, or "".

    Returns:
        "numpy<2, and numpy 2.3.1 is installed", "spam, which is not installed"; without what only its extras need.
    """
    try:
        lines = metadata.requires(distribution) or [] if distribution else []
    except metadata.PackageNotFoundError:
        lines = []
    return tuple(said for line in lines if (said := _unmet(line)))


def _unmet(line: str) -> str:
    """What is wrong with one line of ``Requires-Dist``, or ""."""
    from packaging.requirements import InvalidRequirement, Requirement  # only where something is wrong already

    try:
        wanted = Requirement(line)
    except InvalidRequirement:
        return ""
    if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
        return ""
    asked = f"{wanted.name}{wanted.specifier}"
    try:
        installed = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return f"{asked}, which is not installed"
    fits = wanted.specifier.contains(installed, prereleases=True)
    return "" if fits else f"{asked}, and {wanted.name} {installed} is installed"


def next_step(error: BaseException, distribution: str) -> str:
    """What can be done where a plugin cannot be imported or loaded, in whole sentences.

    Args:
        error: What was raised.
        distribution: The package that the plugin came with, or "".
    """
    wants = unmet(distribution)
    if wants:
        return (
            f"Its package {distribution} asks for {'; and for '.join(wants)}. Ask its author for a version that fits, "
            f"give it an environment of its own, or remove it with: pip uninstall {distribution}"
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"Install the Python package that provides {error.name}; the plugin's documentation names it."
    if isinstance(error, ImportError | AttributeError) and (library := _library(error, distribution)):
        return (
            f"It may have been written for another version of {library}; ask its author for one that fits, or leave "
            "the plugin out with RESTORE_PLUGINS."
        )
    return "Report this to its author, or leave the plugin out with RESTORE_PLUGINS."


def _library(error: ImportError | AttributeError, distribution: str) -> str:
    """The library that lacks what was wanted, with its version; "" where it is none, or the plugin's own package.

    Libraries whose modules have a ``__getattr__`` (NumPy) raise by themselves, without naming the module: then it is
    the one in which the error was raised.
    """
    name = error.name if isinstance(error, ImportError) else getattr(error.obj, "__name__", None)
    if name is None and error.__traceback__ is not None:
        *_, (frame, _line) = traceback.walk_tb(error.__traceback__)
        name = frame.f_globals.get("__name__")
    owners = metadata.packages_distributions().get(str(name or "").split(".")[0], [])
    return f"{owners[0]} ({metadata.version(owners[0])} is installed)" if owners and distribution not in owners else ""
