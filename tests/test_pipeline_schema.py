"""The schema of pipeline files says the same as the reading of them; checked with the few rules of schemas it uses."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from restore_conv_dae import plugin as conv_dae
from restore_correct import plugin as correct
from restore_degrade import plugin as degrade
from restore_vae_sr import plugin as vae

from restore.pipeline import pipeline_schema
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from tests.tiny_neighbours import Averager, Painter, Spotter

TYPES: dict[str, Any] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
    "array": list,
}


@pytest.fixture
def schema(painter: Painter, spotter: Spotter, averager: Averager) -> dict[str, Any]:
    plugins = {"dae": conv_dae, "correct": correct, "degrade": degrade, "vae": vae, "painter": painter}
    return pipeline_schema(PluginManager.of({**plugins, "spotter": spotter, "mean": averager}))


def valid(value: Any, rule: Any, root: dict[str, Any]) -> bool:
    """Whether a schema takes a value: the keywords that pydantic and `pipeline_schema` write for our options."""
    if isinstance(rule, bool):
        return rule
    if "$ref" in rule:
        return valid(value, root["$defs"][rule["$ref"].removeprefix("#/$defs/")], root)
    kind = TYPES.get(rule.get("type", "object"))
    if kind is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
        return False
    if ("const" in rule and value != rule["const"]) or ("enum" in rule and value not in rule["enum"]):
        return False
    if isinstance(value, int | float) and not rule.get("minimum", value) <= value <= rule.get("maximum", value):
        return False
    if isinstance(value, dict):
        known = rule.get("properties", {})
        if not set(rule.get("required", ())) <= set(value):
            return False
        if rule.get("additionalProperties") is False and not set(value) <= set(known):
            return False
        if not all(valid(each, known[key], root) for key, each in value.items() if key in known):
            return False
    if isinstance(value, list) and not all(valid(each, rule.get("items", True), root) for each in value):
        return False
    if "if" in rule and valid(value, rule["if"], root) and not valid(value, rule["then"], root):
        return False
    every = all(valid(value, each, root) for each in rule.get("allOf", ()))
    return every and ("anyOf" not in rule or any(valid(value, each, root) for each in rule["anyOf"]))


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ('task = "denoise"\nsigma = "auto"', True),
        ('task = "denoise"\nmodel = "conv-dae"\nsigma = 25\nweights = "mine.safetensors"', True),
        ('task = "denoise"\nsigma = "some"', False),
        ('task = "denoise"\nstrenght = 1', False),
        ('task = "denoise"\nstrength = 2', False),
        ('task = "correct"\nwhite-balance = "grey-world"', True),
        ('task = "correct"\nwhite_balance = "grey-world"', False),
        ('task = "inpaint"\nmask = "auto"\nbox = ["1,2,3,4"]\ngrow = 2', True),
        ('task = "denoise"\nmask = "auto"', False),
        ('task = "fuse"', False),
        ('task = "denoise"\nmodel = "vae-sr"', False),
        ('task = "upscale"\nscale = 2', True),
        ("strength = 1", False),
    ],
)
def test_an_editor_takes_what_runs_and_marks_what_does_not(schema: dict[str, Any], text: str, sound: bool) -> None:
    assert valid(tomllib.loads(f"[[step]]\n{text}"), schema, schema) == sound


def test_it_is_plain_json_with_a_description_of_every_option(schema: dict[str, Any]) -> None:
    rules = json.loads(json.dumps(schema))["properties"]["step"]["items"]["allOf"]
    own = {key: value for rule in rules for key, value in rule["then"]["properties"].items() if key != "task"}
    assert [key for key, value in own.items() if not value.get("description")] == []
