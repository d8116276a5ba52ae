"""`restore weights`: one's own added, checked, used by name or as a default, and taken away; all offline."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image as PillowImage

from restore.errors import ExitCode
from restore.plugin_manager import PluginManager
from restore.weights.store import WeightsStore
from restore.weights.sums import write_sums
from tests.weighed import Weighed, written

if TYPE_CHECKING:
    from tests.conftest import Outcome

Cli = Callable[..., "Outcome"]


@pytest.fixture
def store(tmp_path: Path) -> WeightsStore:
    return WeightsStore(tmp_path / "own")


@pytest.fixture
def plugin(tmp_path: Path) -> Weighed:
    path = written(tmp_path / "shipped" / "dimmer.safetensors", 0.5)
    write_sums(path.parent)
    return Weighed(path)


@pytest.fixture
def weights(plugin: Weighed, store: WeightsStore, run_cli: Cli) -> Cli:
    """Runs ``restore`` with plugins that are found anew each time, as a new process would."""
    return lambda *words: run_cli(PluginManager.of({"p": plugin}, store), *words)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return written(tmp_path / "mine.safetensors", 0.125)


@pytest.fixture
def white(tmp_path: Path) -> Path:
    path = tmp_path / "white.png"
    PillowImage.fromarray(np.full((4, 4), 240, np.uint8)).save(path)
    return path


def dimmed(weights: Cli, white: Path, *more: str) -> int:
    """What `restore dim` makes of white."""
    out = white.with_name("dimmed.png")
    outcome = weights("dim", white, "-o", out, "--overwrite", *more)
    assert outcome.code == 0, outcome.err
    return int(np.asarray(PillowImage.open(out))[0, 0])


def test_what_is_shipped_is_listed_with_where_it_comes_from(weights: Cli, plugin: Weighed) -> None:
    outcome = weights("weights", "list")
    assert outcome.code == 0
    line = next(line for line in outcome.out.splitlines() if "dimmer" in line)
    assert all(text in line for text in ("shipped (default)", "whole", "7 steps", str(plugin.shipped)))
    assert "plainly" not in outcome.out, "a method without weights has none to list"
    (row,) = json.loads(weights("weights", "list", "--json").out)["weights"]
    assert row["model"] == "dimmer" and row["state"] == "whole" and row["header"]["steps"] == "7"
    assert row["sha256"] == row["expected"]


def test_added_weights_are_used_by_name(weights: Cli, mine: Path, white: Path) -> None:
    outcome = weights("weights", "add", mine)
    assert outcome.code == 0 and "use them with --weights mine" in outcome.out
    mine.unlink()
    assert dimmed(weights, white) == 120
    assert dimmed(weights, white, "--weights", "mine") == 30
    assert "mine" in weights("weights", "list").out


def test_a_default_is_used_where_nothing_is_said_until_it_is_taken_back(weights: Cli, mine: Path, white: Path) -> None:
    assert "`restore dim` takes them from now on" in weights("weights", "add", mine, "--name", "film", "--default").out
    assert dimmed(weights, white) == 30
    assert dimmed(weights, white, "--weights", "shipped") == 120
    assert weights("weights", "default", "dimmer", "shipped").code == 0
    assert dimmed(weights, white) == 120
    weights("weights", "default", "dimmer", "film")
    outcome = weights("weights", "remove", "film")
    assert "'dimmer' takes those it ships with from now on" in outcome.out
    assert dimmed(weights, white) == 120
    assert weights("weights", "default", "dimmer", "film").code == ExitCode.USAGE


def test_a_pipeline_takes_them_by_name(weights: Cli, mine: Path, white: Path) -> None:
    weights("weights", "add", mine)
    pipeline = white.with_name("p.toml")
    pipeline.write_text('[[step]]\ntask = "dim"\nweights = "mine"\n', "utf-8")
    out = white.with_name("run.png")
    assert weights("run", pipeline, white, "-o", out).code == 0
    assert int(np.asarray(PillowImage.open(out))[0, 0]) == 30
    pipeline.write_text('[[step]]\ntask = "dim"\nweights = "yours"\n', "utf-8")
    outcome = weights("run", pipeline, white, "-o", out)
    assert outcome.code == ExitCode.USAGE and "line 3" in outcome.err and "mine, shipped" in outcome.err


def test_verify_is_content_with_whole_files(weights: Cli, mine: Path) -> None:
    weights("weights", "add", mine)
    outcome = weights("weights", "verify")
    assert (outcome.code, outcome.out) == (0, "2 files: 2 whole, 0 damaged or missing\n")


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_verify_names_what_is_damaged_or_missing_and_gives_6(
    damage: str, weights: Cli, mine: Path, store: WeightsStore, plugin: Weighed
) -> None:
    weights("weights", "add", mine)
    for path in (store.path(store.entries()[0]), plugin.shipped):
        content = path.read_bytes()
        if damage == "remove":
            path.unlink()
        else:
            path.write_bytes(content[:-1] + (bytes([content[-1] ^ 1]) if damage == "flip" else b""))
    outcome = weights("weights", "verify")
    assert outcome.code == ExitCode.WEIGHTS
    word = "missing" if damage == "remove" else "damaged"
    assert sum(line.startswith(f"{word}: ") for line in outcome.out.splitlines()) == 2
    assert "Install the plugin" in outcome.out and f"it came from {mine}" in outcome.out
    assert json.loads(weights("weights", "verify", "--json").out)["exit_code"] == ExitCode.WEIGHTS


def test_a_model_that_was_never_taught_is_named_and_no_damage(weights: Cli, plugin: Weighed, tmp_path: Path) -> None:
    plugin.shipped = tmp_path / "nowhere" / "dimmer.safetensors"
    outcome = weights("weights", "verify")
    assert outcome.code == 0 and outcome.out.startswith("untaught: ")
    assert outcome.out.endswith("1 file: 0 whole, 0 damaged or missing\n")


def test_verify_names_what_an_interrupted_add_has_left(weights: Cli, mine: Path, store: WeightsStore) -> None:
    written(store.folder / "dimmer" / "stray.safetensors")
    outcome = weights("weights", "verify")
    assert outcome.code == 0 and f"unknown: {store.folder}/dimmer/stray.safetensors" in outcome.out


def test_where_prints_the_folders(weights: Cli, store: WeightsStore, plugin: Weighed) -> None:
    assert str(store.folder) in weights("weights", "where").out
    said = json.loads(weights("weights", "where", "--json").out)
    assert said == {"own": str(store.folder), "models": {"dimmer": str(plugin.shipped.parent)}}


def test_a_pickle_is_never_opened_and_the_next_step_is_named(weights: Cli, tmp_path: Path, store: WeightsStore) -> None:
    path = tmp_path / "model.pth"

    class Attack:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (Path(tmp_path / "harmed"),)  # type: ignore[return-value]

    path.write_bytes(pickle.dumps(Attack()))
    outcome = weights("weights", "add", path)
    assert outcome.code == ExitCode.WEIGHTS
    assert "pickle" in outcome.err and "-m spandrel --weights FILE" in outcome.err
    assert not (tmp_path / "harmed").exists() and not store.folder.exists()
    renamed = path.rename(tmp_path / "model.safetensors")
    assert "pickle" in weights("weights", "add", renamed).err


def test_what_does_not_fit_is_refused_and_leaves_nothing(weights: Cli, tmp_path: Path, store: WeightsStore) -> None:
    cases = {
        "there is no such weights file": tmp_path / "nope.safetensors",
        "there is no such": tmp_path,
        "There is no model 'stranger'": written(tmp_path / "a.safetensors", model="stranger"),
        "is a method without weights": written(tmp_path / "b.safetensors", model="plainly"),
        "the weights do not fit": written(tmp_path / "c.safetensors", size=3),
        "weights cannot be called 'D!'": written(tmp_path / "d.safetensors"),
    }
    for said, path in cases.items():
        outcome = weights("weights", "add", path, *(["--name", "D!"] if path.stem == "d" else []))
        assert outcome.code in (ExitCode.WEIGHTS, ExitCode.PLUGIN, ExitCode.USAGE)
        assert said in outcome.err
    assert not store.folder.exists()


def test_weights_of_others_say_no_model_and_are_told_where_to_go(weights: Cli, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"conv.weight": np.zeros((2, 2), np.float32)}, tmp_path / "community.safetensors")
    outcome = weights("weights", "add", tmp_path / "community.safetensors")
    assert outcome.code == ExitCode.WEIGHTS
    assert "do not say which model" in outcome.err and "-m spandrel" in outcome.err


def test_a_damaged_file_is_not_added(weights: Cli, mine: Path, store: WeightsStore) -> None:
    mine.write_bytes(mine.read_bytes()[:-1] + b"\x7f")
    outcome = weights("weights", "add", mine)
    assert outcome.code == ExitCode.WEIGHTS and "the weights are damaged" in outcome.err
    assert not store.folder.exists()


def test_weights_of_a_model_that_is_not_installed_any_more_are_still_listed(
    weights: Cli, mine: Path, store: WeightsStore, run_cli: Cli
) -> None:
    weights("weights", "add", mine)
    outcome = run_cli(PluginManager.of({}, store), "weights", "list", "--json")
    assert [row["name"] for row in json.loads(outcome.out)["weights"]] == ["mine"]


def test_the_names_there_are_answer_one_that_is_not(weights: Cli, mine: Path, white: Path) -> None:
    weights("weights", "add", mine)
    outcome = weights("dim", white, "-o", white.with_name("o.png"), "--weights", "yours")
    assert outcome.code == ExitCode.WEIGHTS
    assert "Names for the model 'dimmer': mine, shipped." in outcome.err
