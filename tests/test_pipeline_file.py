"""Pipelines from TOML: what they say, and how every mistake is told before anything is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import Field
from restore_conv_dae import plugin as conv_dae
from restore_correct import plugin as correct

from restore.errors import UsageError
from restore.pipeline import MaskKeys, PlannedStep, chained, read_pipeline, written
from restore.plugin_manager import PluginManager
from restore.spec import Options, RestorerSpec, hookimpl
from tests.tiny import Tiny

if TYPE_CHECKING:
    from tests.tiny_neighbours import Averager, Painter, Spotter

Refused = Callable[[str], str]


@pytest.fixture
def manager(tiny: Tiny, painter: Painter, spotter: Spotter, averager: Averager) -> PluginManager:
    plugins = {
        "tiny": tiny,
        "painter": painter,
        "spotter": spotter,
        "mean": averager,
        "correct": correct,
        "dae": conv_dae,
    }
    return PluginManager.of(plugins)


@pytest.fixture
def read(tmp_path: Path, manager: PluginManager) -> Callable[[str], tuple[PlannedStep, ...]]:
    def call(text: str) -> tuple[PlannedStep, ...]:
        file = tmp_path / "p.toml"
        file.write_text(text)
        return read_pipeline(file, manager)

    return call


@pytest.fixture
def refused(read: Callable[[str], tuple[PlannedStep, ...]], tiny: Tiny, tmp_path: Path) -> Refused:
    def call(text: str) -> str:
        with pytest.raises(UsageError) as error:
            read(text)
        assert error.value.path == tmp_path / "p.toml"
        assert tiny.loads == [], "nothing is loaded to find a mistake"
        return str(error.value)

    return call


def test_a_step_takes_its_tasks_default_model_or_the_one_it_names(
    read: Callable[[str], tuple[PlannedStep, ...]],
) -> None:
    steps = read('[[step]]\ntask = "denoise"\nstrength = 0.5\n[[step]]\ntask = "denoise"\nmodel = "plain"\n')
    assert steps == (PlannedStep("tiny", {"strength": 0.5}), PlannedStep("plain"))


def test_options_are_called_like_their_flags(read: Callable[[str], tuple[PlannedStep, ...]]) -> None:
    (step,) = read('[[step]]\ntask = "correct"\nwhite-balance = "grey-world"\n')
    assert step.options == {"white_balance": "grey-world"}


def test_a_step_that_fills_holes_says_what_is_missing(read: Callable[[str], tuple[PlannedStep, ...]]) -> None:
    (step,) = read('[[step]]\ntask = "inpaint"\nbox = "1,2,3,4"\nfeather = 2\n')
    assert step.mask == MaskKeys(box=("1,2,3,4",), feather=2)


def test_weights_lie_where_the_file_says_from_its_own_folder(
    read: Callable[[str], tuple[PlannedStep, ...]], refused: Refused, tmp_path: Path
) -> None:
    text = '[[step]]\ntask = "denoise"\nmodel = "conv-dae"\nweights = "mine.safetensors"\n'
    assert "line 4: there is no weights file" in refused(text)
    assert "line 4: tiny is a method without weights" in refused(text.replace("conv-dae", "tiny"))
    (tmp_path / "mine.safetensors").write_bytes(b"x")
    assert read(text)[0].weights == tmp_path / "mine.safetensors"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[step]]\ntask = "denoise"\n\n[[step]]\ntask = "denoize"\n', "line 5: there is no task 'denoize'. Did you"),
        ("[[step]]\nstrength = 1\n", "line 1: this step has no task. Tasks: denoise"),
        ('[[step]]\ntask = "denoise"\nmodel = "tinyy"\n', "line 3: there is no model 'tinyy'. Did you mean 'tiny'?"),
        ('[[step]]\ntask = "denoise"\nmodel = "sharp"\n', "line 3: the model 'sharp' is for the task 'sharpen'."),
        (
            '[[step]]\ntask = "denoise"\nstrenght = 1\n',
            "line 3: tiny: there is no 'strenght'. Did you mean 'strength'?",
        ),
        ('[[step]]\ntask = "denoise"\nmask = "auto"\n', "line 3: tiny: there is no 'mask'"),
        ('[[step]]\nstrength = 9\ntask = "denoise"\n', "line 2: tiny: 'strength' cannot be 9; give a number from 0 to"),
        ('[[step]]\ntask = "correct"\nwhite_balance = "grey-world"\n', "Did you mean 'white-balance'?"),
        ('[[step]]\ntask = "correct"\n', "line 1: correct: nothing says what to correct"),
        ('[[step]]\ntask = "inpaint"\nmask = "masks/"\n', "line 3: painter: 'mask' cannot be 'masks/'; give auto,"),
        ('[[step]]\ntask = "inpaint"\nbox = ["1,2"]\n', "line 3: painter: 'box' cannot be ['1,2'] (Write x,y,w,h"),
        ('[[step]]\ntask = "fuse"\n', "line 2: 'mean' makes one picture of several"),
        ('[[step]]\ntask = "inpaint"\n', "line 2: 'painter' fills what is missing, and nothing says what"),
        ('[[step]]\ntask = "detect"\n', "line 2: 'spotter' finds damage, and no step after it fills"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_nearest_name(refused: Refused, text: str, said: str) -> None:
    assert said in refused(text)


def test_a_detect_step_says_what_is_missing_for_those_after_it(read: Callable[[str], tuple[PlannedStep, ...]]) -> None:
    steps = read('[[step]]\ntask = "detect"\n[[step]]\ntask = "denoise"\n[[step]]\ntask = "inpaint"\n')
    assert [step.model for step in steps] == ["spotter", "tiny", "painter"]


def test_what_was_found_before_the_size_changed_cannot_be_filled(refused: Refused) -> None:
    text = '[[step]]\ntask = "detect"\n[[step]]\ntask = "correct"\ncrop = true\n[[step]]\ntask = "inpaint"\n'
    assert "line 7: 'painter' fills what was found before the picture changed its size" in refused(text)


def test_a_pipeline_is_written_for_people_and_read_back(
    read: Callable[[str], tuple[PlannedStep, ...]], manager: PluginManager
) -> None:
    steps = (
        PlannedStep("tiny", {"strength": 0.25, "trouble": 'a "quoted" word'}, why="noise of sigma 14"),
        PlannedStep("correct", {"white_balance": "shades-of-grey", "corners": ["0,0", "9,0", "9,9", "0,9"]}),
        PlannedStep("painter", mask=MaskKeys(mask="auto", box=("1,2,3,4",))),
    )
    text = written(chained(steps, manager), ["for one photo"])
    assert text.startswith("# for one photo\n\n[[step]]  # noise of sigma 14\ntask = ")
    again = read(text)
    assert [link.recipe() for link in chained(again, manager)] == [link.recipe() for link in chained(steps, manager)]


class Styled(Options):
    """Options of a model that takes a file."""

    style: Path = Field(description="A picture.")


class Styler:
    """A plugin whose model takes a file."""

    @hookimpl
    def provide_restorers(self) -> list[RestorerSpec]:
        """One model."""
        return [RestorerSpec("styler", "denoise", "Paints like another.", Styled, Tiny().load)]


def test_files_that_options_name_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "style.png").write_bytes(b"a picture")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    manager = PluginManager.of({"styler": Styler()})
    links = chained((PlannedStep("styler", {"style": Path("style.png")}),), manager)
    file = tmp_path / "elsewhere" / "p.toml"
    file.write_text(written(links))
    (again,) = chained(read_pipeline(file, manager), manager)
    assert again.recipe()["files"] == links[0].recipe()["files"]
