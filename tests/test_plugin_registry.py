"""Plugins are found through their entry points; one that cannot be loaded is reported and its neighbours work on."""

from __future__ import annotations

import importlib
import importlib.util
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from restore.errors import PluginError, UsageError
from restore.plugin_manager import PluginManager
from restore.plugin_record import PluginInfo
from restore.spec import Runtime
from tests.small_plugins import PLUGINS, plugin

Install = Callable[..., None]


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


@pytest.mark.parametrize(
    ("module", "sentence"),
    [
        ("import_error", "It cannot be imported: ModuleNotFoundError: No module named 'a_package_that_is_not_there'."),
        ("exits_at_import", "It cannot be imported: SystemExit: I am not a plugin."),
        ("raises_base_exception", "It cannot be imported: Skipped: not on this machine."),
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


def test_what_a_plugin_prints_in_a_hook_does_not_reach_standard_output(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    install("package-a", chatty="prints_in_hooks")
    PluginManager.discover().restorers()
    printed = capsys.readouterr()
    assert printed.out == "" and "hello from a hook" in printed.err


def test_a_plugin_for_another_version_of_a_library_is_told_which_and_its_neighbour_works_on(
    install: Install, tmp_path: Path
) -> None:
    install("package-a", old="wants_old_numpy")
    install("package-b", neighbour="good_neighbour")
    version = metadata.version("numpy")
    said = problem(PluginManager.discover(), "old")
    assert "It cannot be imported: AttributeError: `np.float_` was removed" in said
    assert f"written for another version of numpy ({version} is installed)" in said
    described = tmp_path / "package_a-1.2.dist-info" / "METADATA"
    described.write_text(described.read_text() + "Requires-Dist: numpy<2\n")
    sys.modules.pop("wants_old_numpy", None)
    manager = PluginManager.discover()
    said = problem(manager, "old")
    assert f"Its package package-a asks for numpy<2, and numpy {version} is installed." in said
    assert "pip uninstall package-a" in said
    assert manager.restorer("neighbour").name == "neighbour"


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


def test_restore_plugins_limits_loading(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("package-a", good="good_neighbour", bad="import_error")
    monkeypatch.setenv("RESTORE_PLUGINS", "good, ")
    assert [found.name for found in PluginManager.discover().plugins()] == ["good"]
    monkeypatch.setenv("RESTORE_PLUGINS", "")
    assert PluginManager.discover().plugins() == []


def test_restore_plugins_names_what_is_there_where_it_is_misspelt(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("package-a", good="good_neighbour")
    monkeypatch.setenv("RESTORE_PLUGINS", "good,absent")
    with pytest.raises(UsageError, match=r"names 'absent', which no .*Installed plugins: classic, .*good\."):
        PluginManager.discover()


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


def test_a_trace_goes_to_standard_error_and_leaves_json_alone() -> None:
    environment = {**os.environ, "RESTORE_TRACE": "1", "RESTORE_PLUGINS": "classic"}
    code = "import sys; from restore.cli import main; sys.exit(main(['plugins', '--json']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert [found["name"] for found in json.loads(done.stdout)] == ["classic"]
    assert "trace: provide_restorers() -> classic: [[RestorerSpec(name='nlm'" in done.stderr


def test_discovery_imports_no_imaging_library() -> None:
    code = (
        "import sys; from restore.plugin_manager import PluginManager; PluginManager.discover().plugins();"
        "print([name for name in ('torch', 'cv2', 'PIL', 'skimage', 'kornia', 'restore.codecs.core')"
        " if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"


def test_a_missing_requirement_is_installed_with_the_plugins_own_extra(install: Install, tmp_path: Path) -> None:
    install("package-a", models="cannot_load")
    described = tmp_path / "package_a-1.2.dist-info" / "METADATA"
    manager = PluginManager.discover()
    with pytest.raises(PluginError) as raised:
        manager.load(manager.restorer("needs-much"), None, Runtime())
    assert raised.value.hint is not None
    assert "Install the Python package that provides a_package_that_is_not_there" in raised.value.hint
    described.write_text(described.read_text() + "Provides-Extra: a-package-that-is-not-there\n")
    with pytest.raises(PluginError) as raised:
        manager.load(manager.restorer("needs-much"), None, Runtime())
    assert raised.value.hint == 'Install it with: pip install "package-a[a-package-that-is-not-there]"'
