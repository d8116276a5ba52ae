"""One options model, many faces: command-line flags, validated values, rows for tables and documentation.

The pydantic model is the only source. Flags take text, pydantic judges it, and what it finds wrong is told in terms of
the flag, the value and what is allowed.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import click
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

from restore.errors import UsageError
from restore.option_types import Accepts, accepts, settable
from restore.spec import Options


@dataclass(frozen=True)
class OptionRow:
    """One option as documentation shows it.

    Attributes:
        flag: As typed on the command line: ``--sigma``, ``--grey/--no-grey``.
        allowed: What it takes, in words: "auto or a number from 0 to 75".
        default: The default as text; "" where a value must be given or nothing is the default.
        description: From the model.
    """

    flag: str
    allowed: str
    default: str
    description: str


def click_options(model: type[Options]) -> list[click.Option]:
    """The flags of an options model, in the order of its fields.

    A flag that is not given has the value None (or an empty tuple), so that `build_options` can tell it from one that
    is; the default is shown in the help. Every settable field becomes a flag: a type not known here takes text.

    Args:
        model: A restorer's options.
    """
    return [_click_option(name, field) for name, field in settable(model).items()]


def build_options(model: type[Options], values: Mapping[str, object]) -> Options:
    """Judge the values of flags.

    Args:
        model: A restorer's options.
        values: By field name, as text or already typed. None and empty sequences stand for "not given".

    Raises:
        UsageError: A value is not allowed or a flag is unknown; names the flag, the value and what is allowed.
    """
    given = {name: value for name, value in values.items() if value is not None and value != () and value != []}
    fields = model.model_fields
    typed = {name: accepts(fields[name]).member(value) if name in fields else value for name, value in given.items()}
    try:
        return model(**typed)
    except ValidationError as error:
        raise UsageError(" ".join(_sentences(model, error.errors(), given))) from error


def option_rows(model: type[Options]) -> list[OptionRow]:
    """The options of a model as rows of a table."""
    return [
        OptionRow(
            flag=_declaration(name, accepts(field)),
            allowed=accepts(field).words(),
            default=_default(field),
            description=field.description or "",
        )
        for name, field in settable(model).items()
    ]


def flag(name: str) -> str:
    """The flag of a field: ``noise_level`` → ``--noise-level``."""
    return f"--{name.replace('_', '-')}"


def _declaration(name: str, kind: Accepts) -> str:
    return f"{flag(name)}/--no-{flag(name)[2:]}" if kind.switch else flag(name)


def _click_option(name: str, field: FieldInfo) -> click.Option:
    kind = accepts(field)
    default = _default(field)
    help_text = " ".join(part for part in (field.description, f"[default: {default}]" if default else "") if part)
    declarations = [name, _declaration(name, kind)]
    if kind.switch:
        return click.Option(declarations, is_flag=True, default=None, help=help_text, required=field.is_required())
    # Fixed choices and paths are click's, for shell completion; all else is handed on as text for pydantic to judge.
    fixed = bool(kind.choices) and not (kind.ranges or kind.path or kind.text)
    return click.Option(
        declarations,
        type=click.Choice([str(choice) for choice in kind.choices]) if fixed else click.Path() if kind.path else str,
        metavar=None if fixed else kind.metavar(),
        help=help_text,
        required=field.is_required(),
        multiple=kind.repeated,
        nargs=kind.length,
    )


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined or value is None:
        return ""
    if isinstance(value, bool):
        return "on" if value else "off"
    return _shown(value)


def _shown(value: Any) -> str:  # noqa: ANN401  values of any type are shown
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, str) or not isinstance(value, Iterable):
        return str(value)
    return ", ".join(_shown(item) for item in value)


def _sentences(model: type[Options], errors: list[ErrorDetails], given: Mapping[str, object]) -> list[str]:
    """One sentence for each option that is wrong; pydantic reports a union once for each of its types."""
    sentences: dict[str, str] = {}
    for error in errors:
        name = str(error["loc"][0]) if error["loc"] else ""
        sentences.setdefault(name, _sentence(model, name, error, given))
    return list(sentences.values())


def _sentence(model: type[Options], name: str, error: ErrorDetails, given: Mapping[str, object]) -> str:
    said = error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".")
    if not name:  # a rule over several options, in the plugin author's words
        return f"{said}."
    if name not in model.model_fields:
        known = [flag(field) for field in model.model_fields]
        close = difflib.get_close_matches(flag(name), known, n=1)
        advice = f"did you mean {close[0]}?" if close else f"There are {', '.join(known) or 'none'}."
        return f"There is no option {flag(name)}; {advice}" if close else f"There is no option {flag(name)}. {advice}"
    allowed = accepts(model.model_fields[name]).words()
    if error["type"] == "missing":
        return f"{flag(name)} must be given: {allowed}."
    own_rule = f" ({said})" if error["type"] in ("value_error", "assertion_error") else ""
    advice = "" if own_rule and allowed == "text" else f"; give {allowed}"  # the rule says more than "text" does
    return f"{flag(name)}: '{_shown(given[name])}' is not allowed{own_rule}{advice}."
