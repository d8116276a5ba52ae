"""What `restore auto` can be asked for."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from restore.auto.request import STEPS, AutoOptions, AutoRun


def test_steps_are_listed_in_any_order_and_taken_in_theirs() -> None:
    assert AutoOptions(steps="correct, denoise").allowed == ("denoise", "correct")
    assert AutoOptions().allowed == STEPS


@pytest.mark.parametrize("steps", ["sharpen", "denoise,sharpen", "", ","])
def test_a_step_that_is_none_is_refused(steps: str) -> None:
    with pytest.raises(ValidationError, match="dejpeg,inpaint,denoise,correct"):
        AutoOptions(steps=steps)


@pytest.mark.parametrize(("asked", "size"), [("800", (600, 800)), ("1000x600", (600, 800)), ("400x300", (300, 400))])
def test_photos_grow_into_a_size_or_to_a_longer_side(asked: str, size: tuple[int, int]) -> None:
    growing = AutoRun(upscale_to=asked).growing(150, 200)
    assert growing is not None
    assert growing.output_size(150, 200) == size


def test_photos_that_are_large_enough_do_not_grow() -> None:
    assert AutoRun(upscale_to="200").growing(150, 200) is None
    assert AutoRun().growing(150, 200) is None


def test_a_piece_grows_as_much_as_its_photo() -> None:
    growing = AutoRun(upscale_to="800").for_piece(150, 200).growing(30, 30)
    assert growing is not None
    assert growing.output_size(30, 30) == (120, 120)


@pytest.mark.parametrize("size", ["large", "0", "100x", "-5"])
def test_what_is_no_size_is_refused(size: str) -> None:
    with pytest.raises(ValidationError):
        AutoOptions(upscale_to=size)


def test_the_models_are_part_of_a_runs_recipe_and_the_piece_is_not() -> None:
    run = AutoRun(models=({"task": "denoise", "model": "x", "weights": "ab"},)).for_piece(1, 2)
    assert run.model_dump(mode="json") == {
        "steps": ",".join(STEPS),
        "upscale_to": None,
        "models": [{"task": "denoise", "model": "x", "weights": "ab"}],
    }
