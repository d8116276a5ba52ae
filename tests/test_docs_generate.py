"""The commands in docs/generate.md are commands that there are, with the flags that they have."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from restore_generate.commands import generate

PAGE = Path(__file__).resolve().parents[1] / "docs" / "generate.md"
LINES = re.findall(r"^restore generate (.+)$", PAGE.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("line", LINES)
def test_every_command_on_the_page_can_be_given(line: str) -> None:
    name, *words = shlex.split(line)
    command = generate.commands[name]
    context = command.make_context(name, words)
    assert set(context.params) == {parameter.name for parameter in command.params if parameter.expose_value}


def test_every_command_there_is_stands_on_the_page() -> None:
    assert {line.split()[0] for line in LINES} == set(generate.commands)


def test_a_flag_that_there_is_not_would_be_seen() -> None:
    with pytest.raises(click.NoSuchOption):
        generate.commands["map"].make_context("map", ["vae", "-o", "x.png", "--no-such-flag"])
