"""``restore run``: a pipeline from a file behaves like a task's command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image as Pillow
from restore_classic import plugin as classic

from restore.errors import ExitCode
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny import Tiny

    Cli = Callable[..., Outcome]

Photo = Callable[..., Path]
TEXT = '[[step]]\ntask = "denoise"\nstrength = 0.5\n\n[[step]]\ntask = "upscale"\nmodel = "bicubic"\nscale = 2\n'


@pytest.fixture
def cli(tiny: Tiny, run_cli: Cli) -> Cli:
    manager = PluginManager.of({"tiny": tiny, "classic": classic})
    return lambda *arguments: run_cli(manager, *arguments)


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    file = tmp_path / "p.toml"
    file.write_text(TEXT)
    return file


def test_the_steps_of_a_file_are_done_in_a_row(cli: Cli, photo: Photo, pipeline: Path, tmp_path: Path) -> None:
    source = photo(tmp_path / "a.png")
    said = cli("run", pipeline, source, "-o", tmp_path / "b.png", "-v")
    assert said.code == ExitCode.OK
    assert f"note: {source}: denoise, upscale" in said.err
    with Pillow.open(tmp_path / "b.png") as result:
        assert result.size == (48, 32)


def test_json_tells_every_step(cli: Cli, photo: Photo, pipeline: Path, tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    document = json.loads(cli("run", pipeline, tmp_path / "in", "-o", tmp_path / "out", "--json").out)
    assert (document["task"], document["model"], document["done"]) == ("run", "pipeline", 1)
    steps = document["results"][0]["account"]["steps"]
    assert [(step["task"], step["options"], step["changed"]) for step in steps] == [
        ("denoise", {"strength": 0.5}, True),
        ("upscale", {"scale": 2.0}, True),
    ]


def test_a_mistake_is_told_before_anything_is_read_or_loaded(
    cli: Cli, pipeline: Path, tmp_path: Path, tiny: Tiny
) -> None:
    pipeline.write_text(TEXT.replace("strength", "strenght"))
    said = cli("run", pipeline, tmp_path / "nothing-here", "-o", tmp_path / "out")
    assert said.code == ExitCode.USAGE
    assert f"{pipeline}: line 3: tiny: there is no 'strenght'. Did you mean 'strength'?" in said.err
    assert tiny.loads == []


def test_a_dry_run_says_what_would_be_done_and_what_it_takes(
    cli: Cli, photo: Photo, pipeline: Path, tmp_path: Path
) -> None:
    photo(tmp_path / "in" / "a.png")
    said = cli("run", pipeline, tmp_path / "in", "-o", tmp_path / "out", "--dry-run")
    assert said.code == ExitCode.OK
    assert "model pipeline; nothing was written" in said.out
    assert "time: about" in said.out
    assert not (tmp_path / "out").exists()


def test_the_schema_is_for_editors_and_needs_no_other_argument(cli: Cli) -> None:
    said = cli("run", "--schema")
    assert said.code == ExitCode.OK
    assert json.loads(said.out)["title"] == "A pipeline for `restore run`"


def test_what_each_step_says_for_itself_is_no_flag(cli: Cli, pipeline: Path, tmp_path: Path) -> None:
    said = cli("run", pipeline, "x", "-o", tmp_path / "out", "--weights", "w")
    assert said.code == ExitCode.USAGE
    assert "there is no option --weights" in said.err
    assert "--mask" not in cli("run", "--help").out


def test_watching_a_folder_works_as_for_a_task(cli: Cli, pipeline: Path, tmp_path: Path) -> None:
    said = cli("run", pipeline, tmp_path, "-o", tmp_path / "out", "--watch", "--dry-run")
    assert said.code == ExitCode.USAGE
    assert "--watch" in said.err
