"""Which template serves which task, also tasks that other plugins brought."""

from __future__ import annotations

from dataclasses import replace

import pytest

from restore.cli.template_kinds import LESSONS, kind_of, lesson_of
from restore.enlarging import Enlarging
from restore.errors import UsageError
from restore.plugin_manager import PluginManager
from restore.spec import Makes, Needs, Options, RestorerSpec, hookimpl


def manager_of(*specs: RestorerSpec) -> PluginManager:
    """A manager of one plugin with these restorers."""

    class Stranger:
        @hookimpl
        def provide_restorers(self) -> list[RestorerSpec]:
            return list(specs)

    return PluginManager.of({"stranger": Stranger()})


def spec(task: str) -> RestorerSpec:
    """A restorer of one picture for a task."""
    return RestorerSpec("theirs", task, "Does something.", Options, lambda weights, runtime: object())  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(
    ("task", "kind", "lesson"),
    [
        ("denoise", "picture", "noise"),
        ("dejpeg", "picture", "jpeg"),
        ("correct", "picture", "fading"),
        ("upscale", "upscale", "reduced"),
        ("inpaint", "inpaint", "holes"),
        ("detect", "detect", "damage"),
        ("fuse", "fuse", "focus"),
    ],
)
def test_every_task_of_the_bundled_models_has_its_template_and_its_lesson(task: str, kind: str, lesson: str) -> None:
    found = kind_of(task, "mine", PluginManager.discover())
    assert (found.name, lesson_of(task, found)) == (kind, lesson)
    assert lesson in LESSONS


@pytest.mark.parametrize(
    ("theirs", "kind"),
    [
        (spec("dehaze"), "picture"),
        (replace(spec("dehaze"), needs=Needs.IMAGE_AND_MASK), "inpaint"),
        (replace(spec("dehaze"), needs=Needs.FRAMES), "fuse"),
        (replace(spec("dehaze"), makes=Makes.MASK), "detect"),
        (replace(spec("dehaze"), options=Enlarging, output_size=Enlarging.output_size), "upscale"),
    ],
    ids=["picture", "inpaint", "fuse", "detect", "upscale"],
)
def test_a_task_of_another_plugin_gets_the_template_that_its_models_ask_for(theirs: RestorerSpec, kind: str) -> None:
    assert kind_of("dehaze", "mine", manager_of(theirs)).name == kind


def test_a_task_whose_results_have_sizes_of_their_own_is_refused() -> None:
    theirs = replace(spec("trim"), output_size=lambda options, height, width: (height // 2, width))
    with pytest.raises(UsageError, match="change the size of pictures in a way for which there is no template"):
        kind_of("trim", "mine", manager_of(theirs))


def test_a_task_that_nobody_serves_is_new_only_under_the_models_own_name() -> None:
    manager = manager_of(spec("dehaze"))
    assert kind_of("mine", "mine", manager).name == "picture"
    with pytest.raises(UsageError, match=r"no task 'dehase'. Did you mean dehaze\? Tasks: dehaze\. For a new command"):
        kind_of("dehase", "mine", manager)
