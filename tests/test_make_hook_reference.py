"""The reference of the hooks says what their specifications say, and goes stale with a failing test."""

from __future__ import annotations

import importlib.util
import inspect
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "plugins.md").read_text("utf-8")


def script() -> object:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("make_hook_reference", ROOT / "scripts" / "make_hook_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SCRIPT = script()
HOOKS = SCRIPT.hooks()  # type: ignore[attr-defined]


def test_the_page_is_what_the_script_makes() -> None:
    renewed = SCRIPT.renewed(PAGE)  # type: ignore[attr-defined]
    assert renewed == PAGE, "run: python scripts/make_hook_reference.py"


@pytest.mark.parametrize("name", HOOKS)
def test_each_hook_has_its_signature_its_arguments_and_an_example(name: str) -> None:
    section = PAGE.partition(f"### `{name}`\n")[2].partition("\n### ")[0]
    assert f"{name}(" in section and f"def {name}(" in section
    documented = inspect.getdoc(HOOKS[name]) or ""
    for argument in inspect.signature(HOOKS[name]).parameters:
        assert ("Args:" not in documented) or f"- `{argument}`: " in section
    assert documented.splitlines()[0].partition("``")[0] in section


def test_a_changed_specification_makes_the_page_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HOOKS["read_image"], "__doc__", "Read a picture in another way.\n\nCalled never.")
    renewed = SCRIPT.renewed(PAGE)  # type: ignore[attr-defined]
    assert renewed != PAGE and "Read a picture in another way." in renewed


def test_a_hook_without_an_example_is_an_error() -> None:
    with pytest.raises(ValueError, match="has no function make_tea: write one"):
        SCRIPT.example_of("make_tea")  # type: ignore[attr-defined]


def test_a_page_without_the_marks_is_an_error() -> None:
    with pytest.raises(ValueError, match="lacks the line"):
        SCRIPT.renewed("# Plugins")  # type: ignore[attr-defined]
