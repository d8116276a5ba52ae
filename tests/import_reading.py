"""Import statements of this checkout, read from the source with `ast`, so that imports inside functions count as well.

Imports under ``TYPE_CHECKING`` are for readers and mypy only and are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Import:
    """One import statement: where it stands, what it names, whether it runs when the file is imported."""

    file: str
    line: int
    module: str
    at_import_time: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def sources(*folders: str) -> list[Path]:
    """All Python files below the given folders of the checkout."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def guards_types(node: ast.If) -> bool:
    """Whether this is ``if TYPE_CHECKING:``."""
    return "TYPE_CHECKING" in ast.unparse(node.test)


def import_statements(node: ast.AST, at_import_time: bool = True) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    """All import statements in `node`, each with whether it runs at import time."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node, at_import_time
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    children = node.orelse if isinstance(node, ast.If) and guards_types(node) else ast.iter_child_nodes(node)
    for child in children:
        yield from import_statements(child, at_import_time and not is_function)


def named_modules(statement: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules a statement names; ``from restore import errors`` names ``restore.errors``."""
    if isinstance(statement, ast.Import):
        return [alias.name for alias in statement.names]
    module = "." * statement.level + (statement.module or "")
    if module in ("restore", "restore.toolkit", "restore.codecs", "restore.cli"):
        return [f"{module}.{alias.name}" for alias in statement.names]
    return [module]


@cache
def imports_of(path: Path) -> tuple[Import, ...]:
    """The imports of one file."""
    tree = ast.parse(path.read_text("utf-8"))
    name = path.relative_to(ROOT).as_posix()
    return tuple(
        Import(name, statement.lineno, module, at_import_time)
        for statement, at_import_time in import_statements(tree)
        for module in named_modules(statement)
    )


def all_imports(*folders: str) -> list[Import]:
    """The imports of all files below the given folders."""
    return [each for path in sources(*folders) for each in imports_of(path)]


def module_file(module: str) -> Path | None:
    """The file of one of our modules (or of the module around a name), or None for anybody else's."""
    for source in (ROOT, ROOT / "plugins"):
        path = source.joinpath(*module.split("."))
        for candidate in (path.with_suffix(".py"), path / "__init__.py", path.parent.with_suffix(".py")):
            if candidate.is_file():
                return candidate
    return None


def imported_along_with(start: Path) -> set[Path]:
    """`start` and all of our files that are imported when it is."""
    seen: set[Path] = set()
    waiting = [start]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        waiting += [found for each in imports_of(path) if each.at_import_time and (found := module_file(each.module))]
    return seen
