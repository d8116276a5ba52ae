"""`restore train`: what it hands over, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from restore.cli.training import commands
from restore.duration import Duration
from restore.errors import PluginError, UsageError
from restore.plugin_manager import PluginManager
from restore.spec import Options, Restorer, RestorerSpec, Runtime, TrainSpec, hookimpl


class Trainable:
    """A plugin that remembers what it was asked to train."""

    def __init__(self) -> None:
        self.asked: list[TrainSpec] = []

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        def load(weights: Path | None, runtime: Runtime) -> Restorer:
            raise AssertionError("training loads nothing")

        plain = RestorerSpec("fixed", "denoise", "has nothing to learn", Options, load)
        return [plain, RestorerSpec("learner", "denoise", "learns", Options, load, train=self.asked.append)]


def run(plugin: Trainable, *arguments: str) -> None:
    (command,) = commands(PluginManager.of({"trainable": plugin}))
    result = CliRunner().invoke(command, arguments, standalone_mode=False)
    if result.exception:
        raise result.exception


def test_the_plugin_gets_everything_the_user_said(tmp_path: Path) -> None:
    plugin = Trainable()
    out = tmp_path / "w.safetensors"
    run(plugin, "learner", "a", "b", "-o", str(out), "--max-time", "1.5h", "--seed", "7", "--set", "rate=0.1")
    (spec,) = plugin.asked
    assert spec.data == (Path("a"), Path("b"))
    assert (spec.output, spec.work) == (out, tmp_path / "w-training")
    assert (spec.max_time, spec.seed, spec.settings) == (5400, 7, {"rate": "0.1"})


def test_an_earlier_training_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").touch()
    with pytest.raises(UsageError, match="--resume"):
        run(Trainable(), "learner", "a", "-o", str(tmp_path / "w.safetensors"), "--work", str(tmp_path))


def test_a_model_without_training_says_so(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="nothing to train"):
        run(Trainable(), "fixed", "a", "-o", str(tmp_path / "w.safetensors"))


def test_a_setting_without_a_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="NAME=VALUE"):
        run(Trainable(), "learner", "a", "-o", str(tmp_path / "w.safetensors"), "--set", "rate")


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("30m", 1800), ("2.5h", 9000), ("1d", 86400)])
def test_times_are_read_with_their_units(text: str, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["0", "0s", "0.0h", "-5m", "soon"])
def test_what_is_no_time_to_train_in_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is not a time"):
        Duration().convert(text, None, None)
