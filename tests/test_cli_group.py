"""What is misspelt is answered with what exists, the closest first."""

from __future__ import annotations

import click
from click.testing import CliRunner

from restore.cli.group import Group, existing


def test_all_names_are_told_and_the_closest_is_asked_for() -> None:
    assert existing("Commands", "denoize", ["upscale", "denoise", "fuse"]) == (
        "Did you mean denoise? Commands: denoise, fuse, upscale."
    )
    assert existing("Commands", "xyz", ["b", "a"]) == "Commands: a, b."


def test_a_group_tells_of_a_command_that_does_not_exist() -> None:
    said = CliRunner().invoke(Group("g", {"sing": click.Command("sing")}), ["snig"])
    assert said.exit_code == 2
    assert "there is no command 'snig'. Did you mean sing? Commands: sing." in said.output
