"""Lessons for the inpainter: what a teacher answers, and training that comes near to that."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from restore_gan_inpaint import teaching
from restore_gan_inpaint.loading import generator_of
from restore_gan_inpaint.recipe import emptied
from restore_gan_inpaint.teaching import ORIENTATIONS, Lessons, Teacher, turned, turned_back
from restore_gan_inpaint.train import train
from torch import Tensor

from restore.errors import WeightsError
from restore.spec import TrainSpec
from restore.toolkit.training import load_checkpoint
from restore.weights import header
from tests.narrow_inpainter import narrow_training
from tests.random_inpainter import some

CPU = torch.device("cpu")


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainSpec:
    return narrow_training(tmp_path, monkeypatch)


@pytest.fixture
def taught(spec: TrainSpec) -> TrainSpec:
    """A training by the generator of another one."""
    train(spec)
    settings = {**spec.settings, "teacher": str(spec.output), "lessons": "12"}
    return replace(
        spec, settings=settings, work=spec.work.with_name("taught"), output=spec.output.with_name("taught.safetensors")
    )


def square() -> tuple[Tensor, Tensor]:
    picture, missing = some()
    edge = min(picture.shape[-2:])
    return picture[..., :edge, :edge], missing[..., :edge, :edge]


def test_orientations_are_eight_different_ones_and_can_be_undone() -> None:
    x = torch.rand(2, 3, 4, 4)
    all_of_them = [turned(x, k) for k in range(ORIENTATIONS)]
    assert torch.equal(all_of_them[0], x)
    assert len({tuple(each.flatten().tolist()) for each in all_of_them}) == ORIENTATIONS
    assert all(torch.equal(turned_back(each, k), x) for k, each in enumerate(all_of_them))


def test_a_teacher_answers_with_the_mean_of_what_its_generator_fills_in_eight_orientations(
    spec: TrainSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(spec)
    monkeypatch.setattr(teaching, "integers_are_quick", lambda: False)
    generator, _ = generator_of(spec.output)
    picture, missing = square()
    total = torch.zeros_like(picture)
    for k in range(ORIENTATIONS):
        given, hole = turned(picture, k).contiguous(), turned(missing, k).contiguous()
        total += turned_back(generator(emptied(given, hole), hole)[0], k)
    answer = Teacher(spec.output, CPU).fillings(picture, missing)
    assert torch.allclose(answer, torch.where(missing > 0, (total / 8).clamp(0, 1), picture), atol=1e-4)
    assert torch.equal(answer * (1 - missing), picture * (1 - missing))


def test_a_teacher_does_not_care_how_a_picture_is_turned(spec: TrainSpec) -> None:
    train(spec)
    teacher = Teacher(spec.output, CPU)
    picture, missing = square()
    straight = teacher.fillings(picture, missing)
    for k in (1, 4, 6):
        other = teacher.fillings(turned(picture, k).contiguous(), turned(missing, k).contiguous())
        assert torch.allclose(turned_back(other, k), straight, atol=1e-5)


@pytest.mark.parametrize("taught", [0.0, 0.75, 1.0])
def test_lessons_come_turned_alike_and_aim_between_truth_and_answer(taught: float) -> None:
    truth = torch.arange(5 * 3 * 4 * 4).view(5, 3, 4, 4).to(torch.uint8)
    answers = truth + 8
    missing = (truth[:, :1] % 2).to(torch.uint8)
    lessons = Lessons({"truth": truth, "missing": missing, "answers": answers}, taught, seed=3)
    picture, hole, aim = lessons.batch(40)
    assert torch.allclose(aim - picture, torch.full_like(aim, 8 * taught / 255), atol=1e-6)
    assert torch.equal(hole, (picture[:, :1] * 255).round() % 2)
    seen = {tuple(each.flatten().round().int().tolist()) for each in picture * 255}
    assert len(seen) > 5  # more than there are lessons: they come in several orientations
    again = Lessons({"truth": truth, "missing": missing, "answers": answers}, taught, seed=3)
    assert torch.equal(again.batch(40)[0], picture)


def test_a_taught_training_comes_nearer_to_its_teacher(taught: TrainSpec) -> None:
    """Its pull is that of the answers: with nothing else to learn from, the distance to them becomes smaller."""
    alone = taught.settings | {"adversarial": "0", "taught": "1", "batch": "4"}

    def distance(steps: int) -> float:
        train(replace(taught, settings=alone, max_steps=steps))
        done = load_checkpoint(taught.work / "lessons.pt")
        truth, missing = done["truth"].float() / 255, done["missing"].float()
        generator, _ = generator_of(taught.output)
        filled = generator(emptied(truth, missing), missing)[0]
        return float(((filled - done["answers"].float() / 255).abs() * missing).sum() / missing.sum())

    assert distance(60) < 0.8 * distance(1)


def test_a_resumed_training_goes_on_with_the_lessons_it_has(taught: TrainSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    train(taught)
    assert json.loads(header(taught.output)["settings"])["teacher"] == "w.safetensors"  # not where it lies

    def refuse(*_: object) -> Tensor:
        raise AssertionError("the teacher was asked again")

    monkeypatch.setattr(Teacher, "fillings", refuse)
    train(replace(taught, resume=True, max_steps=3))
    for other in ({"lessons": "13"}, {"teacher": str(taught.output)}):
        with pytest.raises(AssertionError, match="asked again"):
            train(replace(taught, resume=True, max_steps=4, settings={**taught.settings, **other}))
    with pytest.raises(AssertionError, match="asked again"):
        train(taught)  # begun anew


def test_a_teacher_that_is_missing_is_named(taught: TrainSpec) -> None:
    with pytest.raises(WeightsError, match=r"nobody\.safetensors"):
        train(replace(taught, settings={**taught.settings, "teacher": "nobody.safetensors"}))
