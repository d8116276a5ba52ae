"""Chains of degradations read from TOML and from text; what is wrong is told with its line and the nearest name."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from restore.degradations.kinds import KINDS, Step
from restore.degradations.spans import Bounds
from restore.errors import UsageError
from restore.step_tables import StepTable, read_tables

_LIST = "`restore degrade --list` shows all kinds."


def read_chain(path: Path | str) -> tuple[Step, ...]:
    """Read a chain from a TOML file: tables ``[[step]]`` with ``kind`` and what that kind has.

    Args:
        path: The file.

    Raises:
        UsageError: It cannot be read, is no TOML, or says what does not exist; names the line and the nearest name.
    """
    return tuple(map(_step, read_tables(path, "chain", "kind")))


def chain_of(text: str) -> tuple[Step, ...]:
    """A chain from what `written` made of it.

    Raises:
        ValueError: It is nothing that `written` wrote.
    """
    return tuple(KINDS[step.pop("kind")].model_validate(step) for step in json.loads(text))


def written(steps: Iterable[Step]) -> str:
    """A chain as one line of JSON, in full: equal chains give equal texts."""
    told: list[Mapping[str, object]] = [{"kind": step.kind, **step.model_dump(mode="json")} for step in steps]
    return json.dumps(told, separators=(",", ":"))


def from_words(kind: str, text: str) -> Step:
    """A step from a flag's value: ``25``, ``5..50``, ``25,grey=true`` or ``length=9,angle=0``.

    Args:
        kind: One of `restore.degradations.kinds.KINDS`.
        text: The main value first, without its name; all else is ``name=value``.

    Raises:
        ValueError: It does not make sense; says what would.
    """
    model = KINDS[kind]
    values: dict[str, str] = {}
    for place, part in enumerate(text.split(",")):
        name, equals, value = part.partition("=")
        name, value = (name.strip(), value.strip()) if equals else (model.main, name.strip())
        if not value or (not equals and place) or name in values:
            raise ValueError(f"write the {model.main} first, then name=value: {model.main} and {_names(model)}")
        values[name] = value
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ValueError(" ".join(sentence for _, sentence in _sentences(model, error))) from None


def _step(table: StepTable) -> Step:
    kind = table.values.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is None:
        told = "this step has no kind" if kind is None else f"there is no kind {kind!r}"
        close = difflib.get_close_matches(str(kind), KINDS, n=1)
        hint = f"Did you mean '{close[0]}'? {_LIST}" if close else f"Kinds: {', '.join(KINDS)}."
        raise table.refusal(None if kind is None else "kind", f"{told}.", hint)
    try:
        return model.model_validate({name: value for name, value in table.values.items() if name != "kind"})
    except ValidationError as error:
        said = [f"line {table.line(name)}: {kind}: {sentence}" for name, sentence in _sentences(model, error)]
        raise UsageError(" ".join(said), path=table.path, hint=_LIST) from error


def _sentences(model: type[Step], error: ValidationError) -> list[tuple[str, str]]:
    """For each key that is wrong the key and one sentence."""
    found: dict[str, str] = {}
    for each in error.errors():
        name = str(each["loc"][0]) if each["loc"] else ""
        found.setdefault(name, _sentence(model, name, each["type"], each["msg"], each["input"]))
    return list(found.items())


def _sentence(model: type[Step], name: str, kind: str, said: str, given: object) -> str:
    if name not in model.model_fields:
        close = difflib.get_close_matches(name, model.model_fields, n=1)
        return f"there is no '{name}'; " + (f"did you mean '{close[0]}'?" if close else f"there is {_names(model)}.")
    bounds = next((each for each in model.model_fields[name].metadata if isinstance(each, Bounds)), None)
    if kind == "missing":
        return f"'{name}' must be given: {bounds or said}."
    why = said.removeprefix("Value error, ")
    return f"'{name}' cannot be {given!r}: {why[0].lower()}{why[1:]}."


def _names(model: type[Step]) -> str:
    return ", ".join(f"'{name}'" for name in model.model_fields)
