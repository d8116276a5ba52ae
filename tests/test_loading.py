"""A model loads, or says what is missing and how to get it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import Field

from restore.errors import DeviceError, PluginError, WeightsError
from restore.loading import completed_options, install_hint, load_restorer
from restore.spec import Options, Restorer, RestorerSpec, Runtime
from tests.small_plugins import manager_of


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


class FoundOptions(Options):
    """One field that users set, one that is read from their weights."""

    strength: float = Field(default=1.0, description="How much.")
    found: int | None = Field(default=None, description="Read from the file.", json_schema_extra={"readOnly": True})


def unloaded(weights: Path | None, runtime: Runtime) -> Restorer:
    """What is described and never run."""
    raise AssertionError(f"{weights} was loaded for {runtime}")


def runs_what_users_have(complete: Any) -> RestorerSpec:
    return RestorerSpec("theirs", "denoise", "Runs what users have.", FoundOptions, unloaded, complete=complete)


def test_a_model_that_runs_what_users_have_completes_its_options_from_their_file(tmp_path: Path) -> None:
    weights = tmp_path / "4x.pth"
    weights.write_bytes(b"four")
    spec = runs_what_users_have(lambda options, path: options.model_copy(update={"found": path.stat().st_size}))
    assert completed_options(spec, FoundOptions(strength=0.5), weights) == FoundOptions(strength=0.5, found=4)
    as_given = FoundOptions()
    other = RestorerSpec("other", "denoise", "Has its own.", FoundOptions, unloaded)
    assert completed_options(other, as_given, None) is as_given


def test_without_a_file_it_says_that_one_must_be_given(tmp_path: Path) -> None:
    spec = runs_what_users_have(lambda options, path: options)
    for ask in (lambda: completed_options(spec, FoundOptions(), None), lambda: load_restorer(spec, None, Runtime())):
        with pytest.raises(WeightsError, match=r"has no weights of its own; .* Give a file with --weights FILE"):
            ask()
    with pytest.raises(WeightsError, match="there is no such weights file"):
        completed_options(spec, FoundOptions(), tmp_path / "none.pth")


def test_a_plugin_that_fails_to_complete_its_options_is_named(tmp_path: Path) -> None:
    weights = tmp_path / "x.pth"
    weights.write_bytes(b"x")
    with pytest.raises(PluginError, match="'theirs' cannot say what the weights hold: ZeroDivisionError"):
        completed_options(runs_what_users_have(lambda options, path: 1 / 0), FoundOptions(), weights)
    with pytest.raises(PluginError, match="'theirs' completed its options as None"):
        completed_options(runs_what_users_have(lambda options, path: None), FoundOptions(), weights)


def test_what_is_missing_is_installed_with_the_extra_that_brings_it() -> None:
    assert install_hint(("spandrel",), "restore-photos") == 'Install it with: pip install "restore-photos[community]"'
    assert install_hint(("bm3d",), "restore-photos") == 'Install it with: pip install "restore-photos[bm3d]"'
    assert "the plugin's documentation names it" in install_hint(("a_module_nobody_has",), "restore-photos")
    assert "the plugin's documentation names it" in install_hint(("pytest",), "restore-photos")  # of developers' extras
