"""A pipeline is built in Python or read from a file, and called like one model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import restore
from restore.errors import InputError, PluginError, RestoreError, UsageError
from restore.image import Image
from restore.library.pipeline import Pipeline
from restore.plugin_manager import PluginManager
from tests.tiny import UNLUCKY, Tiny
from tests.tiny_neighbours import Averager, Painter, Spotter

ARRAY = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


@pytest.fixture(autouse=True)
def plugins(
    monkeypatch: pytest.MonkeyPatch, tiny: Tiny, painter: Painter, averager: Averager, spotter: Spotter
) -> Tiny:
    """The tests' own plugins in the place of the installed ones."""
    mine = {"tiny": tiny, "painter": painter, "averager": averager, "spotter": spotter}
    monkeypatch.setattr(PluginManager, "discover", lambda: PluginManager.of(mine))
    return tiny


def test_steps_are_done_one_after_the_other() -> None:
    np.testing.assert_array_equal(Pipeline(["denoise", "sharpen"])(ARRAY), ARRAY)
    np.testing.assert_array_equal(Pipeline(["denoise", "sharpen", "plain"])(ARRAY), 255 - ARRAY)


def test_models_are_loaded_when_they_are_first_used_and_once(plugins: Tiny) -> None:
    pipeline = Pipeline(["tiny", "sharpen"], device="cpu", threads=1)
    assert plugins.loads == []
    pipeline(ARRAY), pipeline(ARRAY)
    assert [runtime.threads for _, runtime in plugins.loads] == [1, 1]


def test_what_goes_in_comes_out(photo: Callable[..., Path], tmp_path: Path) -> None:
    invert = Pipeline(["tiny"])
    batch = torch.rand(2, 1, 4, 5)
    torch.testing.assert_close(invert(batch), 1 - batch)
    assert invert(ARRAY[..., 0].astype(np.uint16)).dtype == np.uint16
    picture = invert(photo(tmp_path / "a.png"))
    assert isinstance(picture, restore.Picture) and picture.account is not None
    assert picture.account["summary"] == "denoise"


def test_a_step_has_options_as_in_a_file() -> None:
    np.testing.assert_array_equal(Pipeline([("tiny", {"strength": 0})])(ARRAY), ARRAY)
    np.testing.assert_array_equal(Pipeline([("denoise", {"model": "plain"})])(ARRAY), 255 - ARRAY)
    filled = Pipeline([("painter", {"box": "0,0,2,1"})])(ARRAY)
    assert (filled != ARRAY).any(axis=2).sum() == 2
    damaged = ARRAY.copy()
    damaged[2, 2] = 250
    assert (Pipeline(["detect", ("painter", {"mask": "found", "grow": 0})])(damaged) != damaged).any(axis=2).sum() == 1


def test_it_can_be_written_and_read_again(tmp_path: Path) -> None:
    pipeline = Pipeline([("tiny", {"strength": 0.5}), "sharpen"])
    (tmp_path / "p.toml").write_text(pipeline.toml, "utf-8")
    same = Pipeline.read(tmp_path / "p.toml", device="cpu")
    assert same.toml == pipeline.toml
    assert repr(same) == "<Pipeline: tiny, then sharp>"
    np.testing.assert_array_equal(same(ARRAY), pipeline(ARRAY))


def test_a_folder_is_restored(photo: Callable[..., Path], tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    pipeline = Pipeline(["denoise", "sharpen", "plain"])
    assert pipeline.run(tmp_path / "in", tmp_path / "out").done == 1
    assert pipeline.run(tmp_path / "in", tmp_path / "out").skipped == 1
    assert Pipeline(["denoise"]).run(tmp_path / "in", tmp_path / "out").done == 1, "other steps make other results"


@pytest.mark.parametrize(
    ("steps", "failure", "said"),
    [
        ([], UsageError, "needs a list of steps"),
        ("denoise", UsageError, "needs a list of steps"),
        ([3], UsageError, "step 1: 3 is no step"),
        (["tiny", "tony"], PluginError, "There is no model 'tony'"),
        ([("tiny", {"strength": 9})], UsageError, r"step 1 \(denoise, tiny\): strength cannot be 9"),
        ([("tiny", {"sigma": 9})], UsageError, r"has no option 'sigma'\. There are: strength"),
        ([("tiny", {"grow": 9})], UsageError, "takes no mask. Leave grow out"),
        ([("sharpen", {"model": "tiny"})], UsageError, "the model 'tiny' is for the task 'denoise', not for 'sharpen'"),
        ([("tiny", {"weights": "mine"})], RestoreError, "no such weights file"),
        (["mean"], UsageError, "a pipeline has one picture at a time"),
        (["painter"], UsageError, "nothing says what that is"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_loads(
    steps: Any, failure: type[RestoreError], said: str, plugins: Tiny
) -> None:
    with pytest.raises(failure, match=said):
        Pipeline(steps)
    assert plugins.loads == []


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nope\.toml: cannot be read as a pipeline"):
        Pipeline.read(tmp_path / "nope.toml")


def test_the_step_that_fails_is_named() -> None:
    pipeline = Pipeline(["plain", ("tiny", {"trouble": "refusal"})])
    with pytest.raises(InputError, match=r"step 2 \(denoise, tiny\): cannot be restored by tiny"):
        pipeline(Image(np.zeros((4, UNLUCKY, 3), np.uint8)))
    buggy = Pipeline(["plain", ("tiny", {"trouble": "bug"})])
    with pytest.raises(PluginError, match=r"ZeroDivisionError: tiny bug; in step 2 \(denoise, tiny\)"):
        buggy(Image(np.zeros((4, UNLUCKY, 3), np.uint8)))
