"""Training the inpainter: alone, against the discriminator, stopped and resumed; and its holes and halos."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from restore_gan_inpaint.damage import CANVAS, MOST, SHARES, Holes
from restore_gan_inpaint.model import COARSE_HALO, FINE_HALO, MULTIPLE, Architecture, Generator
from restore_gan_inpaint.train import train

from restore.errors import InputError, UsageError
from restore.spec import TrainSpec
from restore.toolkit.training import load_checkpoint
from restore.weights import header, load
from tests.narrow_inpainter import TINY, narrow_training
from tests.random_inpainter import some


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainSpec:
    return narrow_training(tmp_path, monkeypatch)


def rows_of(spec: TrainSpec) -> list[dict[str, str]]:
    with (spec.work / "log.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_learning_alone_writes_weights_a_log_a_grid_and_a_checkpoint(spec: TrainSpec) -> None:
    train(replace(spec, settings={**spec.settings, "adversarial": "0"}))
    about = header(spec.output)
    assert about["model"] == "gan-inpaint"
    assert about["steps"] == "2"
    assert json.loads(about["settings"])["overlays"] == "overlays"  # not where they lie on this machine
    assert {p.name for p in spec.work.iterdir()} == {"checkpoint.pt", "log.csv", "grid-0000002.png"}
    (row,) = rows_of(spec)
    assert float(row["reconstruction"]) > 0
    assert float(row["critic"]) == 0
    generator = Generator(Architecture(**json.loads(about["config"])))
    generator.load_state_dict(load(spec.output, "gan-inpaint")[0])


def test_the_discriminator_joins_after_the_share_that_is_the_generator_s_own_and_survives_a_stop(
    spec: TrainSpec,
) -> None:
    spec = replace(spec, settings={**spec.settings, "alone": "0.4", "penalty_every": "1"}, max_steps=4)
    train(spec)
    train(replace(spec, resume=True, max_steps=6))
    first, second = rows_of(spec)
    assert (first["step"], second["step"]) == ("4", "6")
    for row in (first, second):
        assert float(row["critic"]) > 0
        assert float(row["matching"]) > 0
        assert float(row["penalty"]) > 0
        assert 0 < float(row["accuracy"]) <= 1


def test_a_discriminator_goes_on_in_another_training(spec: TrainSpec) -> None:
    against = {**spec.settings, "alone": "0"}
    train(replace(spec, settings=against))
    critic = spec.work / "checkpoint.pt"
    other = replace(spec, work=spec.work.with_name("other"), output=spec.output.with_name("other.safetensors"))
    train(replace(other, settings={**against, "critic": str(critic), "critic_rate": "0"}, max_steps=1))
    old, new = (load_checkpoint(path)["critic"] for path in (critic, other.work / "checkpoint.pt"))
    weights = [name for name in old if name.endswith(("bias", "original"))]
    assert weights and all(torch.equal(old[name], new[name]) for name in weights)
    assert json.loads(header(other.output)["settings"])["critic"] == "checkpoint.pt"


def test_a_warm_start_begins_with_the_given_weights(spec: TrainSpec) -> None:
    train(spec)
    again = replace(spec, warm_start=spec.output, output=spec.output.with_name("again.safetensors"), max_steps=1)
    train(replace(again, settings={**spec.settings, "rate": "0", "inner_rate": "0"}))
    old, new = (load(path, "gan-inpaint")[0] for path in (spec.output, again.output))
    assert all(torch.equal(old[name], new[name]) for name in old)


def test_what_is_missing_unknown_or_no_overlay_is_refused(spec: TrainSpec, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        train(replace(spec, resume=True))
    with pytest.raises(UsageError, match="no training setting 'widths'"):
        train(replace(spec, settings={"widths": "8"}))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no PNG of film damage"):
        train(replace(spec, settings={**TINY, "overlays": str(tmp_path / "empty")}))
    with pytest.raises(InputError, match="no RGBA picture"):
        train(replace(spec, settings={**TINY, "overlays": str(spec.data[0])}))


def test_holes_of_every_kind_are_drawn_and_the_same_seed_draws_the_same(spec: TrainSpec) -> None:
    overlays = Path(spec.settings["overlays"])
    holes, again, other = (Holes(64, seed, count=24, overlays=overlays) for seed in (1, 1, 2))
    batch = holes.batch(16)
    assert batch.shape == (16, 1, 64, 64)
    assert set(batch.flatten().tolist()) == {0.0, 1.0}
    shares = batch.mean((1, 2, 3))
    assert bool((shares > 0).all())
    assert bool((shares < MOST).all())
    assert torch.equal(batch, again.batch(16))
    assert not torch.equal(batch, other.batch(16))


@pytest.mark.parametrize("kind", SHARES)
def test_each_kind_of_hole_leaves_most_of_a_picture(kind: str) -> None:
    hair = np.zeros((100, 100), np.uint8)
    cv2.line(hair, (5, 5), (90, 70), 255, 2)
    holes = Holes(64, 0, count=1)
    drawn = [holes._draw(kind, [hair]) for _ in range(5)]
    assert all(hole.shape == CANVAS for hole in drawn)
    assert all(0 < hole.mean() < 0.75 for hole in drawn)


def test_what_missing_pixels_hold_is_never_looked_at() -> None:
    picture, missing = some()
    generator = Generator()
    other = torch.where(missing > 0, torch.rand_like(picture), picture)
    with torch.no_grad():
        for a, b in zip(generator(picture, missing), generator(other, missing), strict=True):
            assert torch.allclose(a, b, atol=1e-6)


def test_the_halos_are_as_far_as_the_halves_can_see_and_a_hole_sees_256_pixels_around_it() -> None:
    torch.manual_seed(0)
    # Of few channels none may be open just where a kernel reaches farthest.
    generator, edge = Generator(Architecture(half=4, quarter=4, eighth=16, sixteenth=16)).double(), 832
    middle = edge // 2
    picture = torch.rand(1, 3, edge, edge, dtype=torch.float64, requires_grad=True)
    missing = torch.zeros(1, 1, edge, edge, dtype=torch.float64)
    missing[..., middle : middle + 16, middle : middle + 16] = 1
    filled, features = generator.coarse(picture, missing)
    part = features[..., middle // 8 : middle // 8 + 2, middle // 8 : middle // 8 + 2]
    (
        part.abs().sum() + filled[..., middle // 4 : middle // 4 + 4, middle // 4 : middle // 4 + 4].abs().sum()
    ).backward()  # type: ignore[no-untyped-call]
    assert picture.grad is not None
    seen = picture.grad.abs().sum((0, 1)).nonzero()
    reach = middle - int(seen.min()), int(seen.max()) - middle - 15
    assert 256 <= min(reach) <= max(reach) <= COARSE_HALO
    assert COARSE_HALO % MULTIPLE == FINE_HALO % MULTIPLE == 0

    picture.grad = None
    given = filled.detach().requires_grad_(True), features.detach().requires_grad_(True)
    result = generator.fine(picture, missing, *given)
    result[..., middle : middle + 16, middle : middle + 16].abs().sum().backward()  # type: ignore[no-untyped-call]
    for tensor in (picture, *given):
        assert tensor.grad is not None
        step = edge // tensor.shape[-1]
        seen = tensor.grad.abs().sum((0, 1)).nonzero() * step
        assert max(middle - int(seen.min()), int(seen.max()) + step - middle - 16) <= FINE_HALO


def test_a_network_that_sees_farther_than_its_halos_is_refused() -> None:
    for far in ({"dilations": (4, 8, 1)}, {"near": (1, 2, 2)}, {"after": 3}):
        with pytest.raises(ValueError, match="pixels far"):
            Architecture(**far)
