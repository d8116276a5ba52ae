"""`restore models` tells people and scripts what there is, what it reaches and where it comes from."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from restore import weights
from restore.cli import listing
from restore.errors import PluginError
from restore.plugin_manager import PluginManager
from restore.spec import RestorerSpec
from tests.small_plugins import Provides, manager_of, output_of, plugin


def run(manager: PluginManager, *arguments: str) -> str:
    """The output of a command that succeeds."""
    return output_of(listing.commands(manager), arguments)


@pytest.fixture
def manager() -> PluginManager:
    return manager_of("good_neighbour", "raises_everywhere", "misspelt_hook", "cannot_load")


@pytest.fixture
def trained(tmp_path: Path) -> RestorerSpec:
    """A model with weights that say where they come from."""
    path = tmp_path / "net.safetensors"
    said = {"model": "net", "steps": "1200", "seed": "7", "metrics": '{"psnr": {"sigma 25": 31.2}}'}
    weights.save(path, {"a": torch.zeros(1000)}, said)
    spec: RestorerSpec = plugin("good_neighbour").SPEC
    return replace(spec, name="net", weights=path, default=True, sources=("A paper, 2026",))


def test_without_plugins_it_says_so() -> None:
    nothing = PluginManager.of({})
    assert "There are no models." in run(nothing, "models")
    assert json.loads(run(nothing, "models", "--json")) == []


def test_models_shows_task_weights_and_summary(trained: RestorerSpec) -> None:
    lines = run(PluginManager.of({"p": Provides(trained)}), "models").splitlines()
    assert lines[0].split() == ["model", "task", "scale", "available", "weights", "summary"]
    assert lines[1].split()[:4] == ["net", "denoise", "x1", "yes"]
    assert " kB " in lines[1]
    assert lines[1].endswith(" Changes nothing (default)"), "scores of a validation say nothing to users"


def test_models_of_one_task_stand_together_its_default_first(trained: RestorerSpec) -> None:
    others = [replace(trained, name=name, task=task, default=False) for name, task in (("a", "tint"), ("b", "denoise"))]
    lines = run(PluginManager.of({"p": Provides(*others, trained)}), "models").splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["net", "b", "a"]


def test_models_says_what_a_model_is_missing(manager: PluginManager) -> None:
    output = run(manager, "models")
    assert any(line.split()[:3] == ["needs-much", "denoise", "x1"] for line in output.splitlines())
    assert "needs a_package_that_is_not_there" in output
    assert "no: weights" in output
    assert "not_there.safetensors: the weights cannot be opened" in output


def test_a_model_by_name_shows_options_sources_and_provenance(trained: RestorerSpec) -> None:
    classic = PluginManager.discover().restorer("nlm")
    manager = PluginManager.of({"p": Provides(trained, classic)})
    net = run(manager, "models", "net")
    assert "net: Changes nothing." in net
    assert "source     A paper, 2026" in net
    assert "seed" in net and "psnr sigma 25 31.2" in net
    assert "It has no options." in net
    assert "--strength" in run(manager, "models", "nlm")


def test_models_json_decodes_what_the_header_says(trained: RestorerSpec) -> None:
    manager = PluginManager.of({"p": Provides(trained)})
    one: dict[str, Any] = json.loads(run(manager, "models", "net", "--json"))
    assert one["provenance"]["metrics"] == {"psnr": {"sigma 25": 31.2}}
    assert one["available"] is True and one["missing"] == [] and one["options"] == []
    assert json.loads(run(manager, "models", "--json")) == [one]


def test_a_misspelt_model_is_told_which_exist(manager: PluginManager) -> None:
    with pytest.raises(PluginError, match=r"There is no model 'neighbor'\. Models: neighbour,"):
        run(manager, "models", "neighbor")


def test_a_pipe_gets_long_texts_whole_and_a_terminal_wraps_them(
    trained: RestorerSpec, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = "a very long summary " * 10 + "to the end"
    manager = PluginManager.of(
        {"p": Provides(replace(trained, name="a-model-with-a-rather-long-name", summary=summary))}
    )
    piped = run(manager, "models")
    assert summary in piped and "a-model-with-a-rather-long-name" in piped
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    callback = listing.commands(manager)[0].callback
    assert callback is not None
    callback(name=None, as_json=False)
    table = [line for line in capsys.readouterr().out.splitlines() if "very long" in line]
    assert len(table) > 2 and all(len(line) <= 100 for line in table)
    assert "a-model-with-a-rather-long-name" in table[0]


def test_brackets_in_a_plugins_words_are_text_and_not_markup(
    trained: RestorerSpec, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    manager = PluginManager.of({"p": Provides(replace(trained, summary="needs [red]nothing[/red]"))})
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    callback = listing.commands(manager)[0].callback
    assert callback is not None
    callback(name=None, as_json=False)
    assert "[red]nothing[/red]" in capsys.readouterr().out
