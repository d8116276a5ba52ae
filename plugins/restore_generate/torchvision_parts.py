"""The parts of torchvision that are used: grids and data sets. Imported when they are needed, missing or not."""

from __future__ import annotations

from types import ModuleType

from restore.errors import PluginError
from restore.toolkit.torchvision_operators import declare_missing_operators


def _missing(error: ImportError) -> PluginError:
    hint = "Install it with: pip install 'restore-photos[generate]'"
    return PluginError(f"this needs torchvision, which cannot be imported ({error}).", hint=hint)


def datasets() -> ModuleType:
    """`torchvision.datasets`.

    Raises:
        PluginError: torchvision is not installed.
    """
    declare_missing_operators()
    try:
        import torchvision.datasets
    except ImportError as error:
        raise _missing(error) from error
    found: ModuleType = torchvision.datasets
    return found


def utils() -> ModuleType:
    """`torchvision.utils`.

    Raises:
        PluginError: torchvision is not installed.
    """
    declare_missing_operators()
    try:
        import torchvision.utils
    except ImportError as error:
        raise _missing(error) from error
    found: ModuleType = torchvision.utils
    return found
