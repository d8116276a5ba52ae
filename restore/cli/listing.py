"""``restore models``: what is installed, what it can do, where it comes from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from restore.cli.columns import print_json, print_table
from restore.cli.wording import size
from restore.errors import WeightsError
from restore.loading import missing_requirements
from restore.options import option_rows
from restore.plugin_manager import PluginManager
from restore.spec import RestorerSpec

_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON document and nothing else.")


def commands(manager: PluginManager) -> list[click.Command]:
    """The command `models`.

    Args:
        manager: The plugins whose models are listed.
    """
    return [_models_command(manager)]


def _models_command(manager: PluginManager) -> click.Command:
    def models(name: str | None, as_json: bool) -> None:
        every = sorted(manager.restorers(), key=lambda spec: spec.task)  # of each task the default first
        specs = every if name is None else [manager.restorer(name)]
        described = [_described(spec) for spec in specs]
        if as_json:
            print_json(described if name is None else described[0])
        elif name is None:
            _show_models(specs, described)
        else:
            _show_model(specs[0], described[0])

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        return [spec.name for spec in manager.restorers() if spec.name.startswith(incomplete)]

    return click.Command(
        "models",
        callback=models,
        params=[click.Argument(["name"], required=False, shell_complete=complete), _JSON],
        short_help="List the models, or everything about one.",
        help="List the models of all plugins; with NAME, everything about one: its options, where it comes from, what "
        "its weights were trained on and what they reach.",
    )


def _described(spec: RestorerSpec) -> dict[str, object]:
    """One model as JSON."""
    from restore import weights

    missing = missing_requirements(spec)
    trained: dict[str, str] = {}
    problem = None
    if spec.weights is not None:
        try:
            trained = weights.header(spec.weights)
        except WeightsError as error:
            problem = str(error)
    return {
        "name": spec.name,
        "task": spec.task,
        "default": spec.default,
        "summary": spec.summary,
        "scales": spec.scales,
        "needs": spec.needs.value,
        "multiple": spec.size_rule.multiple,
        "halo": spec.size_rule.halo,
        "available": not missing and problem is None,
        "missing": list(missing),
        "problem": problem,
        "trainable": spec.train is not None,
        "weights": None if spec.weights is None else str(spec.weights),
        "weights_bytes": spec.weights.stat().st_size if spec.weights is not None and spec.weights.is_file() else None,
        "provenance": {name: _decoded(text) for name, text in trained.items()},
        "sources": list(spec.sources),
        "options": [asdict(row) for row in option_rows(spec.options)],
    }


def _decoded(text: str) -> object:
    """Configuration and metrics are JSON inside the header's text."""
    try:
        return json.loads(text) if text.startswith(("{", "[")) else text
    except ValueError:
        return text


def _availability(described: dict[str, object]) -> str:
    missing = described["missing"]
    if isinstance(missing, list) and missing:
        return f"needs {', '.join(missing)}"
    return "yes" if described["available"] else "no: weights"


def _weights_summary(described: dict[str, object]) -> str:
    count = described["weights_bytes"]
    if isinstance(count, int):
        return size(count)
    return "missing" if described["weights"] else "none"


def _listed(value: object) -> str:
    """A mapping as ``name value, name value``."""
    return ", ".join(f"{name} {_listed(one)}" for name, one in value.items()) if isinstance(value, dict) else str(value)


def _show_models(specs: Sequence[RestorerSpec], described: Sequence[dict[str, object]]) -> None:
    rows = [
        [
            spec.name,
            spec.task,
            spec.scales,
            _availability(facts),
            _weights_summary(facts),
            spec.summary.rstrip(".") + (" (default)" if spec.default else ""),
        ]
        for spec, facts in zip(specs, described, strict=True)
    ]
    heads = ["model", "task", "scale", "available", "weights", "summary"]
    print_table(heads, rows, red_rows=[not facts["available"] for facts in described])
    for facts in described:
        if facts["problem"]:
            click.secho(str(facts["problem"]), fg="red")
    more = "`restore models NAME` shows a model's options, sources and training."
    click.echo(more if specs else "There are no models.")


def _show_model(spec: RestorerSpec, described: dict[str, object]) -> None:
    trained = described["provenance"]
    facts = [
        ("task", f"{spec.task}{' (default)' if spec.default else ''}"),
        ("needs", spec.needs.value),
        ("scale", spec.scales),
        ("size", f"padded to a multiple of {spec.size_rule.multiple}, halo of {spec.size_rule.halo} pixels"),
        ("available", _availability(described)),
        ("trainable", "yes, with `restore train`" if spec.train else "no"),
        ("weights", _weights_summary(described)),
        *((f"  {name}", _listed(value)) for name, value in (trained.items() if isinstance(trained, dict) else ())),
        *(("source", source) for source in spec.sources),
    ]
    click.echo(f"{spec.name}: {spec.summary}\n")
    width = max(len(name) for name, _ in facts) + 2
    for name, text in facts:
        click.echo(f"{name:{width}}{text}")
    if described["problem"]:
        click.secho(str(described["problem"]), fg="red")
    rows = [[row.flag, row.allowed, row.default, row.description] for row in option_rows(spec.options)]
    click.echo()
    if rows:
        print_table(["option", "value", "default", "description"], rows)
    else:
        click.echo("It has no options.")
