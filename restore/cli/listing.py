"""``restore plugins`` and ``restore models``: what is installed, what it can do, what is wrong with it."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict

import click

from restore.cli.wording import size
from restore.errors import WeightsError
from restore.loading import missing_requirements
from restore.options import option_rows
from restore.plugin_manager import PluginManager
from restore.plugin_record import PluginInfo
from restore.spec import RestorerSpec

_NARROWEST = 72
"""Terminals with fewer columns get plain lines, which they wrap themselves."""

_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON document and nothing else.")


def commands(manager: PluginManager) -> list[click.Command]:
    """The two commands.

    Args:
        manager: The plugins to list.
    """
    return [_plugins_command(manager), _models_command(manager)]


def _plugins_command(manager: PluginManager) -> click.Command:
    def plugins(timings: bool, verbose: bool, as_json: bool) -> None:
        manager.metrics()  # asked here, so that trouble with this hook shows as well
        found = manager.plugins()
        if as_json:
            _print_json([{"state": _state(info), **asdict(info)} for info in found])
        else:
            _show_plugins(found, timings)
            for info in found if verbose else ():
                if info.traceback:
                    click.echo(f"\n{info.name}:\n{info.traceback.rstrip()}")

    return click.Command(
        "plugins",
        callback=plugins,
        params=[
            click.Option(["--timings"], is_flag=True, help="Show how long importing each took."),
            click.Option(["-v", "--verbose"], is_flag=True, help="Show the traceback behind each problem."),
            _JSON,
        ],
        short_help="List the installed plugins and their problems.",
        help="List the installed plugins, what they provide, and what is wrong with them.\n\n"
        "A plugin with a problem never stops the others, so the exit code is 0 all the same; scripts look at "
        "`problem` in the output of --json.\n\n"
        "RESTORE_PLUGINS=a,b loads only these plugins; RESTORE_TRACE=1 logs every call of a hook.",
    )


def _models_command(manager: PluginManager) -> click.Command:
    def models(name: str | None, as_json: bool) -> None:
        every = sorted(manager.restorers(), key=lambda spec: spec.task)  # of each task the default first
        specs = every if name is None else [manager.restorer(name)]
        described = [_described(spec) for spec in specs]
        if as_json:
            _print_json(described if name is None else described[0])
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


def _state(info: PluginInfo) -> str:
    """A refused plugin has no hooks; one with hooks and a problem works in part."""
    return "ok" if info.problem is None else "partly broken" if info.hooks else "broken"


def _show_plugins(found: Sequence[PluginInfo], timings: bool) -> None:
    heads = ["plugin", "version", "state", "restorers", "hooks", *(["import"] if timings else [])]
    rows = []
    for info in found:
        took = [f"{info.seconds * 1000:.0f} ms"] if timings else []
        texts = [info.name, info.version or "-", _state(info), ", ".join(info.restorers), ", ".join(info.hooks)]
        rows.append([*texts, *took])
    _print_table(heads, rows, red_rows=[info.problem is not None for info in found])
    for info in found:
        if info.problem:
            module = f" ({info.module})" if info.module else ""
            click.secho(f"{info.name}{module}: {info.problem}", fg="red")
    if not found:
        click.echo("There are no plugins. Install one, or see whether RESTORE_PLUGINS hides them.")


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


def _about(spec: RestorerSpec, described: dict[str, object]) -> str:
    """The summary, with how long the weights were trained and what they reached in validation."""
    trained = described["provenance"]
    said = trained if isinstance(trained, dict) else {}
    steps = f"{said['steps']} steps" if "steps" in said else ""
    reached = ": ".join(filter(None, [steps, _listed(said.get("metrics", ""))]))
    default = " (default)" if spec.default else ""
    return ". ".join(filter(None, [spec.summary.rstrip(".") + default, reached]))


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
            _about(spec, facts),
        ]
        for spec, facts in zip(specs, described, strict=True)
    ]
    heads = ["model", "task", "scale", "available", "weights", "summary"]
    _print_table(heads, rows, red_rows=[not facts["available"] for facts in described])
    for facts in described:
        if facts["problem"]:
            click.secho(str(facts["problem"]), fg="red")
    click.echo("`restore models NAME` shows a model's options and sources." if specs else "There are no models.")


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
        _print_table(["option", "value", "default", "description"], rows)
    else:
        click.echo("It has no options.")


def _print_json(document: object) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def _print_table(heads: Sequence[str], rows: Sequence[Sequence[str]], red_rows: Sequence[bool] = ()) -> None:
    """Wrapped to fit a terminal; elsewhere, or where too narrow, columns as wide as their texts: nothing is cut off."""
    if sys.stdout.isatty() and shutil.get_terminal_size().columns >= _NARROWEST:
        _print_rich_table(heads, rows, red_rows)
        return
    widths = [max(len(line[column]) for line in [heads, *rows]) for column in range(len(heads))]
    for line in [heads, *rows]:
        click.echo("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _print_rich_table(heads: Sequence[str], rows: Sequence[Sequence[str]], red_rows: Sequence[bool]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for index, head in enumerate(heads):
        # Names and other short texts stay whole; long ones share the rest of the width and wrap.
        longest = max((len(row[index]) for row in rows), default=0)
        table.add_column(head, overflow="fold", no_wrap=index == 0 or longest <= 16)
    for index, row in enumerate(rows):
        style = "red" if index < len(red_rows) and red_rows[index] else ""
        table.add_row(*(Text(text) for text in row), style=style)  # Text: brackets in a plugin's words are no markup
    Console().print(table)
