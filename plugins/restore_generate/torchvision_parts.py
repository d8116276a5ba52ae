"""The parts of torchvision that are used: grids and data sets. Imported when they are needed, missing or not."""

from __future__ import annotations

import importlib
from types import ModuleType

from restore.errors import PluginError
from restore.toolkit.torchvision_operators import declare_missing_operators


def datasets() -> ModuleType:
    """`torchvision.datasets`.

    Raises:
        PluginError: torchvision is not installed.
    """
    return _part("datasets")


def utils() -> ModuleType:
    """`torchvision.utils`.

    Raises:
        PluginError: torchvision is not installed.
    """
    return _part("utils")


def _part(name: str) -> ModuleType:
    declare_missing_operators()
    try:
        return importlib.import_module(f"torchvision.{name}")
    except ImportError as error:
        hint = "Install it with: pip install 'restore-photos[generate]'"
        raise PluginError(f"this needs torchvision, which cannot be imported ({error}).", hint=hint) from error
