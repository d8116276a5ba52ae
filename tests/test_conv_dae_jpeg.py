"""Learning to mend JPEG: levels stand for qualities, crops are saved once or twice, and the lesson can be learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from restore_conv_dae.jpeg_level import HIGHEST, level_of, quality_of
from restore_conv_dae.jpeg_recipe import JUDGED, SAVED, JpegSettings, save
from restore_conv_dae.recipe import MARGIN, NOISE
from restore_conv_dae.train import train
from skimage import data
from torch import Tensor

from restore.errors import UsageError, WeightsError
from restore.spec import TrainSpec
from restore.weights import header

ONLY_SAVED = JpegSettings(crop=64, untouched=0.0, twice=0.0, grey=0.0)


def crops(count: int = 4, edge: int = 64 + MARGIN) -> Tensor:
    picture = np.ascontiguousarray(data.astronaut()[:edge, 150 : 150 + edge])
    return torch.from_numpy(picture).permute(2, 0, 1)[None].float().div(255).repeat(count, 1, 1, 1)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_a_lower_quality_is_a_higher_level_and_100_is_none() -> None:
    levels = level_of(torch.arange(1.0, 101.0))
    assert bool((levels.diff() < 0).all())
    assert float(levels[-1]) == 0 and float(levels[9]) == pytest.approx(HIGHEST)


@pytest.mark.parametrize("quality", [5, 10, 40, 50, 75, 95, 100])
def test_a_level_says_which_quality_it_stands_for(quality: int) -> None:
    assert quality_of(float(level_of(torch.tensor(float(quality))))) == pytest.approx(quality, abs=0.01)


def test_saving_costs_the_more_the_higher_the_level() -> None:
    damaged, clean, level = save(crops(16), ONLY_SAVED, seeded())
    assert damaged.shape == clean.shape == (16, 3, 64, 64) and level.shape == (16, 1, 8, 8)
    error = (damaged - clean).square().mean((1, 2, 3)).sqrt()
    assert float(np.corrcoef(error.numpy(), level[:, 0, 0, 0].numpy())[0, 1]) > 0.8
    assert torch.allclose((damaged * 255).round(), damaged * 255, atol=1e-3)


def test_some_crops_were_never_saved_and_their_level_says_so() -> None:
    damaged, clean, level = save(crops(), replace(ONLY_SAVED, untouched=1.0), seeded())
    assert not level.any()
    assert float((damaged - clean).abs().max()) < 0.003


def test_what_was_saved_twice_has_the_level_of_the_worse_time() -> None:
    once = save(crops(64), ONLY_SAVED, seeded(3))[2].mean()
    twice = save(crops(64), replace(ONLY_SAVED, twice=1.0), seeded(3))[2].mean()
    assert float(twice) > float(once) * 1.1


def test_grey_crops_stay_grey() -> None:
    damaged, clean, _ = save(crops(), replace(ONLY_SAVED, grey=1.0), seeded())
    for picture in (damaged, clean):
        assert float((picture - picture[:, :1]).abs().max()) < 0.006


@pytest.fixture
def spec(tmp_path: Path) -> TrainSpec:
    photos = tmp_path / "photos"
    photos.mkdir()
    for k, picture in enumerate((data.astronaut(), data.coffee())):
        cv2.imwrite(str(photos / f"{k}.png"), picture[:256, :256, ::-1])
    tiny = {"widths": "8-8-8", "blocks": "1-1-1-1-1", "crop": "32", "batch": "4"}
    return TrainSpec((photos,), tmp_path / "w.safetensors", tmp_path / "work", max_steps=2, device="cpu", settings=tiny)


def test_a_few_steps_write_weights_of_their_own_model(spec: TrainSpec) -> None:
    train(spec, SAVED)
    about = header(spec.output)
    assert about["model"] == "conv-dae-jpeg"
    first = (spec.work / "log.csv").read_text().splitlines()[0].split(",")
    assert first[5:] == [*(f"q{q}" for q in JUDGED), "blind20", "grey20", "kept"]


def test_the_lesson_may_begin_with_what_a_denoiser_knows_but_not_the_other_way_round(spec: TrainSpec) -> None:
    train(spec, NOISE)
    learned = replace(spec, output=spec.output.with_name("j.safetensors"), work=spec.work.with_name("j"))
    train(replace(learned, warm_start=spec.output), SAVED)
    assert header(learned.output)["model"] == "conv-dae-jpeg"
    with pytest.raises(WeightsError, match="conv-dae-jpeg"):
        train(replace(spec, warm_start=learned.output, work=spec.work.with_name("k")), NOISE)


def test_its_estimator_cannot_be_learned_alone(spec: TrainSpec) -> None:
    with pytest.raises(UsageError, match="conv-dae-jpeg cannot learn 'estimator' alone"):
        train(replace(spec, settings={**spec.settings, "learns": "estimator"}), SAVED)
