"""The small plugins in broken_plugins/, most of them broken in one way, loaded as a plugin manager is given them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import click
from click.testing import CliRunner

from restore.plugin_manager import PluginManager
from restore.spec import RestorerSpec, hookimpl

PLUGINS = Path(__file__).parent / "broken_plugins"


def plugin(name: str, *, findable: bool = False) -> ModuleType:
    """One of them, freshly imported.

    Args:
        name: Its file, without the suffix.
        findable: Its classes and functions can be traced to it by their ``__module__``.
    """
    spec = importlib.util.spec_from_file_location(name, PLUGINS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    if findable:
        sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def manager_of(*names: str) -> PluginManager:
    """A manager of these."""
    return PluginManager.of({name: plugin(name) for name in names})


class Provides:
    """A plugin with these restorers."""

    def __init__(self, *specs: RestorerSpec) -> None:
        self.specs = list(specs)

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """What it was given."""
        return self.specs


def output_of(commands: Iterable[click.Command], arguments: Iterable[str]) -> str:
    """The output of one of these commands, which succeeds."""
    cli = click.Group("restore", {command.name or "": command for command in commands})
    result = CliRunner().invoke(cli, list(arguments))
    if result.exception:
        raise result.exception
    return result.output
