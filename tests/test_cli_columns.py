"""Tables of texts: whole in a pipe, wrapped on a terminal."""

from __future__ import annotations

import json

import pytest

from restore.cli.columns import print_json, print_table


def test_columns_are_as_wide_as_their_texts_and_nothing_trails(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "what"], [["a", "x" * 200], ["longer", ""]])
    assert capsys.readouterr().out.splitlines() == ["name    what", f"a       {'x' * 200}", "longer"]


def test_json_keeps_letters_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"ä": "σ"})
    text = capsys.readouterr().out
    assert json.loads(text) == {"ä": "σ"} and "σ" in text
