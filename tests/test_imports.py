"""The architecture, checked: who may import whom, and what stays light.

What is imported is read by `tests.import_reading`.
"""

from __future__ import annotations

import ast
import graphlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.import_reading import (
    ROOT,
    Import,
    all_imports,
    import_statements,
    imported_along_with,
    imports_of,
    module_file,
    named_modules,
    sources,
)

ORDER = (
    {"errors"},
    {"image", "spec"},
    {"codecs", "stamps", "folder_lock", "weights", "toolkit", "hookspecs", "contracts", "resampling", "enlarging"}
    | {"degrade", "degradations", "holes", "correct", "diagnose", "heat_map", "series", "contribution_map", "fusing"}
    | {"contact_sheet", "display", "drawn_png"}
    | {"step_tables", "option_types", "duration", "stray_output"},
    {
        "plugin_manager",
        "plugin_record",
        "plugin_registry",
        "loading",
        "requirements",
        "metrics",
        "fusion_metrics",
        "masks",
    }
    | {"journal", "journal_rows", "journal_schema", "journal_reading", "accounting"}
    | {
        "planning",
        "work_items",
        "in_place",
        "earlier_results",
        "originals",
        "grouping",
        "series_planning",
        "selection",
        "naming",
        "collisions",
        "walking",
        "finding",
        "watching",
        "disk_space",
    }
    | {
        "outputs",
        "made",
        "keeping",
        "provenance",
        "reporting",
        "resuming",
        "resuming_in_place",
        "memory",
        "result_size",
        "answers",
    },
    {"engine", "forecast", "rehearsal", "job", "flow", "batch", "supervisor", "worker", "executors", "pipeline"}
    | {"auto"}
    | {"steps", "admission", "station", "evaluate", "benchmark", "difference", "reports"},
    {"options", "cli", "library", "testing", "conformance"},
)
"""The rooms of ``restore/``: each may import from the floors above it and, without circles, from its own."""

OUT_OF_BOUNDS_FOR_PLUGINS = ORDER[3] - {"metrics", "fusion_metrics"} | ORDER[4] | ORDER[5] - {"testing"}
"""The engine calls a plugin and the plugin calls the toolkit; nothing calls back."""

HEAVY = {
    "PIL",
    "av",
    "cv2",
    "gradio",
    "imagecodecs",
    "kornia",
    "lightning_fabric",
    "matplotlib",
    "safetensors",
    "scipy",
    "skimage",
    "tifffile",
    "torch",
}
"""What neither `restore --help` nor the reading of a plugin's description may import."""


def room_of(path: Path) -> str:
    """The room a file of ``restore/`` belongs to: ``restore/codecs/reading.py`` is in ``codecs``."""
    return path.relative_to(ROOT / "restore").parts[0].removesuffix(".py")


def core_imports() -> Iterator[tuple[str, str, Import]]:
    """Each import of one room by another: importer, imported, statement."""
    for path in sources("restore"):
        for each in imports_of(path):
            parts = each.module.split(".")
            if parts[0] == "restore" and len(parts) > 1 and parts[1] != room_of(path) and parts[1] != "__version__":
                yield room_of(path), parts[1], each


def floor(room: str) -> int:
    """How far down the order a room lies."""
    return next(i for i, rooms in enumerate(ORDER) if room in rooms)


def test_every_room_of_the_core_has_its_place_in_the_order() -> None:
    rooms = {room_of(path) for path in sources("restore")} - {"__init__"}
    assert rooms - set().union(*ORDER) == set(), "add the new file to ORDER above, and to docs/architecture.md"


def test_the_core_imports_one_way() -> None:
    wrong = [str(each) for importer, imported, each in core_imports() if floor(imported) > floor(importer)]
    assert wrong == []


def test_no_rooms_import_each_other_in_a_circle() -> None:
    graph: dict[str, set[str]] = {}
    for importer, imported, _ in core_imports():
        graph.setdefault(importer, set()).add(imported)
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError and names the circle


def test_the_core_never_imports_a_plugin() -> None:
    plugins = {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir()}
    assert [str(each) for each in all_imports("restore") if each.module.split(".")[0] in plugins] == []


def test_plugins_never_import_each_other() -> None:
    plugins = {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir()}
    others = [
        str(each) for each in all_imports("plugins") if each.module.split(".")[0] in plugins - {each.file.split("/")[1]}
    ]
    assert others == []


def test_plugins_use_only_what_a_plugin_may_use() -> None:
    wrong = [
        str(each)
        for each in all_imports("plugins")
        if each.module.startswith("restore.") and each.module.split(".")[1] in OUT_OF_BOUNDS_FOR_PLUGINS
    ]
    assert wrong == []


def test_imports_are_absolute() -> None:
    assert [str(each) for each in all_imports("restore", "plugins") if each.module.startswith(".")] == []


@pytest.mark.parametrize(
    "path",
    sources("restore/cli") + sorted((ROOT / "plugins").glob("*/plugin.py")),
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_commands_and_descriptions_are_imported_without_anything_heavy(path: Path) -> None:
    heavy = [
        str(each)
        for ours in sorted(imported_along_with(path))
        for each in imports_of(ours)
        if each.at_import_time and each.module.split(".")[0] in HEAVY
    ]
    assert heavy == []


def test_help_and_lists_load_nothing_heavy() -> None:
    """The same, measured: what is in `sys.modules` after the commands that must be instant."""
    script = (
        "import contextlib, os, sys\n"
        "from restore.cli import main\n"
        "for words in (['--help'], ['denoise', '--help'], ['models', '--json'], ['plugins', '--json']):\n"
        "    with contextlib.redirect_stdout(open(os.devnull, 'w')):\n"
        "        assert main(words) == 0\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(ast.literal_eval(done.stdout.splitlines()[-1])) & HEAVY == set()


def test_every_imported_package_is_declared() -> None:
    """What is imported must be in pyproject.toml itself, not merely come along with something else."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    parts = {"pydantic_core": "pydantic"}  # published and pinned together
    extras = [name for extra, names in project["optional-dependencies"].items() if extra != "test" for name in names]
    declared = {re.split(r"[^\w.-]", name)[0].lower().replace("_", "-") for name in project["dependencies"] + extras}
    providers = importlib.metadata.packages_distributions()
    undeclared = []
    for each in all_imports("restore", "plugins"):
        package = parts.get(top := each.module.split(".")[0], top)
        if package in sys.stdlib_module_names or module_file(package):
            continue
        names = {name.lower().replace("_", "-") for name in providers.get(package, [package])}
        if not names & declared:
            undeclared.append(str(each))
    assert undeclared == []


def test_the_reading_of_imports_sees_functions_and_skips_types() -> None:
    """These tests pass where nothing is found, so what they find is tested as well."""
    code = """
import a
if TYPE_CHECKING:
    import only_for_types
else:
    import b
try:
    from restore import errors
except ImportError:
    pass
class C:
    import c
    def f(self):
        from d.e import f
"""
    found = [(name, now) for node, now in import_statements(ast.parse(code)) for name in named_modules(node)]
    assert found == [("a", True), ("b", True), ("restore.errors", True), ("c", True), ("d.e", False)]
