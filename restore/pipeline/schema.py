"""A JSON schema of pipeline files, from the options models: editors then complete names, and mark what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.errors import PydanticInvalidForJsonSchema

from restore.option_types import settable
from restore.pipeline.file import key_of
from restore.pipeline.masking import MaskKeys
from restore.spec import Needs, Options, RestorerSpec

if TYPE_CHECKING:
    from restore.plugin_manager import PluginManager

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft that editors for TOML understand best."""

_WEIGHTS = {"type": "string", "description": "A weights file of your own (safetensors), from this file's folder."}


def pipeline_schema(manager: PluginManager) -> dict[str, Any]:
    """The schema for the models there are here.

    Each step's task and model decide what else it may say: one condition per model; without a model that of the
    task's default holds.

    Args:
        manager: Knows the models.
    """
    specs = [spec for spec in manager.restorers() if spec.needs is not Needs.FRAMES]
    tasks = list(dict.fromkeys(spec.task for spec in specs))
    definitions: dict[str, Any] = {}
    rules = [_served(task, [spec.name for spec in specs if spec.task == task]) for task in tasks]
    for spec in specs:
        default = manager.default_restorer(spec.task).name == spec.name
        rules.append(_rule(spec, definitions, default=default))
    step = {
        "type": "object",
        "required": ["task"],
        "properties": {
            "task": {"enum": tasks, "description": "What is done."},
            "model": {"enum": [spec.name for spec in specs], "description": "With which model; else the default."},
        },
        "allOf": rules,
    }
    return {
        "$schema": DRAFT,
        "title": "A pipeline for `restore run`",
        "type": "object",
        "required": ["step"],
        "additionalProperties": False,
        "properties": {"step": {"type": "array", "minItems": 1, "items": step}},
        "$defs": definitions,
    }


def _served(task: str, models: list[str]) -> dict[str, Any]:
    """A step of this task has one of these models."""
    return {
        "if": {"properties": {"task": {"const": task}}, "required": ["task"]},
        "then": {"properties": {"model": {"enum": models}}},
    }


def _rule(spec: RestorerSpec, definitions: dict[str, Any], *, default: bool) -> dict[str, Any]:
    """If a step is this model's, it may say this."""
    condition: dict[str, Any] = {"task": {"const": spec.task}, "model": {"const": spec.name}}
    properties: dict[str, Any] = {"task": True, "model": {"const": spec.name, "description": spec.summary}}
    if spec.takes_weights:
        properties["weights"] = _WEIGHTS
    required: list[str] = []
    for model in (spec.options, MaskKeys) if spec.needs is Needs.IMAGE_AND_MASK else (spec.options,):
        described = _described(model, spec.name, definitions)
        properties |= {key_of(name): value for name, value in described["properties"].items()}
        required += map(key_of, described.get("required", ()))
    then = {"properties": properties, "additionalProperties": False} | ({"required": required} if required else {})
    return {"if": {"properties": condition, "required": ["task"] if default else ["task", "model"]}, "then": then}


def _described(model: type[Options], owner: str, definitions: dict[str, Any]) -> dict[str, Any]:
    """A model's own schema; what it refers to goes to the definitions, under its owner's name."""
    try:
        schema = model.model_json_schema(ref_template=f"#/$defs/{owner}-{{model}}")
    except PydanticInvalidForJsonSchema:  # a type of a plugin's own: its names are known, its values are not
        return {"properties": {name: {"description": f.description or ""} for name, f in model.model_fields.items()}}
    definitions |= {f"{owner}-{name}": value for name, value in schema.pop("$defs", {}).items()}
    properties = {name: value for name, value in schema.get("properties", {}).items() if name in settable(model)}
    return {"properties": properties, "required": schema.get("required", ())}
