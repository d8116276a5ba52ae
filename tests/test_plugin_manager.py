"""Plugins are asked one by one through typed methods; a broken one is reported and never stops its neighbours."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest

from restore.errors import InputError, OutputError, PluginError
from restore.image import Image
from restore.plugin_manager import PluginManager
from restore.plugin_record import PluginInfo
from restore.spec import Options, Restorer, RestorerSpec, Runtime
from tests.small_plugins import manager_of, plugin

PIXELS = Image(np.zeros((2, 3, 1), np.uint8))


def info(manager: PluginManager, name: str) -> PluginInfo:
    return next(found for found in manager.plugins() if found.name == name)


def problem(manager: PluginManager, name: str) -> str:
    said = info(manager, name).problem
    assert said is not None, f"{name} has no problem"
    return said


def test_a_sound_plugin_shows_its_hooks_and_restorers_and_has_no_problem() -> None:
    found = info(manager_of("good_neighbour"), "good_neighbour")
    assert found.problem is None and found.traceback is None
    assert found.restorers == ("neighbour",)
    assert set(found.hooks) == {
        "provide_restorers",
        "read_image",
        "write_image",
        "provide_metrics",
        "run_finished",
        "register_commands",
    }


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("misspelt_hook", "There is no hook provide_restorer; did you mean provide_restorers?"),
        ("wrong_argument", "Its hook read_image asks for 'file_name', but it is called with (path, max_pixels)."),
        ("no_hooks", "It has no hooks: nothing in it is marked with @hookimpl."),
        ("wraps_others", "Its hook provide_restorers is marked as a wrapper; plugins answer hooks"),
        ("raises_everywhere", "Its hook provide_restorers failed: RuntimeError: no restorers today."),
        ("answers_nonsense", "Its hook provide_restorers gave a dict where a list of RestorerSpec was expected."),
    ],
)
def test_a_broken_plugin_is_reported_in_one_sentence_and_its_neighbour_works_on(name: str, sentence: str) -> None:
    manager = manager_of(name, "good_neighbour")
    assert problem(manager, name).startswith(sentence)
    assert [spec.name for spec in manager.restorers()] == ["neighbour"]
    assert info(manager, "good_neighbour").problem is None


def test_the_traceback_of_a_raising_hook_is_kept() -> None:
    manager = manager_of("raises_everywhere")
    said = info(manager, "raises_everywhere").traceback
    assert said is not None and "raises_everywhere.py" in said and "and a second line" in said


def test_of_two_restorers_with_one_name_the_first_is_kept_and_the_second_reported() -> None:
    manager = manager_of("good_neighbour", "takes_names")
    assert manager.restorer("neighbour").summary == "Changes nothing."
    assert problem(manager, "takes_names") == "The restorer 'neighbour' is left out: that name is already taken."


def test_bad_descriptions_are_left_out_one_by_one_and_the_good_one_is_kept() -> None:
    manager = manager_of("bad_descriptions")
    said = problem(manager, "bad_descriptions")
    assert "'My Model' has name='My Model', which must be lower-case letters, digits and dashes." in said
    assert "'tasked' has task=''" in said
    assert "gave a str where a RestorerSpec was expected." in said
    assert [spec.name for spec in manager.restorers()] == ["usable"]


def test_an_unknown_model_is_an_error_that_names_the_closest_first_and_the_broken_plugins() -> None:
    manager = manager_of("cannot_load", "good_neighbour", "no_hooks")
    with pytest.raises(PluginError) as raised:
        manager.restorer("neigbor")
    assert raised.value.message == "There is no model 'neigbor'."
    assert raised.value.hint is not None
    assert raised.value.hint.startswith("Models: neighbour, ")
    assert "Plugins with problems: no_hooks; see `restore plugins`." in raised.value.hint


def test_the_default_is_the_one_that_says_so_and_else_the_first() -> None:
    one = plugin("good_neighbour").SPEC
    chosen = plugin("bad_descriptions")
    fields = {**vars(chosen.SPEC), "default": True}
    marked = SimpleNamespace(SPEC=type(chosen.SPEC)(**fields))
    manager = PluginManager.of({"one": providing(one), "two": providing(marked.SPEC)})
    assert manager.default_restorer("denoise").name == "usable"
    assert manager_of("good_neighbour", "bad_descriptions").default_restorer("denoise").name == "neighbour"
    assert manager.tasks() == ["denoise"]
    assert manager.restorers("upscale") == []
    with pytest.raises(PluginError, match=r"No plugin serves the task 'upscale'\. Tasks: denoise\."):
        manager.default_restorer("upscale")


def providing(spec: object) -> object:
    """A plugin that is an instance instead of a module."""
    from restore.spec import hookimpl

    class Plugin:
        @hookimpl
        def provide_restorers(self) -> list[Any]:
            return [spec]

    return Plugin()


def test_a_plugin_reads_and_writes_its_own_format(tmp_path: Path) -> None:
    manager = manager_of("good_neighbour")
    assert manager.read_image(Path("x.neighbour"), 100).pixels.shape == (2, 3, 1)
    lost = manager.write_image(PIXELS, tmp_path / "x.neighbour", None)
    assert lost == ("It has no room for colour.",)
    assert (tmp_path / "x.neighbour").read_bytes() == bytes(6)


def test_other_formats_go_to_the_core_codecs_last(tmp_path: Path) -> None:
    manager = manager_of("good_neighbour")
    manager.write_image(PIXELS, tmp_path / "x.png", None)
    assert manager.read_image(tmp_path / "x.png", 100).pixels.shape == (2, 3, 1)


def test_a_codec_plugin_that_raises_is_an_error_naming_plugin_and_file() -> None:
    manager = manager_of("raises_everywhere")
    with pytest.raises(InputError) as read:
        manager.read_image(Path("x.jpg"), 100)
    assert str(read.value) == "x.jpg: the plugin 'raises_everywhere' failed in read_image: ValueError: bad header."
    with pytest.raises(OutputError, match=r"x\.jpg: the plugin 'raises_everywhere' failed in write_image: ZeroDiv"):
        manager.write_image(PIXELS, Path("x.jpg"), None)


def test_a_codec_plugin_that_answers_nonsense_is_an_error_naming_plugin_and_file() -> None:
    manager = manager_of("answers_nonsense")
    with pytest.raises(InputError, match=r"x\.jpg: the plugin 'answers_nonsense' answered read_image with 'a picture"):
        manager.read_image(Path("x.jpg"), 100)
    with pytest.raises(OutputError, match=r"x\.jpg: the plugin 'answers_nonsense' answered write_image with 'done'"):
        manager.write_image(PIXELS, Path("x.jpg"), None)


def test_metrics_of_all_plugins_are_collected_and_bad_ones_reported() -> None:
    manager = manager_of("raises_everywhere", "answers_nonsense", "good_neighbour", "takes_names")
    metrics = manager.metrics()
    assert set(metrics) == {"mean-difference", "zero"}
    assert metrics["mean-difference"](np.ones((1, 1, 1)), np.zeros((1, 1, 1))) == 1.0
    assert "Its hook provide_metrics failed: SystemExit: 1." in problem(manager, "raises_everywhere")
    assert "gave 'psnr-hvs': float where a name and a function belong." in problem(manager, "answers_nonsense")
    assert "The metric 'mean-difference' is left out" in problem(manager, "takes_names")


def test_an_observer_that_raises_becomes_a_warning_and_the_others_are_told(caplog: pytest.LogCaptureFixture) -> None:
    neighbour = plugin("good_neighbour")
    manager = PluginManager.of({"bad": plugin("raises_everywhere"), "good": neighbour})
    job: Any = "a job"
    report: Any = "a report"
    manager.run_finished(job, report)
    assert neighbour.runs_seen == [("a job", "a report")]
    assert "Plugin 'bad': Its hook run_finished failed: ConnectionError: the mail server is gone." in caplog.text


def test_commands_are_added_unless_their_name_exists_or_the_plugin_fails_half_way() -> None:
    cli = click.Group("restore", {"denoise": click.Command("denoise")})
    manager = manager_of("good_neighbour", "raises_everywhere", "takes_names")
    neighbours_own = manager.restorer("neighbour")
    manager.register_commands(cli)
    assert list(cli.commands) == ["denoise", "greet", "impostor"]
    assert cli.commands["greet"].help == "Say hello."
    assert "The command 'greet' is left out: that name is already taken." in problem(manager, "takes_names")
    assert "Its hook register_commands failed: KeyError: 'greeting'." in problem(manager, "raises_everywhere")
    assert neighbours_own is manager.restorer("neighbour")


def unloaded(weights: Path | None, runtime: Runtime) -> Restorer:
    """What is described and never run."""
    raise AssertionError(f"{weights} was loaded for {runtime}")


def test_a_family_that_serves_several_tasks_is_called_by_its_name_alone() -> None:
    def spec(name: str, task: str) -> RestorerSpec:
        return RestorerSpec(name, task, "Changes nothing.", Options, unloaded)

    manager = PluginManager.of({})
    for name, task in (("kin", "upscale"), ("kin-denoise", "denoise"), ("other-upscale", "denoise")):
        manager.adopt(spec(name, task))
    found = {(task, name): manager.served(task, name) for task in ("upscale", "denoise") for name in ("kin", "other")}
    assert {key: value and value.name for key, value in found.items()} == {
        ("upscale", "kin"): "kin",
        ("denoise", "kin"): "kin-denoise",
        ("upscale", "other"): None,
        ("denoise", "other"): None,
    }
