"""A loaded model is called like a function: the same kind of picture comes back; mistakes are told with what to do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as PillowImage

import restore
from restore.errors import DeviceError, InputError, PluginError, RestoreError, UsageError, WeightsError
from restore.image import Image
from restore.library.model import Model, load
from restore.library.runner import Runner
from restore.plugin_manager import PluginManager
from restore.spec import Runtime
from tests.tiny import COMPANIONS, UNLUCKY, Tiny
from tests.tiny_neighbours import Averager, Painter, Spotter

ARRAY = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


@pytest.fixture
def plugins(
    monkeypatch: pytest.MonkeyPatch, tiny: Tiny, painter: Painter, averager: Averager, spotter: Spotter
) -> Tiny:
    """The tests' own plugins in the place of the installed ones."""
    mine = {"tiny": tiny, "painter": painter, "averager": averager, "spotter": spotter}
    monkeypatch.setattr(PluginManager, "discover", lambda: PluginManager.of(mine))
    return tiny


@pytest.fixture
def invert(plugins: Tiny) -> Model:
    return load("tiny")


def test_a_model_is_loaded_once_and_at_once(plugins: Tiny) -> None:
    model = load("tiny", device="cpu", precision="float32", tile=64, memory=1 << 30, threads=2)
    ((weights, runtime),) = plugins.loads
    assert weights is None
    assert (runtime.device, runtime.precision, runtime.tile, runtime.memory, runtime.threads) == (
        "cpu",
        "float32",
        64,
        1 << 30,
        2,
    )
    model(ARRAY), model(ARRAY)
    assert len(plugins.loads) == 1
    assert (model.name, model.task) == ("tiny", "denoise")


def test_a_task_stands_for_its_default_model(plugins: Tiny) -> None:
    assert (load("denoise").name, load("sharpen").name, load("plain").name) == ("tiny", "sharp", "plain")


def test_what_goes_in_comes_out(invert: Model, photo: Callable[..., Path], tmp_path: Path) -> None:
    np.testing.assert_array_equal(invert(ARRAY), 255 - ARRAY)
    np.testing.assert_allclose(invert(ARRAY / 255), 1 - ARRAY / 255, atol=1e-6)
    pillow = invert(PillowImage.fromarray(ARRAY))
    assert isinstance(pillow, PillowImage.Image)
    np.testing.assert_array_equal(np.asarray(pillow), 255 - ARRAY)
    batch = torch.rand(2, 3, 4, 5)
    torch.testing.assert_close(invert(batch), 1 - batch)
    picture = invert(Image(ARRAY))
    assert isinstance(picture, restore.Picture) and picture.before is not None
    np.testing.assert_array_equal(picture.before.pixels, ARRAY)
    path = photo(tmp_path / "a.png")
    for given in (path, str(path), restore.open_image(path)):
        np.testing.assert_array_equal(invert(given).pixels, 255 - restore.open_image(path).pixels)


def test_nothing_given_is_modified_or_shared(invert: Model) -> None:
    given = ARRAY.copy()
    for strength in (0.0, 1.0):
        result = invert(given, strength=strength)
        result[...] = 7
        np.testing.assert_array_equal(given, ARRAY)


def test_options_are_judged_by_the_models_own_description(invert: Model) -> None:
    np.testing.assert_array_equal(invert(ARRAY, strength=0), ARRAY)
    np.testing.assert_array_equal(invert(ARRAY, strength=np.float32(0)), ARRAY)
    with pytest.raises(UsageError, match=r"the model 'tiny' has no option 'strenght'\. Did you mean 'strength'\?"):
        invert(ARRAY, strenght=1)
    with pytest.raises(UsageError, match=r"tiny: strength cannot be 9; give a number from 0 to 1\.5\."):
        invert(ARRAY, strength=9)
    with pytest.raises(UsageError, match=r"has no option 'xyz'\. There are: strength, trouble, companions\."):
        invert(ARRAY, xyz=1)


def test_printed_a_model_lists_its_options(invert: Model) -> None:
    assert repr(invert).splitlines()[:2] == [
        "<Model tiny for the task denoise>",
        "  strength: a number from 0 to 1.5 (default 1.0)",
    ]


def test_companions_come_with_a_picture(invert: Model) -> None:
    picture = invert(Image(ARRAY), companions=len(COMPANIONS))
    assert len(picture.companions) == len(COMPANIONS)
    np.testing.assert_array_equal(picture.companions[0].pixels, ARRAY)


@pytest.mark.parametrize(
    ("trouble", "failure", "said"),
    [
        ("bug", PluginError, r"the model 'tiny' failed unexpectedly \(ZeroDivisionError: tiny bug\)"),
        ("refusal", InputError, "cannot be restored by tiny"),
        ("memory", DeviceError, "not enough memory"),
        ("shape", PluginError, "returned"),
    ],
)
def test_every_failure_is_an_error_of_ours_with_its_cause(
    invert: Model, trouble: str, failure: type[RestoreError], said: str
) -> None:
    with pytest.raises(failure, match=said):
        invert(np.zeros((4, UNLUCKY, 3), np.uint8), trouble=trouble)


@pytest.mark.parametrize("given", [None, 3, b"bytes", object(), [ARRAY, ARRAY], {"a": 1}])
def test_what_is_no_picture_is_refused(invert: Model, given: Any) -> None:
    with pytest.raises(InputError, match=r"is no picture\. Give a NumPy array"):
        invert(given)


def test_holes_are_filled_and_nothing_else(plugins: Tiny) -> None:
    fill, hole = load("painter"), np.zeros((4, 5), np.bool_)
    hole[1, 2:4] = True
    filled = fill(ARRAY, mask=hole)
    np.testing.assert_array_equal((filled != ARRAY).any(axis=2), hole)
    grown = fill(ARRAY, mask=hole, grow=1)
    assert (grown != ARRAY).any(axis=2).sum() > hole.sum()
    boxed = fill(ARRAY, box="0,0,2,1")
    assert (boxed != ARRAY).any(axis=2).sum() == 2
    both = fill(torch.zeros(2, 3, 4, 5), mask=np.stack([hole, ~hole]))
    assert both[0].sum() == hole.sum() * 3 and both[1].sum() == (~hole).sum() * 3


def test_damage_is_found_where_that_is_asked_for(plugins: Tiny, spotter: Spotter) -> None:
    damaged = ARRAY.copy()
    damaged[2, 2] = 250
    filled = load("painter")(damaged, mask="auto", grow=0)
    assert (filled != damaged).any(axis=2).sum() == 1 and spotter.loads == 1


def test_wide_damage_is_filled_with_a_warning(
    plugins: Tiny, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restore.masks.detecting.WIDE", 2)
    damaged = ARRAY.copy()
    damaged[2, 2] = 250
    with caplog.at_level(logging.WARNING, logger="restore"):
        load("painter")(damaged, mask="auto", grow=0)
    assert [message[:30] for message in caplog.messages] == ["Wide damage was found at 2,2: "]


def test_a_detector_gives_masks_of_the_kind_that_was_given(plugins: Tiny) -> None:
    find, damaged = load("detect"), ARRAY.copy()
    damaged[2, 2] = 250
    found = find(damaged)
    assert found.shape == (4, 5, 1) and found.dtype == np.uint8 and found.sum() == 255
    assert load("painter")(damaged, mask=found).shape == damaged.shape


def test_an_empty_mask_is_told_and_changes_nothing(plugins: Tiny, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="restore"):
        result = load("painter")(ARRAY, mask=np.zeros((4, 5), np.bool_))
    np.testing.assert_array_equal(result, ARRAY)
    assert caplog.messages == ["Nothing is missing, so nothing was filled: the mask marks nothing."]


def test_masks_go_where_they_belong(plugins: Tiny, invert: Model) -> None:
    with pytest.raises(UsageError, match="the model 'tiny' takes no mask"):
        invert(ARRAY, mask=np.zeros((4, 5), np.bool_))
    with pytest.raises(UsageError, match=r"nothing says what that is\. Give mask="):
        load("painter")(ARRAY)
    with pytest.raises(InputError, match="would be missing as a whole"):
        load("painter")(ARRAY, mask=np.ones((4, 5), np.bool_))


def test_frames_become_one_picture_of_the_firsts_kind(plugins: Tiny, averager: Averager) -> None:
    mean = load("mean")
    result = mean([ARRAY, ARRAY + 10], align=False, mode="focus")
    np.testing.assert_array_equal(result, ARRAY + 5)
    assert isinstance(
        mean([PillowImage.fromarray(ARRAY), PillowImage.fromarray(ARRAY)], align=False), PillowImage.Image
    )
    with pytest.raises(UsageError, match="at least two frames are needed"):
        mean([ARRAY])
    with pytest.raises(InputError, match="frame 2: has 5 x 3 pixels, but frame 1 has 5 x 4"):
        mean([ARRAY, ARRAY[:3]])
    with pytest.raises(UsageError, match="mode cannot be 'sideways'; give auto, exposure, focus or infrared"):
        mean([ARRAY, ARRAY], mode="sideways")
    with pytest.raises(UsageError, match="a batch is no frame"):
        mean([torch.zeros(2, 3, 4, 5)] * 2)


@pytest.mark.parametrize("kind", ["arrays", "images", "grey tensors"])
def test_frames_in_which_something_moved_stay_as_they_are(plugins: Tiny, averager: Averager, kind: str) -> None:
    light = np.linspace(0.05, 0.9, 80)[None, :, None] * np.linspace(1, 0.6, 60)[:, None, None]
    light = light if kind == "grey tensors" else light.repeat(3, axis=2)
    dark, bright = (np.rint((light * gain).clip(0, 1) ** (1 / 2.2) * 255).astype(np.uint8) for gain in (0.5, 1))
    dark[20:40, 20:40] = 255 - dark[20:40, 20:40]
    given: dict[str, list[Any]] = {
        "arrays": [dark, bright],
        "images": [Image(dark), Image(bright)],
        "grey tensors": [torch.from_numpy(each).permute(2, 0, 1) for each in (dark, bright)],
    }
    before = dark.copy(), bright.copy()
    load("mean")(given[kind], mode="exposure", align=False)
    assert (averager.seen[0].frames[1].pixels[30, 30] != dark[30, 30]).all(), "what moved was replaced"
    np.testing.assert_array_equal((dark, bright), before)


def test_a_folder_is_restored_and_not_done_again(
    invert: Model, plugins: Tiny, photo: Callable[..., Path], tmp_path: Path
) -> None:
    photo(tmp_path / "in" / "a.png"), photo(tmp_path / "in" / "sub" / "b.png")
    (tmp_path / "in" / "broken.png").write_text("text", "utf-8")
    report = invert.run(tmp_path / "in", tmp_path / "out")
    assert (report.done, report.skipped, report.failed) == (2, 0, 1)
    before, after = (restore.open_image(tmp_path / each / "sub" / "b.png") for each in ("in", "out"))
    np.testing.assert_array_equal(after.pixels, 255 - before.pixels)
    again = invert.run([tmp_path / "in"], tmp_path / "out")
    assert (again.done, again.skipped, again.failed) == (0, 2, 1)
    other = invert.run(str(tmp_path / "in"), tmp_path / "out", strength=0.0)
    assert other.done == 2, "what was done in another way is done again"
    assert len(plugins.loads) == 1, "with the model that is loaded already"
    with pytest.raises(InputError):
        invert.run(tmp_path / "nowhere", tmp_path / "out")


def test_a_folder_is_filled_with_its_masks(plugins: Tiny, photo: Callable[..., Path], tmp_path: Path) -> None:
    photo(tmp_path / "in" / "a.png")
    mask = np.zeros((16, 24), np.uint8)
    mask[3:5, 3:5] = 255
    (tmp_path / "masks").mkdir()
    PillowImage.fromarray(mask).save(tmp_path / "masks" / "a.png")
    fill = load("painter")
    assert fill.run(tmp_path / "in", tmp_path / "out", mask=tmp_path / "masks").done == 1
    assert (restore.open_image(tmp_path / "out" / "a.png").pixels[3:5, 3:5] == 255).all()
    with pytest.raises(UsageError, match="nothing says what that is"):
        fill.run(tmp_path / "in", tmp_path / "out2")


@pytest.mark.parametrize("place", ["in/stamp.png", "in/masks"])
def test_masks_among_the_pictures_are_no_pictures(
    plugins: Tiny, photo: Callable[..., Path], tmp_path: Path, place: str
) -> None:
    photo(tmp_path / "in" / "a.png")
    mask = tmp_path / place / "a.png" if place == "in/masks" else tmp_path / place
    mask.parent.mkdir(exist_ok=True)
    PillowImage.fromarray(np.eye(16, 24, dtype=np.uint8) * 255).save(mask)
    report = load("painter").run(tmp_path / "in", tmp_path / "out", mask=tmp_path / place)
    assert [(each.source.name, each.state) for each in report.results] == [("a.png", "done")]
    assert [each.name for each in (tmp_path / "out").glob("**/*.png")] == ["a.png"]


def test_what_is_spoilt_is_not_compressed_once_more(
    tiny: Tiny, tiny_manager: PluginManager, photo: Callable[..., Path], tmp_path: Path
) -> None:
    model = Model(Runner(replace(tiny.spec, task="degrade"), tiny_manager, Runtime(), None))
    assert model.run(photo(tmp_path / "in" / "a.jpg").parent, tmp_path / "out").done == 1
    assert (tmp_path / "out" / "a.png").exists()


def test_what_cannot_be_loaded_says_why(plugins: Tiny) -> None:
    with pytest.raises(PluginError, match=r"There is no model 'tony'\. Models: tiny.* Tasks: denoise"):
        load("tony")
    with pytest.raises(WeightsError, match="no such weights file"):
        load("tiny", weights="mine")
    with pytest.raises(UsageError, match=r"precision cannot be 'int8'\. There are: auto, float32, bfloat16, float16"):
        load("tiny", precision="int8")  # type: ignore[arg-type]
    for name, value in {"tile": 3, "memory": 0, "threads": -1}.items():
        with pytest.raises(UsageError, match=f"{name} cannot be {value}. Give a whole number of at least"):
            load("tiny", **{name: value})  # type: ignore[arg-type]
