"""``restore auto``: plans are shown, limited, written and run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as Pillow
from restore_classic import plugin as classic
from restore_correct import plugin as correct

from restore.errors import ExitCode
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from tests.conftest import Outcome

    Cli = Callable[..., Outcome]


@pytest.fixture
def cli(run_cli: Cli) -> Cli:
    manager = PluginManager.of({"classic": classic, "correct": correct})
    return lambda *arguments: run_cli(manager, *arguments)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """A folder with a sound photo and a noisy one."""
    chance = np.random.default_rng(1)
    rows, columns = np.mgrid[:80, :96]
    light = (120 + 110 * np.sin(columns / 23) * np.cos(rows / 17))[..., None] * (1.0, 0.9, 0.8)
    folder = tmp_path / "box"
    folder.mkdir()
    for name, sigma in (("sound", 0.7), ("noisy", 20.0)):
        pixels = light + chance.normal(0, sigma, light.shape)
        Pillow.fromarray(np.floor(pixels + 0.5).clip(0, 255).astype(np.uint8)).save(folder / f"{name}.png")
    return folder


def test_what_needs_nothing_is_copied_and_the_rest_mended(cli: Cli, box: Path, tmp_path: Path) -> None:
    said = cli("auto", box, "-o", tmp_path / "out", "-v")
    assert said.code == ExitCode.OK
    assert (tmp_path / "out" / "sound.png").read_bytes() == (box / "sound.png").read_bytes()
    assert (tmp_path / "out" / "noisy.png").read_bytes() != (box / "noisy.png").read_bytes()
    assert f"note: {box / 'sound.png'}: left as it is: nothing that would surely help was found" in said.err
    assert f"note: {box / 'noisy.png'}: denoise (noise of sigma " in said.err


def test_a_dry_run_shows_the_plan_of_every_photo(cli: Cli, box: Path, tmp_path: Path) -> None:
    said = cli("auto", box, "-o", tmp_path / "out", "--dry-run")
    assert said.code == ExitCode.OK
    assert f"{box / 'noisy.png'}: denoise (noise of sigma " in said.out
    assert f"{box / 'sound.png'}: left as it is" in said.out
    assert "nothing was written" in said.out
    assert not (tmp_path / "out").exists()


def test_json_has_findings_steps_and_what_was_left_out(cli: Cli, box: Path, tmp_path: Path) -> None:
    dry = json.loads(cli("auto", box, "-o", tmp_path / "out", "--dry-run", "--json").out)
    done = json.loads(cli("auto", box, "-o", tmp_path / "out", "--json").out)
    for document in (dry, done):
        account = next(each["account"] for each in document["results"] if each["source"].endswith("noisy.png"))
        assert account["findings"]["noise"]["sigma"] == pytest.approx(20, rel=0.2)
        assert [step["task"] for step in account["steps"]] == ["denoise"]
        assert {each["task"] for each in account["left_out"]} == {"dejpeg", "inpaint", "correct"}


def test_steps_can_be_limited(cli: Cli, box: Path, tmp_path: Path) -> None:
    said = cli("auto", box / "noisy.png", "-o", tmp_path / "a.png", "--steps", "correct,dejpeg")
    assert said.code == ExitCode.OK
    assert (tmp_path / "a.png").read_bytes() == (box / "noisy.png").read_bytes()
    wrong = cli("auto", box, "-o", tmp_path / "out", "--steps", "sharpen")
    assert wrong.code == ExitCode.USAGE
    assert "--steps: 'sharpen' is not allowed" in wrong.err


def test_a_written_pipeline_does_the_same_once_more(cli: Cli, box: Path, tmp_path: Path) -> None:
    noisy, file = box / "noisy.png", tmp_path / "noisy.toml"
    said = cli("auto", noisy, "-o", tmp_path / "a.png", "--write-pipeline", file)
    assert said.code == ExitCode.OK
    assert f"note: 1 pipeline written to {file}" in said.err
    assert cli("run", file, noisy, "-o", tmp_path / "b.png").code == ExitCode.OK
    with Pillow.open(tmp_path / "a.png") as a, Pillow.open(tmp_path / "b.png") as b:
        assert np.array_equal(np.asarray(a), np.asarray(b))


def test_pipelines_of_a_folder_are_written_also_for_what_was_done_before(cli: Cli, box: Path, tmp_path: Path) -> None:
    cli("auto", box, "-o", tmp_path / "out")
    said = cli("auto", box, "-o", tmp_path / "out", "--write-pipeline", tmp_path / "plans")
    assert [path.name for path in (tmp_path / "plans").iterdir()] == ["noisy.png.toml"]
    assert "1 pipeline written" in said.err
    assert "1 photo needs none" in said.err


def test_a_place_for_pipelines_that_makes_no_sense_is_refused_before_anything_is_done(
    cli: Cli, box: Path, tmp_path: Path
) -> None:
    said = cli("auto", box, "-o", tmp_path / "out", "--write-pipeline", tmp_path / "one.toml")
    assert said.code == ExitCode.OUTPUT
    assert "is one file, but there are several photos" in said.err
    assert not (tmp_path / "out" / "noisy.png").exists()


def test_a_photo_that_cannot_be_read_does_not_stop_a_dry_run(cli: Cli, box: Path, tmp_path: Path) -> None:
    (box / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    said = cli("auto", box, "-o", tmp_path / "out", "--dry-run")
    assert said.code == ExitCode.SOME_FAILED
    assert "broken.png" in said.err
    assert "noisy.png: denoise" in said.out


def test_the_help_shows_what_can_be_asked_and_no_model(cli: Cli) -> None:
    said = cli("auto", "--help")
    assert said.code == ExitCode.OK
    assert all(flag in said.out for flag in ("--steps", "--upscale-to", "--write-pipeline", "--dry-run"))
    assert "--weights" not in said.out
    assert "--models" not in said.out
