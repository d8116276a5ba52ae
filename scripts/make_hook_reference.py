"""Write the reference of the hooks in docs/plugins.md: ``python scripts/make_hook_reference.py``.

It is made of the specifications in restore/hookspecs.py, with what the plugin in tests/fixtures answers as an example.
It stands between two marks; all else on the page is left as it is. A test fails where it is out of date.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from restore import hookspecs

PAGE = Path(__file__).resolve().parents[1] / "docs" / "plugins.md"
EXAMPLE = PAGE.parents[1] / "tests" / "fixtures" / "restore-halftone" / "restore_halftone" / "plugin.py"
START = "<!-- The hooks: made by scripts/make_hook_reference.py from restore/hookspecs.py; change them there. -->"
END = "<!-- The end of the hooks. -->"

_SECTION = re.compile(r"^(Args|Returns|Raises):$", re.MULTILINE)
_ENTRY = re.compile(r"^    (\S[^:]*): (.*(?:\n {8,}.*)*)", re.MULTILINE)


def hooks() -> dict[str, Callable[..., Any]]:
    """The specifications by name, in their order."""
    return {name: function for name, function in vars(hookspecs).items() if hasattr(function, "restore_spec")}


def reference() -> str:
    """All hooks as Markdown."""
    return "\n\n".join(_described(name, function) for name, function in hooks().items())


def renewed(page: str) -> str:
    """A page with the reference between its marks as it should be.

    Raises:
        ValueError: The marks are not there.
    """
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    if not rest or END not in page:
        raise ValueError(f"the page lacks the line {START} or {END}")
    return f"{before}{START}\n\n{reference()}\n\n{END}{after}"


def _described(name: str, function: Callable[..., Any]) -> str:
    """One hook: how it is written, who answers, its contract."""
    signature = f"{name}{inspect.signature(function)}".replace("'", "")
    firstresult = vars(function)["restore_spec"]["firstresult"]
    who = (
        "One answer is wanted: the plugin loaded last is asked first, and None passes the question on."
        if firstresult
        else "All plugins are asked."
    )
    contract = inspect.getdoc(function) or ""
    text, *sections = _SECTION.split(contract)
    parts = [f"### `{name}`", f"```text\n{signature}\n```", who, _prose(text)]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        entries = [f"- `{what.strip()}`: {' '.join(said.split())}" for what, said in _ENTRY.findall(body)]
        heading = {"Args": "Arguments", "Returns": "Answer", "Raises": "May raise"}[title]
        parts.append(f"{heading}:\n\n" + ("\n".join(entries) if entries else _prose(body)))
    parts.append(f"For example:\n\n```python\n{example_of(name)}\n```")
    return "\n\n".join(parts)


def example_of(hook: str) -> str:
    """How the plugin in tests/fixtures answers a hook.

    Raises:
        ValueError: It does not.
    """
    text = EXAMPLE.read_text("utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name == hook:
            return "\n".join(text.splitlines()[node.decorator_list[0].lineno - 1 : node.end_lineno])
    raise ValueError(f"{EXAMPLE} has no function {hook}: write one, so that the hook has an example")


def _prose(text: str) -> str:
    """Paragraphs on one line each; ``code`` as Markdown writes it."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]
    return "\n\n".join(paragraphs).replace("``", "`")


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text("utf-8")), "utf-8")
