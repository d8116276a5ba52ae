"""Training from a folder of photographs: it learns, stops, resumes, and writes weights that load."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from restore_conv_dae.infer import load
from restore_conv_dae.plugin import DenoiseOptions
from restore_conv_dae.recipe import MARGIN, Settings, degrade, picture_loss, split
from restore_conv_dae.train import train
from restore_conv_dae.train_estimator import level_loss
from safetensors.torch import load_file
from skimage import data

from restore.errors import InputError, UsageError
from restore.image import Image, Observation
from restore.spec import Runtime, TrainSpec
from restore.weights import header

TINY = {"widths": "8-8-8", "blocks": "1-1-1-1-1", "crop": "32", "batch": "8"}


@pytest.fixture
def spec(tmp_path: Path) -> TrainSpec:
    photos = tmp_path / "photos"
    photos.mkdir()
    for k, picture in enumerate((data.astronaut(), data.coffee(), data.chelsea(), data.rocket())):
        cv2.imwrite(str(photos / f"{k}.png"), picture[:256, :256, ::-1])
    return TrainSpec(
        data=(photos,),
        output=tmp_path / "w.safetensors",
        work=tmp_path / "work",
        max_steps=3,
        device="cpu",
        settings=TINY,
    )


def test_a_few_steps_write_weights_a_log_a_grid_and_a_checkpoint(spec: TrainSpec) -> None:
    train(spec)
    about = header(spec.output)
    assert about["model"] == "conv-dae"
    assert about["steps"] == "3"
    assert len(about["data"]) == 64
    assert {p.name for p in spec.work.iterdir()} == {"checkpoint.pt", "log.csv", "grid-0000003.png"}
    picture = Image(np.zeros((24, 24, 3), np.uint8))
    dae = load(spec.output, Runtime(device="cpu"))
    assert dae.restore(Observation((picture,)), DenoiseOptions(sigma=10)).pixels.shape == (24, 24, 3)


def test_a_resumed_training_goes_on_where_it_stopped(spec: TrainSpec) -> None:
    train(spec)
    train(replace(spec, resume=True, max_steps=5))
    rows = (spec.work / "log.csv").read_text().splitlines()
    assert [r.split(",")[1] for r in rows] == ["step", "3", "5"]


def test_training_starts_from_given_weights(spec: TrainSpec) -> None:
    train(spec)
    first = float((spec.work / "log.csv").read_text().splitlines()[-1].split(",")[5])
    train(replace(spec, work=spec.work.with_name("again"), warm_start=spec.output, max_steps=1))
    again = float((spec.work.with_name("again") / "log.csv").read_text().splitlines()[-1].split(",")[5])
    assert again == pytest.approx(first, abs=1.0)


def test_the_estimator_learns_alone_and_leaves_the_denoiser_as_it_is(spec: TrainSpec) -> None:
    train(spec)
    alone = replace(spec, output=spec.output.with_name("e.safetensors"), work=spec.work.with_name("alone"))
    train(replace(alone, warm_start=spec.output, settings=TINY | {"learns": "estimator"}))
    before, after = (load_file(path) for path in (spec.output, alone.output))
    assert all(torch.equal(before[name], after[name]) for name in before if name.startswith("denoiser."))
    assert not all(torch.equal(before[name], after[name]) for name in before if name.startswith("estimator."))
    row = dict(zip(*((alone.work / "log.csv").read_text().splitlines()[k].split(",") for k in (0, -1)), strict=True))
    assert float(row["kept"]) >= float(row["worst"]) and float(row["level"]) > 0
    assert header(alone.output)["model"] == "conv-dae"


def test_widths_and_blocks_of_different_networks_are_refused(spec: TrainSpec) -> None:
    with pytest.raises(UsageError, match="widths=8-8 needs 3 numbers of blocks, not blocks=1-1-1-1-1"):
        train(replace(spec, settings={"widths": "8-8", "blocks": "1-1-1-1-1"}))


def test_what_cannot_be_learned_alone_is_refused(spec: TrainSpec) -> None:
    with pytest.raises(UsageError, match="learns=denoiser: Input should be 'both' or 'estimator'"):
        train(replace(spec, settings=TINY | {"learns": "denoiser"}))


def test_a_level_that_is_too_high_costs_more_than_one_too_low_and_less_with_camera_noise() -> None:
    level = torch.full((2, 1, 4, 4), 10 / 255)
    low, high = level - 2 / 255, level + 2 / 255
    assert float(level_loss(high, level, 0)) > float(level_loss(low, level, 0)) > 0
    assert float(level_loss(high, level, 2)) < float(level_loss(low, level, 2))
    assert float(level_loss(level, level, 1)) == 0


def test_of_equal_errors_the_one_in_green_weighs_most_where_luma_is_asked_for() -> None:
    clean, level = torch.full((1, 3, 8, 8), 0.5), torch.full((1, 1, 1, 1), 0.1)
    off = [clean + 0.1 * torch.eye(3)[k].reshape(1, 3, 1, 1) for k in range(3)]
    plain, luma = ([float(picture_loss(x, clean, level, share)) for x in off] for share in (0.0, 0.7))
    assert plain == pytest.approx([plain[0]] * 3)
    assert luma[1] > luma[0] > luma[2]


def test_unknown_settings_and_unreadable_values_are_refused(spec: TrainSpec) -> None:
    with pytest.raises(UsageError, match="crop"):
        train(replace(spec, settings={"patch": "64"}))
    with pytest.raises(UsageError, match="cannot be read"):
        train(replace(spec, settings={"rate": "fast"}))


def test_a_missing_checkpoint_is_named(spec: TrainSpec) -> None:
    with pytest.raises(InputError, match="no checkpoint to resume from"):
        train(replace(spec, resume=True))


def test_degraded_batches_hold_grey_colour_and_camera_pictures() -> None:
    settings = Settings(crop=32, batch=16, clean=0)
    clean = torch.rand(16, 3, 32 + MARGIN, 32 + MARGIN, generator=torch.Generator().manual_seed(0))
    noisy, target, level = degrade(clean, settings, torch.Generator().manual_seed(1))
    assert noisy.shape == target.shape == (16, 3, 32, 32)
    assert level.shape == (16, 1, 4, 4)
    spread = noisy.std(1).amax((1, 2))
    assert bool((spread[:2] < 1e-6).all()), "the first are grey, noise included"
    assert float(spread[2]) > 0.01
    # Where the noise is Gaussian the level is its deviation, up to sampling.
    measured = (noisy - target)[2:13].std((1, 2, 3))
    assert torch.allclose(measured, level[2:13, 0, 0, 0], rtol=0.15, atol=1e-3)


@pytest.mark.parametrize(("count", "held_back"), [(1, 1), (2, 1), (9, 1), (25, 2), (240, 24), (427, 25)])
def test_a_tenth_is_held_back_and_never_learned_from(count: int, held_back: int) -> None:
    pictures = [np.full((1, 1, 3), k, np.int64) for k in range(count)]
    learned, held = split(pictures)
    assert len(held) == held_back
    if count > 1:
        assert len(learned) == count - held_back
        assert not {int(p[0, 0, 0]) for p in learned} & {int(p[0, 0, 0]) for p in held}


def test_some_pictures_have_no_noise_at_all() -> None:
    clean = torch.rand(16, 3, 32 + MARGIN, 32 + MARGIN)
    noisy, target, level = degrade(clean, Settings(crop=32, camera=0, clean=1), torch.Generator().manual_seed(1))
    assert torch.equal(noisy, target)
    assert float(level.max()) == 0


def test_the_loss_is_the_root_of_each_picture_s_error_relative_to_what_is_usual_at_its_level() -> None:
    clean, restored = torch.zeros(2, 3, 8, 8), torch.zeros(2, 3, 8, 8)
    restored[0] = 0.1
    level = torch.tensor([25 / 255, 0.0]).view(2, 1, 1, 1)
    expected = (np.sqrt((0.01 + 5e-5) / (1e-3 + 5e-5)) + 1) / 2
    assert float(picture_loss(restored, clean, level)) == pytest.approx(expected, rel=1e-5)
