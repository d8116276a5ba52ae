"""Plugins are found, checked and asked one by one; a broken one is reported and never stops its neighbours."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest

from restore.errors import DeviceError, InputError, OutputError, PluginError, WeightsError
from restore.image import Image
from restore.plugin_manager import PluginManager
from restore.plugin_record import PluginInfo
from restore.spec import Runtime

PLUGINS = Path(__file__).parent / "broken_plugins"
PIXELS = Image(np.zeros((2, 3, 1), np.uint8))
Install = Callable[..., None]


def plugin(name: str) -> ModuleType:
    """One of the small plugins in broken_plugins/, freshly imported."""
    spec = importlib.util.spec_from_file_location(name, PLUGINS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def manager_of(*names: str) -> PluginManager:
    return PluginManager.of({name: plugin(name) for name in names})


def info(manager: PluginManager, name: str) -> PluginInfo:
    return next(found for found in manager.plugins() if found.name == name)


def problem(manager: PluginManager, name: str) -> str:
    said = info(manager, name).problem
    assert said is not None, f"{name} has no problem"
    return said


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Pretend that packages with these entry points are installed: ``install("dist", name="module")``."""
    monkeypatch.syspath_prepend(str(PLUGINS))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("RESTORE_PLUGINS", raising=False)

    def write(distribution: str, version: str = "1.2", **modules: str) -> None:
        folder = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        entries = "".join(f"{name} = {module}\n" for name, module in modules.items())
        (folder / "entry_points.txt").write_text(f"[restore.plugins]\n{entries}")
        importlib.invalidate_caches()  # the folder may have been listed in this very tick of its clock

    return write


def test_a_sound_plugin_shows_its_hooks_and_restorers_and_has_no_problem() -> None:
    found = info(manager_of("good_neighbour"), "good_neighbour")
    assert found.problem is None and found.traceback is None
    assert found.restorers == ("neighbour",)
    assert set(found.hooks) == {
        "provide_restorers",
        "read_image",
        "write_image",
        "provide_metrics",
        "run_finished",
        "register_commands",
    }


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("misspelt_hook", "There is no hook provide_restorer; did you mean provide_restorers?"),
        ("wrong_argument", "Its hook read_image asks for 'file_name', but it is called with (path, max_pixels)."),
        ("no_hooks", "It has no hooks: nothing in it is marked with @hookimpl."),
        ("wraps_others", "Its hook provide_restorers is marked as a wrapper; plugins answer hooks"),
        ("raises_everywhere", "Its hook provide_restorers failed: RuntimeError: no restorers today."),
        ("answers_nonsense", "Its hook provide_restorers gave a dict where a list of RestorerSpec was expected."),
    ],
)
def test_a_broken_plugin_is_reported_in_one_sentence_and_its_neighbour_works_on(name: str, sentence: str) -> None:
    manager = manager_of(name, "good_neighbour")
    assert problem(manager, name).startswith(sentence)
    assert [spec.name for spec in manager.restorers()] == ["neighbour"]
    assert info(manager, "good_neighbour").problem is None


def test_the_traceback_of_a_raising_hook_is_kept() -> None:
    manager = manager_of("raises_everywhere")
    said = info(manager, "raises_everywhere").traceback
    assert said is not None and "raises_everywhere.py" in said and "and a second line" in said


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ("import_error", "It cannot be imported: ModuleNotFoundError: No module named 'a_package_that_is_not_there'."),
        ("exits_at_import", "It cannot be imported: SystemExit: I am not a plugin."),
        ("there_is_no_such_module", "It cannot be imported: ModuleNotFoundError"),
        ("good_neighbour:no_such_object", "It cannot be imported: AttributeError"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_reported_and_its_neighbour_works_on(
    module: str, sentence: str, install: Install
) -> None:
    install("package-a", broken=module)
    install("package-b", neighbour="good_neighbour")
    manager = PluginManager.discover()
    assert problem(manager, "broken").startswith(sentence)
    assert info(manager, "broken").traceback
    assert manager.restorer("neighbour").name == "neighbour"


def test_discovery_tells_version_module_and_import_time(install: Install) -> None:
    install("package-a", version="3.4", neighbour="good_neighbour")
    found = info(PluginManager.discover(), "neighbour")
    assert (found.version, found.module) == ("3.4", "good_neighbour")
    assert found.seconds > 0


def test_what_a_plugin_prints_at_import_does_not_reach_standard_output(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("package-a", chatty="prints_at_import")
    PluginManager.discover()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "hello from a chatty plugin" in printed.err


def test_of_two_plugins_with_one_name_the_first_is_kept_and_the_second_reported(install: Install) -> None:
    install("package-a", twin="good_neighbour")
    install("package-b", twin="takes_names")
    manager = PluginManager.discover()
    kept, left_out = (found for found in manager.plugins() if found.name == "twin")
    assert kept.problem is None and kept.restorers == ("neighbour",)
    assert left_out.problem == "It is left out: the name 'twin' is already taken by good_neighbour."


def test_bundled_plugins_come_first_so_that_a_stranger_cannot_take_their_names(install: Install) -> None:
    install("a-stranger", classic="good_neighbour")
    manager = PluginManager.discover()
    first, second = (found for found in manager.plugins() if found.name == "classic")
    assert first.module == "restore_classic.plugin"
    assert second.problem is not None and "already taken by restore_classic.plugin" in second.problem


def test_one_module_under_two_names_is_reported(install: Install) -> None:
    install("package-a", one="good_neighbour", two="good_neighbour")
    manager = PluginManager.discover()
    assert info(manager, "one").problem is None
    assert "already registered" in problem(manager, "two")


def test_a_plugin_that_pluggy_cannot_keep_is_refused_and_spoils_no_call_of_its_neighbour() -> None:
    unhashable = type(
        "Unhashable", (), {"__hash__": None, "provide_restorers": plugin("prints_at_import").provide_restorers}
    )
    manager = PluginManager.of({"odd": unhashable(), "good_neighbour": plugin("good_neighbour")})
    assert problem(manager, "odd").startswith("It cannot be registered: TypeError: unhashable type")
    assert [spec.name for spec in manager.restorers()] == ["neighbour"]


def test_nobody_may_take_the_name_of_the_core() -> None:
    manager = PluginManager.of({"core": plugin("good_neighbour")})
    assert "already taken by restore.codecs.core" in problem(manager, "core")


def test_of_two_restorers_with_one_name_the_first_is_kept_and_the_second_reported() -> None:
    manager = manager_of("good_neighbour", "takes_names")
    assert manager.restorer("neighbour").summary == "Changes nothing."
    assert problem(manager, "takes_names") == "The restorer 'neighbour' is left out: that name is already taken."


def test_bad_descriptions_are_left_out_one_by_one_and_the_good_one_is_kept() -> None:
    manager = manager_of("bad_descriptions")
    said = problem(manager, "bad_descriptions")
    assert "'My Model' has name='My Model', which must be lower-case letters, digits and dashes." in said
    assert "'tasked' has task=''" in said
    assert "gave a str where a RestorerSpec was expected." in said
    assert [spec.name for spec in manager.restorers()] == ["usable"]


def test_restore_plugins_limits_loading(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("package-a", good="good_neighbour", bad="import_error")
    monkeypatch.setenv("RESTORE_PLUGINS", "good, absent")
    manager = PluginManager.discover()
    assert [found.name for found in manager.plugins()] == ["good", "absent"]
    assert problem(manager, "absent") == "RESTORE_PLUGINS names it, but no installed package provides it."
    monkeypatch.setenv("RESTORE_PLUGINS", "")
    assert PluginManager.discover().plugins() == []


def test_restore_trace_logs_every_hook_call(
    install: Install, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    install("package-a", good="good_neighbour")
    monkeypatch.setenv("RESTORE_PLUGINS", "good")
    monkeypatch.setenv("RESTORE_TRACE", "1")
    manager = PluginManager.discover()
    with caplog.at_level(logging.INFO, logger="restore"):
        manager.read_image(Path("a.neighbour"), 100)
    assert "max_pixels=100) -> good: Image(2x3x1 uint8)" in caplog.text


def test_discovery_imports_no_imaging_library() -> None:
    code = (
        "import sys; from restore.plugin_manager import PluginManager; PluginManager.discover().plugins();"
        "print([name for name in ('torch', 'cv2', 'PIL', 'skimage', 'kornia', 'restore.codecs.core')"
        " if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


def test_an_unknown_model_is_an_error_that_names_the_closest_first_and_the_broken_plugins() -> None:
    manager = manager_of("cannot_load", "good_neighbour", "no_hooks")
    with pytest.raises(PluginError) as raised:
        manager.restorer("neigbor")
    assert raised.value.message == "There is no model 'neigbor'."
    assert raised.value.hint is not None
    assert raised.value.hint.startswith("Models: neighbour, ")
    assert "Plugins with problems: no_hooks; see `restore plugins`." in raised.value.hint


def test_the_default_is_the_one_that_says_so_and_else_the_first() -> None:
    one = plugin("good_neighbour").SPEC
    chosen = plugin("bad_descriptions")
    fields = {**vars(chosen.SPEC), "default": True}
    marked = SimpleNamespace(SPEC=type(chosen.SPEC)(**fields))
    manager = PluginManager.of({"one": providing(one), "two": providing(marked.SPEC)})
    assert manager.default_restorer("denoise").name == "usable"
    assert manager_of("good_neighbour", "bad_descriptions").default_restorer("denoise").name == "neighbour"
    assert manager.tasks() == ["denoise"]
    assert manager.restorers("upscale") == []
    with pytest.raises(PluginError, match=r"No plugin serves the task 'upscale'\. Tasks: denoise\."):
        manager.default_restorer("upscale")


def providing(spec: object) -> object:
    """A plugin that is an instance instead of a module."""
    from restore.spec import hookimpl

    class Plugin:
        @hookimpl
        def provide_restorers(self) -> list[Any]:
            return [spec]

    return Plugin()


def test_a_plugin_reads_and_writes_its_own_format(tmp_path: Path) -> None:
    manager = manager_of("good_neighbour")
    assert manager.read_image(Path("x.neighbour"), 100).pixels.shape == (2, 3, 1)
    manager.write_image(PIXELS, tmp_path / "x.neighbour", None)
    assert (tmp_path / "x.neighbour").read_bytes() == bytes(6)


def test_other_formats_go_to_the_core_codecs_last(tmp_path: Path) -> None:
    manager = manager_of("good_neighbour")
    manager.write_image(PIXELS, tmp_path / "x.png", None)
    assert manager.read_image(tmp_path / "x.png", 100).pixels.shape == (2, 3, 1)


def test_a_codec_plugin_that_raises_is_an_error_naming_plugin_and_file() -> None:
    manager = manager_of("raises_everywhere")
    with pytest.raises(InputError) as read:
        manager.read_image(Path("x.jpg"), 100)
    assert str(read.value) == "x.jpg: the plugin 'raises_everywhere' failed in read_image: ValueError: bad header."
    with pytest.raises(OutputError, match=r"x\.jpg: the plugin 'raises_everywhere' failed in write_image: ZeroDiv"):
        manager.write_image(PIXELS, Path("x.jpg"), None)


def test_a_codec_plugin_that_answers_nonsense_is_an_error_naming_plugin_and_file() -> None:
    manager = manager_of("answers_nonsense")
    with pytest.raises(InputError, match=r"x\.jpg: the plugin 'answers_nonsense' answered read_image with 'a picture"):
        manager.read_image(Path("x.jpg"), 100)
    with pytest.raises(OutputError, match=r"x\.jpg: the plugin 'answers_nonsense' answered write_image with 'done'"):
        manager.write_image(PIXELS, Path("x.jpg"), None)


def test_metrics_of_all_plugins_are_collected_and_bad_ones_reported() -> None:
    manager = manager_of("raises_everywhere", "answers_nonsense", "good_neighbour", "takes_names")
    metrics = manager.metrics()
    assert set(metrics) == {"mean-difference", "zero"}
    assert metrics["mean-difference"](np.ones((1, 1, 1)), np.zeros((1, 1, 1))) == 1.0
    assert "Its hook provide_metrics failed: SystemExit: 1." in problem(manager, "raises_everywhere")
    assert "gave 'psnr-hvs': float where a name and a function belong." in problem(manager, "answers_nonsense")
    assert "The metric 'mean-difference' is left out" in problem(manager, "takes_names")


def test_an_observer_that_raises_becomes_a_warning_and_the_others_are_told(caplog: pytest.LogCaptureFixture) -> None:
    neighbour = plugin("good_neighbour")
    manager = PluginManager.of({"bad": plugin("raises_everywhere"), "good": neighbour})
    job: Any = "a job"
    report: Any = "a report"
    manager.run_finished(job, report)
    assert neighbour.runs_seen == [("a job", "a report")]
    assert "Plugin 'bad': Its hook run_finished failed: ConnectionError: the mail server is gone." in caplog.text


def test_commands_are_added_unless_their_name_exists_or_the_plugin_fails_half_way() -> None:
    cli = click.Group("restore", {"denoise": click.Command("denoise")})
    manager = manager_of("good_neighbour", "raises_everywhere", "takes_names")
    neighbours_own = manager.restorer("neighbour")
    manager.register_commands(cli)
    assert list(cli.commands) == ["denoise", "greet", "impostor"]
    assert cli.commands["greet"].help == "Say hello."
    assert "The command 'greet' is left out: that name is already taken." in problem(manager, "takes_names")
    assert "Its hook register_commands failed: KeyError: 'greeting'." in problem(manager, "raises_everywhere")
    assert neighbours_own is manager.restorer("neighbour")


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


def test_a_missing_requirement_is_installed_with_the_plugins_own_extra(install: Install, tmp_path: Path) -> None:
    install("package-a", models="cannot_load")
    metadata = tmp_path / "package_a-1.2.dist-info" / "METADATA"
    manager = PluginManager.discover()
    with pytest.raises(PluginError) as raised:
        manager.load(manager.restorer("needs-much"), None, Runtime())
    assert raised.value.hint is not None
    assert "Install the Python package that provides a_package_that_is_not_there" in raised.value.hint
    metadata.write_text(metadata.read_text() + "Provides-Extra: a-package-that-is-not-there\n")
    with pytest.raises(PluginError) as raised:
        manager.load(manager.restorer("needs-much"), None, Runtime())
    assert raised.value.hint == 'Install it with: pip install "package-a[a-package-that-is-not-there]"'
