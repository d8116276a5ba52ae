"""`restore plugins` tells people and scripts what is installed and what is wrong with it."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from restore.cli import plugins
from restore.plugin_manager import PluginManager
from tests.small_plugins import manager_of, output_of


def run(manager: PluginManager, *arguments: str) -> str:
    """The output of a command that succeeds."""
    return output_of(plugins.commands(manager), arguments)


@pytest.fixture
def manager() -> PluginManager:
    return manager_of("good_neighbour", "raises_everywhere", "misspelt_hook", "cannot_load")


def test_plugins_shows_each_with_its_state_and_each_problem_in_a_sentence(manager: PluginManager) -> None:
    lines = run(manager, "plugins").splitlines()
    assert lines[0].split() == ["plugin", "version", "state", "restorers", "hooks"]
    assert lines[1].split()[:4] == ["good_neighbour", "-", "ok", "neighbour"]
    assert lines[2].split()[:4] == ["raises_everywhere", "-", "partly", "broken"]
    assert lines[3].split() == ["misspelt_hook", "-", "broken"]
    assert "misspelt_hook (misspelt_hook): There is no hook provide_restorer; did you mean provide_restorers?" in lines
    assert any("Its hook provide_metrics failed: SystemExit: 1." in line for line in lines)


def test_timings_and_tracebacks_are_shown_on_demand(manager: PluginManager) -> None:
    plain = run(manager, "plugins")
    assert " ms" not in plain and "Traceback" not in plain
    assert " ms" in run(manager, "plugins", "--timings")
    assert "Traceback (most recent call last)" in run(manager, "plugins", "-v")


def test_slow_imports_are_named_with_the_timings(manager: PluginManager, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "to import, and every command waits" not in run(manager, "plugins", "--timings")
    monkeypatch.setattr(plugins, "SLOW", -1.0)
    assert "good_neighbour takes 0.0 s to import, and every command waits for it." in run(
        manager, "plugins", "--timings"
    )
    assert "every command waits" not in run(manager, "plugins")


def test_plugins_json_is_one_document_with_state_and_problem(manager: PluginManager) -> None:
    document = json.loads(run(manager, "plugins", "--json"))
    by_name = {entry["name"]: entry for entry in document}
    assert by_name["good_neighbour"]["state"] == "ok" and by_name["good_neighbour"]["problem"] is None
    assert by_name["good_neighbour"]["restorers"] == ["neighbour"]
    assert by_name["misspelt_hook"]["state"] == "broken"
    assert "provide_restorers" in by_name["misspelt_hook"]["problem"]


def test_problems_are_red_on_a_terminal_and_plain_in_a_pipe(manager: PluginManager) -> None:
    cli = plugins.commands(manager)[0]
    red = CliRunner().invoke(cli, [], color=True).output
    assert "\x1b[31mmisspelt_hook" in red
    assert "\x1b" not in CliRunner().invoke(cli, []).output


def test_without_plugins_it_says_so() -> None:
    assert "There are no plugins." in run(PluginManager.of({}), "plugins")


def test_a_misspelt_sub_command_is_told_which_exist_and_flags_in_front_of_one_are_refused(
    manager: PluginManager,
) -> None:
    cli = plugins.plugins_group(manager)
    cli.add_command(click.Command("sing", callback=lambda: click.echo("la")))
    said = CliRunner().invoke(cli, ["snig"])
    assert (said.exit_code, "there is no command 'snig'. Did you mean sing?" in said.output) == (2, True)
    said = CliRunner().invoke(cli, ["--json", "sing"])
    assert (said.exit_code, "flags of `sing` go behind its name." in said.output) == (2, True)
    assert CliRunner().invoke(cli, ["sing"]).output == "la\n"
