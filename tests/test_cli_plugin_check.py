"""`restore plugins check` tells, rule by rule, what a plugin's restorers keep, to people and to scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import Field

from restore.conformance import machine
from restore.image import Image, Observation
from restore.plugin_manager import PluginManager
from restore.spec import Options, RestorerSpec, hookimpl
from tests.small_plugins import Provides, plugin

Run = Callable[..., Any]


RESTORERS = plugin("restorers", findable=True)


class Told(Options):
    """Options without a default."""

    amount: float = Field(ge=0, le=1, description="Must be given.")


@pytest.fixture(autouse=True)
def small_pictures_for_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LARGE", machine.SMALL)
    monkeypatch.setattr(machine, "accelerators", tuple)


@pytest.fixture
def manager() -> PluginManager:
    sound = replace(RESTORERS.GOOD, name="sound")
    swapped = replace(RESTORERS.BROKEN["red stays red"], name="swapped")
    told = replace(RESTORERS.GOOD, name="told", options=Told)
    return PluginManager.of(
        {
            "both": Provides(sound, swapped),
            "told-plugin": Provides(told),
            "misspelt": plugin("misspelt_hook"),
            "codec": plugin("only_reads"),
            "half": plugin("raises_everywhere"),
        }
    )


def test_a_line_for_each_rule_with_what_was_measured_or_why_it_does_not_apply(
    manager: PluginManager, run_cli: Run
) -> None:
    done = run_cli(manager, "plugins", "check", "sound")
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0] == "sound (denoise)"
    assert "passed          the model loads" in lines
    assert "does not apply  outside the mask nothing changes: it needs no mask" in lines
    assert any(line.startswith("passed          clean photographs are not harmed: PSNR 36.8 dB") for line in lines)
    assert lines[-1].split(" in ")[0] == "22 passed, 0 broken, 6 do not apply,"


def test_a_broken_rule_is_told_with_what_was_seen_and_ends_in_5(manager: PluginManager, run_cli: Run) -> None:
    done = run_cli(manager, "plugins", "check", "both")
    assert done.code == 5
    assert "broken          red stays red: (210, 120, 30) came out as (30, 120, 210)" in done.out
    assert "sound (denoise)" in done.out and "swapped (denoise)" in done.out
    assert run_cli(manager, "plugins", "check", "both", "-m", "sound").code == 0


def test_json_is_one_document(manager: PluginManager, run_cli: Run) -> None:
    done = run_cli(manager, "plugins", "check", "both", "--json")
    document = json.loads(done.out)
    assert done.code == document["exit_code"] == 5
    assert document["plugin"] == "both" and [one["name"] for one in document["restorers"]] == ["sound", "swapped"]
    rules = {one["rule"]: one for one in document["restorers"][1]["rules"]}
    assert rules["red stays red"]["verdict"] == "broken" and "(30, 120, 210)" in rules["red stays red"]["said"]
    assert rules["on a GPU a picture comes out as on the CPU"]["verdict"] == "does not apply"
    assert document["broken"] == 2 and document["not tried"] == 0


def test_what_a_plugin_prints_does_not_spoil_the_document(run_cli: Run) -> None:
    def prints(image: Image, options: object) -> Image:
        print("working hard")
        return image

    chatty = replace(RESTORERS.spec(prints, Options), name="chatty")
    done = run_cli(PluginManager.of({"p": Provides(chatty)}), "plugins", "check", "chatty", "--json")
    assert json.loads(done.out)["broken"] == 0
    assert "working hard" in done.err


def test_what_must_be_told_what_to_do_is_given_options(manager: PluginManager, run_cli: Run) -> None:
    done = run_cli(manager, "plugins", "check", "told")
    assert done.code == 2 and "'told' must be told what to do: --amount" in done.err and "--option" in done.err
    assert run_cli(manager, "plugins", "check", "told", "-O", "amount=0.5").code == 0
    done = run_cli(manager, "plugins", "check", "told", "-O", "amount=7")
    assert done.code == 2 and "'7' is not allowed" in done.err
    done = run_cli(manager, "plugins", "check", "told", "-O", "amuont=0.5")
    assert done.code == 2 and "Did you mean amount?" in done.err


def test_a_restorer_that_runs_the_user_s_weights_asks_for_some(run_cli: Run) -> None:
    theirs = replace(RESTORERS.GOOD, name="theirs", complete=lambda options, weights: options)
    done = run_cli(PluginManager.of({"p": Provides(theirs)}), "plugins", "check", "theirs")
    assert done.code == 2 and "Give a file with --weights FILE." in done.err


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("nobody", 5, "there is no plugin and no restorer 'nobody'. Plugins: both,"),
        ("misspelt", 5, "the plugin 'misspelt': There is no hook provide_restorer; did you mean provide_restorers?"),
        ("half", 5, "the plugin 'half': Its hook provide_restorers failed: RuntimeError: no restorers today."),
        ("codec", 2, "It provides no restorer; its hooks are sound: read_image."),
    ],
)
def test_what_cannot_be_tried_is_told(name: str, code: int, said: str, manager: PluginManager, run_cli: Run) -> None:
    done = run_cli(manager, "plugins", "check", name)
    assert (done.code, said in done.err) == (code, True), done.err


def test_a_plugin_of_which_a_part_is_broken_ends_in_5_though_its_restorers_are_sound(run_cli: Run) -> None:
    class Half(Provides):
        @hookimpl
        def provide_restorers(self) -> list[RestorerSpec]:
            return [self.specs[0], "no restorer"]  # type: ignore[list-item]

    done = run_cli(PluginManager.of({"p": Half(replace(RESTORERS.GOOD, name="sound"))}), "plugins", "check", "p")
    assert done.code == 5 and "0 broken" in done.out
    assert "gave a str where a RestorerSpec was expected." in done.out


def test_a_restorer_that_ends_the_process_is_told_of_and_ends_nothing(run_cli: Run) -> None:
    class Refuses:
        def restore(self, observation: Observation, options: Options) -> Image:
            raise SystemExit(3)

    leaves = replace(RESTORERS.GOOD, name="leaves", options=Options, load=lambda weights, runtime: Refuses())
    done = run_cli(PluginManager.of({"p": Provides(leaves)}), "plugins", "check", "leaves")
    assert done.code == 5 and "it raised SystemExit: 3" in done.out
