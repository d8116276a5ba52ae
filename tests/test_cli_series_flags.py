"""The flags about series: what they become, and with whom they go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from restore.cli.series_flags import NAMES, series_flags, series_of, takes_series
from restore.errors import ExitCode, UsageError
from restore.plugin_manager import PluginManager
from restore.series.request import Grouping, Series

if TYPE_CHECKING:
    from tests.conftest import Outcome
    from tests.tiny import Tiny
    from tests.tiny_neighbours import Averager

DEFAULTS = {"in_place": False, "watch": False, "group_by": None, "mode": "auto", "align": True, "deghost": True}


def test_without_a_word_everything_is_done_by_itself(averager: Averager) -> None:
    assert series_of(DEFAULTS, averager.spec) == Series()
    assert {flag.name: flag.default for flag in series_flags() if isinstance(flag, click.Option)}.keys() == NAMES


def test_what_is_said_is_taken_over(averager: Averager) -> None:
    said = {**DEFAULTS, "group_by": "3", "mode": "focus", "align": False, "deghost": False}
    assert series_of(said, averager.spec) == Series("focus", False, False, Grouping("count", 3))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("in_place", True, "several originals"), ("watch", True, "last frame"), ("group_by", "colour", "no way to group")],
)
def test_what_makes_no_sense_is_refused(averager: Averager, name: str, value: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        series_of({**DEFAULTS, name: value}, averager.spec)


def test_a_model_of_single_pictures_has_no_series_and_refuses_its_flags(tiny: Tiny, averager: Averager) -> None:
    assert series_of(DEFAULTS, tiny.spec) is None
    with pytest.raises(UsageError, match="--group-by is for models that fuse"):
        series_of({**DEFAULTS, "group_by": "2"}, tiny.spec)
    assert takes_series([tiny.spec, averager.spec]) and not takes_series([tiny.spec])


def test_only_tasks_with_such_models_have_the_flags(
    tmp_path: Path, tiny: Tiny, averager: Averager, run_cli: Callable[..., Outcome]
) -> None:
    manager = PluginManager.of({"tiny": tiny, "averager": averager})
    assert "--group-by" not in run_cli(manager, "denoise", "--help").out
    assert "--group-by" in run_cli(manager, "fuse", "--help").out
    assert run_cli(manager, "denoise", tmp_path, "-o", tmp_path / "o", "--group-by", "2").code == ExitCode.USAGE


def test_help_of_series_shows_no_flags_that_series_refuse(
    tiny: Tiny, averager: Averager, run_cli: Callable[..., Outcome]
) -> None:
    manager = PluginManager.of({"tiny": tiny, "averager": averager})
    single, several = (run_cli(manager, task, "--help").out for task in ("denoise", "fuse"))
    for flag in ("--in-place ", "--backup ", "--watch ", "--settle ", "--poll "):
        assert flag in single and flag not in several
