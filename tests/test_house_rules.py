"""The house rules that no linter knows."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def sources(*folders: str) -> list[Path]:
    """All Python files below the given folders of the checkout."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_only_the_command_line_prints_and_exits() -> None:
    calls = []
    for path in sources("restore", "plugins"):
        if ROOT / "restore" / "cli" in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {
                "print",
                "exit",
                "quit",
                "sys.exit",
                "os._exit",
            }:
                calls.append(f"{path.relative_to(ROOT)}:{node.lineno} calls {ast.unparse(node.func)}")
            if isinstance(node, ast.Raise) and node.exc is not None and "SystemExit" in ast.unparse(node.exc):
                calls.append(f"{path.relative_to(ROOT)}:{node.lineno} raises SystemExit")
    assert calls == []


def test_there_is_no_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "base", "common", "helpers", "misc"}
    found = [p for folder in ("restore", "plugins") for p in (ROOT / folder).rglob("*") if p.stem in drawers]
    assert found == []


def test_files_stay_readable_in_one_sitting() -> None:
    """About 250 lines; tests, of which there is one file per source file, may be somewhat longer."""
    limits = {"restore": 300, "plugins": 300, "scripts": 300, "tests": 400}
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for folder, limit in limits.items()
        for path in sources(folder)
        if (lines := len(path.read_text("utf-8").splitlines())) > limit
    }
    assert long == {}, "split along what the parts are about"


def test_every_bundled_plugin_has_the_same_files() -> None:
    """Knowing one is knowing all; what a plugin does not need (weights, training) it leaves out."""
    for plugin in (path for path in (ROOT / "plugins").iterdir() if path.is_dir()):
        names = {path.name for path in plugin.iterdir() if path.name != "__pycache__"}
        assert {"__init__.py", "plugin.py", "py.typed"} <= names, plugin.name
        others = {name for name in names if not name.endswith(".py") and not name.startswith("MODEL_CARD-")}
        assert others <= {"MODEL_CARD.md", "py.typed", "weights"}
