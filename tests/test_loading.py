"""A model loads, or says what is missing and how to get it."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from restore.errors import DeviceError, PluginError, WeightsError
from restore.plugin_manager import PluginManager
from restore.spec import Runtime

PLUGINS = Path(__file__).parent / "broken_plugins"


def plugin(name: str) -> ModuleType:
    """One of the small plugins in broken_plugins/, freshly imported."""
    spec = importlib.util.spec_from_file_location(name, PLUGINS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def manager_of(*names: str) -> PluginManager:
    return PluginManager.of({name: plugin(name) for name in names})


def test_a_sound_model_loads() -> None:
    manager = manager_of("good_neighbour")
    assert manager.load(manager.restorer("neighbour"), None, Runtime()) is not None


@pytest.mark.parametrize(
    ("name", "failure", "sentence"),
    [
        ("crashes", PluginError, "the model 'crashes' cannot be loaded: RuntimeError: size mismatch for head.weight."),
        ("loads-nothing", PluginError, "the model 'loads-nothing' loads as a NoneType that has no restore method."),
        ("needs-much", PluginError, "needs the Python module 'a_package_that_is_not_there', which is not installed."),
        ("no-device", DeviceError, "there is no such device."),
        ("no-weights", WeightsError, "the shipped weights of 'no-weights' are missing."),
    ],
)
def test_a_model_that_cannot_be_loaded_says_why(name: str, failure: type[Exception], sentence: str) -> None:
    manager = manager_of("cannot_load")
    with pytest.raises(failure) as raised:
        manager.load(manager.restorer(name), None, Runtime())
    assert sentence in str(raised.value)


def test_weights_that_are_not_there_or_not_wanted_are_refused(tmp_path: Path) -> None:
    manager = manager_of("cannot_load", "good_neighbour")
    with pytest.raises(WeightsError, match="there is no such weights file"):
        manager.load(manager.restorer("no-weights"), tmp_path / "mine.safetensors", Runtime())
    with pytest.raises(WeightsError, match="is a method without weights"):
        manager.load(manager.restorer("neighbour"), tmp_path / "mine.safetensors", Runtime())
