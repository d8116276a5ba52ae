"""``restore plugins``: what is installed and what is wrong with it; its sub-commands are for authors of plugins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click

from restore.cli.columns import print_json, print_table
from restore.cli.group import Group
from restore.cli.plugin_check import check_command
from restore.cli.plugin_template import new_command
from restore.plugin_manager import PluginManager
from restore.plugin_record import PluginInfo

SLOW = 1.0
"""Seconds; a plugin that takes longer to import is named by ``--timings``."""

ADVICE = "Its author can move heavy imports into load; RESTORE_PLUGINS can leave it out."


def commands(manager: PluginManager) -> list[click.Command]:
    """The group `plugins`, which lists where it is given no sub-command.

    Args:
        manager: The plugins to list.
    """
    return [plugins_group(manager)]


def plugins_group(manager: PluginManager) -> click.Group:
    """``restore plugins``."""

    @click.group(
        "plugins",
        cls=Group,
        invoke_without_command=True,
        short_help="List the installed plugins and their problems.",
        help="List the installed plugins, what they provide, and what is wrong with them.\n\n"
        "A plugin with a problem never stops the others, so the exit code is 0 all the same; scripts look at "
        "`problem` in the output of --json.\n\n"
        "RESTORE_PLUGINS=a,b loads only these plugins; RESTORE_TRACE=1 logs every call of a hook.",
    )
    @click.option(
        "--timings", is_flag=True, help="Show how long importing each took, and name those that take over a second."
    )
    @click.option("-v", "--verbose", is_flag=True, help="Show the traceback behind each problem.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
    @click.pass_context
    def plugins(ctx: click.Context, timings: bool, verbose: bool, as_json: bool) -> None:
        if ctx.invoked_subcommand is None:
            _list(manager, timings, verbose, as_json)
        elif timings or verbose or as_json:
            raise click.UsageError(f"flags of `{ctx.invoked_subcommand}` go behind its name.", ctx)

    plugins.add_command(check_command(manager))
    plugins.add_command(new_command(manager))
    return plugins


def _list(manager: PluginManager, timings: bool, verbose: bool, as_json: bool) -> None:
    manager.metrics()  # asked here, so that trouble with this hook shows as well
    found = manager.plugins()
    if as_json:
        print_json([{"state": _state(info), **asdict(info)} for info in found])
        return
    _show_plugins(found, timings)
    for info in found if verbose else ():
        if info.traceback:
            click.echo(f"\n{info.name}:\n{info.traceback.rstrip()}")


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
    print_table(heads, rows, red_rows=[info.problem is not None for info in found])
    for info in found:
        if info.problem:
            module = f" ({info.module})" if info.module else ""
            click.secho(f"{info.name}{module}: {info.problem}", fg="red")
        if timings and info.seconds > SLOW:
            click.secho(
                f"{info.name} takes {info.seconds:.1f} s to import, and every command waits for it. {ADVICE}", fg="red"
            )
    if not found:
        click.echo("There are no plugins. Install one, or see whether RESTORE_PLUGINS hides them.")
