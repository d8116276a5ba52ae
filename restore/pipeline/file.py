"""Pipelines as TOML: read with every mistake told by its line and the nearest name, and written for people to edit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from restore.errors import UsageError
from restore.option_types import accepts, settable
from restore.pipeline.masking import MaskKeys
from restore.pipeline.planned import ChainError, Link, PlannedStep, chained, nearest
from restore.spec import Needs, Options, RestorerSpec
from restore.step_tables import StepTable, read_tables

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

OWN_KEYS = ("task", "model", "weights")
"""What every step may say beside its model's options."""


def read_pipeline(path: Path | str, manager: PluginManager) -> tuple[PlannedStep, ...]:
    """Read a pipeline: tables ``[[step]]`` with ``task``, ``model``, ``weights`` and the model's options.

    Options are called like their flags, without the leading dashes. Paths are relative to the file's folder. Everything
    is checked; nothing is loaded.

    Args:
        path: The TOML file.
        manager: Knows the models.

    Raises:
        UsageError: It cannot be read, or says what does not exist or cannot be chained; names the line, and the nearest
            name.
        PluginError, WeightsError: As `restore.pipeline.planned.chained`.
    """
    tables = read_tables(path, "pipeline", "task")
    steps = tuple(_step(table, manager) for table in tables)
    try:
        chained(steps, manager)
    except ChainError as error:
        raise tables[error.index].refusal("task", error.said, error.hint) from error
    return steps


def _step(table: StepTable, manager: PluginManager) -> PlannedStep:
    spec = _restorer(table, manager)
    models: dict[type[Options], dict[str, Any]] = {spec.options: {}}
    if spec.needs is Needs.IMAGE_AND_MASK:
        models[MaskKeys] = {}
    fields = {key_of(name): (model, name) for model in models for name in settable(model)}
    for key, value in table.values.items():
        if key in OWN_KEYS:
            continue
        if key not in fields:
            advice = nearest(key, [*OWN_KEYS, *fields], "There is")
            raise table.refusal(key, f"{spec.name}: there is no '{key}'.", advice)
        model, name = fields[key]
        models[model][name] = _value(model, name, value, table.path.parent)
    for model, values in models.items():
        _check(model, values, spec, table)
    mask = MaskKeys(**models[MaskKeys]) if MaskKeys in models else None
    return PlannedStep(spec.name, models[spec.options], _weights(spec, table, manager), mask)


def _restorer(table: StepTable, manager: PluginManager) -> RestorerSpec:
    """The model that a step names, or its task's default."""
    task, name = table.values.get("task"), table.values.get("model")
    tasks = manager.tasks()
    if task is None:
        raise table.refusal(None, "this step has no task.", f"Tasks: {', '.join(tasks)}.")
    if task not in tasks:
        raise table.refusal("task", f"there is no task {task!r}.", nearest(str(task), tasks, "Tasks"))
    if name is None:
        return manager.default_restorer(str(task))
    spec = manager.served(str(task), str(name))
    if spec is None:
        served = [spec.name for spec in manager.restorers(str(task))]
        others = [spec.task for spec in manager.restorers() if spec.name == name]
        said = f"the model '{name}' is for the task '{others[0]}'." if others else f"there is no model {name!r}."
        raise table.refusal("model", said, nearest(str(name), served, f"Models for {task}"))
    return spec


def _weights(spec: RestorerSpec, table: StepTable, manager: PluginManager) -> Path | None:
    """The weights file that a step names, or that was added under the name it gives."""
    said = table.values.get("weights")
    if said is None:
        return None
    if not spec.takes_weights:
        raise table.refusal("weights", f"{spec.name} is a method without weights.", "Leave it out.")
    if not isinstance(said, str):
        raise table.refusal("weights", f"'weights' cannot be {said!r}: give a file's name.")
    path = table.path.parent / said
    if path.is_file():
        return path
    added = manager.weights.named(spec, said)
    if added is None:
        advice = f"{manager.weights.names(spec)}Check the name."
        raise table.refusal("weights", f"there is no weights file {path}.", advice)
    return added


def _value(model: type[Options], name: str, value: object, folder: Path) -> object:
    """A value as its field wants it: a path from the file's folder, a lone text where several may stand."""
    kind = accepts(model.model_fields[name])
    if kind.path and isinstance(value, str):
        return folder / value
    return (value,) if kind.repeated and isinstance(value, str) else value


def _check(model: type[Options], values: Mapping[str, Any], spec: RestorerSpec, table: StepTable) -> None:
    """Refuse values that the options model does not take, one sentence for each."""
    try:
        model.model_validate(dict(values))
    except ValidationError as error:
        said: dict[str, str] = {}
        for each in error.errors():
            name = str(each["loc"][0]) if each["loc"] else ""
            said.setdefault(name, _sentence(model, name, each["type"], each["msg"], values))
        lines = [
            f"line {table.line(key_of(name)) if name else table.start + 1}: {spec.name}: {sentence}"
            for name, sentence in said.items()
        ]
        raise UsageError(
            " ".join(lines), path=table.path, hint=f"`restore {spec.task} -m {spec.name} --help` shows all options."
        ) from error


def _sentence(model: type[Options], name: str, kind: str, said: str, values: Mapping[str, Any]) -> str:
    why = said.removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".")
    if not name:  # a rule over several options, in the plugin author's words
        return f"{why}."
    allowed = accepts(model.model_fields[name]).words()
    if kind == "missing":
        return f"'{key_of(name)}' must be given: {allowed}."
    own = f" ({why})" if kind in ("value_error", "assertion_error") else ""
    return f"'{key_of(name)}' cannot be {values[name]!r}{own}; give {allowed}."


def key_of(name: str) -> str:
    """What a field is called in a pipeline: like its flag, without the leading dashes."""
    return name.replace("_", "-")


@dataclass(frozen=True)
class Row:
    """One step as it is written.

    Attributes:
        values: By key: task, model and whatever it says.
        why: Why it is taken, for a comment; or None.
    """

    values: Mapping[str, object]
    why: str | None = None


def written(links: Iterable[Link], about: Sequence[str] = ()) -> str:
    """A pipeline as TOML: the options that differ from their models' defaults, and why each step is taken.

    Args:
        links: The steps.
        about: Lines for the comment on top.
    """
    return as_toml(map(_row, links), about)


def as_toml(rows: Iterable[Row], about: Sequence[str] = ()) -> str:
    """Steps as TOML; arguments as of `written`."""
    parts = ["".join(f"# {_comment(line)}\n" for line in about)] if about else []
    for row in rows:
        why = f"  # {_comment(row.why)}" if row.why else ""
        parts.append(f"[[step]]{why}\n" + "".join(f"{key} = {_toml(each)}\n" for key, each in row.values.items()))
    return "\n".join(parts)


def _row(link: Link) -> Row:
    values: dict[str, object] = {"task": link.spec.task, "model": link.spec.name}
    if link.planned.weights is not None:
        values["weights"] = str(link.planned.weights.absolute())
    for options in (link.planned.mask, link.options):
        if options is not None:
            told = options.model_dump(mode="json", exclude_defaults=True)
            said = [name for name in settable(type(options)) if told.get(name) is not None]
            values |= {key_of(name): _placed(getattr(options, name), told[name]) for name in said}
    return Row(values, link.planned.why)


def _placed(value: object, told: object) -> object:
    """An option as it is told; a path from the root, since the file may lie in any folder."""
    return str(value.absolute()) if isinstance(value, Path) else told


def _comment(text: str) -> str:
    """A text on one line, without what TOML does not allow in comments: file names may hold anything."""
    known = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in known)


def _toml(value: object) -> str:
    """A plain value as TOML; texts, numbers and lists are written as in JSON."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
