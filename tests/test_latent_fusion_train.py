"""Training the fuser from folders of photographs: it learns, stops, resumes, and writes weights that load."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from restore_latent_fusion.infer import load
from restore_latent_fusion.model import KINDS, Architecture, LatentFusion
from restore_latent_fusion.plugin import FuseOptions
from restore_latent_fusion.recipe import (
    EXPOSURE,
    FOCUS,
    INFRARED,
    Series,
    Settings,
    draw,
    fusion_loss,
    losses,
    make_brackets,
    make_pairs,
    make_splits,
    some_equal,
    split,
)
from restore_latent_fusion.train import COLUMNS, train
from skimage import data
from torch import Generator, Tensor

from restore.degrade import grey
from restore.errors import InputError, UsageError
from restore.image import Image, Observation
from restore.spec import Runtime, TrainSpec
from restore.toolkit.patches import CropSampler
from restore.weights import PROVENANCE, header
from restore.weights import load as load_weights

TINY = {"width": "8", "deep": "8", "latent": "2", "crop": "64", "exposures": "2", "splits": "1", "pairs": "1"}
EDGE = 64
PHOTOS = data.astronaut(), data.coffee(), data.chelsea(), data.rocket()


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainSpec:
    """Of a training that is judged by small crops, so that it takes a second."""
    for module in ("recipe", "train"):
        monkeypatch.setattr(f"restore_latent_fusion.{module}.VALIDATED", EDGE)
    photos = tmp_path / "photos"
    photos.mkdir()
    for k, picture in enumerate(PHOTOS):
        cv2.imwrite(str(photos / f"{k}.png"), picture[:120, :150, ::-1])
    return TrainSpec(
        data=(photos,),
        output=tmp_path / "w.safetensors",
        work=tmp_path / "work",
        max_steps=2,
        device="cpu",
        settings=TINY,
    )


def rows_of(spec: TrainSpec) -> list[dict[str, str]]:
    with (spec.work / "log.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def photos(count: int = 4, edge: int = 64) -> Tensor:
    crops = [picture[100 : 100 + edge, 100 : 100 + edge] for picture in PHOTOS]
    return torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)[:count].float() / 255


def test_two_steps_write_weights_a_log_a_grid_and_a_checkpoint(spec: TrainSpec) -> None:
    train(spec)
    assert {p.name for p in spec.work.iterdir()} == {"checkpoint.pt", "log.csv", "grid-0000002.png"}
    (row,) = rows_of(spec)
    assert tuple(row) == COLUMNS and row["step"] == "2"
    assert all(np.isfinite(float(value)) for value in row.values())
    assert all(float(row[kind.value]) > 0 for kind in KINDS)
    grid = cv2.imread(str(spec.work / "grid-0000002.png"))
    assert grid is not None and grid.shape == (12 * EDGE, 4 * EDGE, 3), (
        "three series of each set: frames, result, truth"
    )


def test_the_header_says_what_the_weights_are_and_how_they_were_made(spec: TrainSpec) -> None:
    train(replace(spec, seed=3))
    about = header(spec.output)
    assert set(PROVENANCE) <= set(about)
    assert (about["model"], about["steps"], about["seed"]) == ("latent-fusion", "2", "3")
    assert about["command"].startswith("restore train latent-fusion photos -o w.safetensors")
    assert "--max-steps 2" in about["command"] and "--set crop=64" in about["command"]
    assert json.loads(about["config"]) == asdict(Architecture(8, 8, 2))
    settings = json.loads(about["settings"])
    assert settings == asdict(Settings(width=8, deep=8, latent=2, crop=64, exposures=2, splits=1, pairs=1))
    assert len(about["data"]) == 64 and set(json.loads(about["metrics"])) == set(COLUMNS[7:])
    photograph = spec.data[0] / "0.png"
    cv2.imwrite(str(photograph), np.asarray(cv2.imread(str(photograph)))[::-1])
    train(replace(spec, seed=3, work=spec.work.with_name("again")))
    assert header(spec.output)["data"] != about["data"], "it stands for what was learnt from"


def test_weights_that_were_just_learnt_fuse(spec: TrainSpec) -> None:
    train(spec)
    fuser = load(spec.output, Runtime(device="cpu", threads=1))
    frame = Image(np.ascontiguousarray(data.astronaut()[:37, :53]))
    answer = fuser.restore(Observation((frame, frame)), FuseOptions())
    assert isinstance(answer, Image) and answer.pixels.shape == (37, 53, 3)


def test_a_stopped_training_goes_on_where_it_was(spec: TrainSpec) -> None:
    train(spec)
    train(replace(spec, resume=True, max_steps=5))
    assert [row["step"] for row in rows_of(spec)] == ["2", "5"]
    assert header(spec.output)["steps"] in ("2", "5"), "of the better one"
    state = torch.load(spec.work / "checkpoint.pt", weights_only=True)
    assert state["step"] == 5
    assert float(rows_of(spec)[1]["seconds"]) > float(rows_of(spec)[0]["seconds"])


def test_the_same_seed_learns_the_same(spec: TrainSpec) -> None:
    exact = replace(spec, precision="float32")
    found = []
    for seed, name in ((0, "a.safetensors"), (0, "b.safetensors"), (1, "c.safetensors")):
        out = spec.output.with_name(name)
        train(replace(exact, seed=seed, output=out, work=spec.work.with_name(f"work-{name}")))
        found.append(load_weights(out, "latent-fusion")[0])
    one, again, other = found
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_a_warm_start_begins_with_the_given_weights(spec: TrainSpec) -> None:
    train(spec)
    again = replace(spec, warm_start=spec.output, output=spec.output.with_name("again.safetensors"), max_steps=1)
    still = {**spec.settings, "rate": "0", "inner_rate": "0"}
    train(replace(again, settings=still, work=spec.work.with_name("warm")))
    old, new = (load_weights(path, "latent-fusion")[0] for path in (spec.output, again.output))
    assert all(torch.allclose(old[name], new[name], atol=1e-6) for name in old)


def test_one_kind_of_series_may_be_learned_alone(spec: TrainSpec) -> None:
    train(replace(spec, settings={**spec.settings, "exposures": "0", "splits": "0"}, max_steps=1))
    assert spec.output.is_file()


def test_what_is_missing_or_unknown_is_refused(spec: TrainSpec, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        train(replace(spec, resume=True))
    with pytest.raises(UsageError, match=r"no training setting 'widths'.*width"):
        train(replace(spec, settings={"widths": "8"}))
    with pytest.raises(UsageError, match="exposures=many"):
        train(replace(spec, settings={"exposures": "many"}))
    with pytest.raises(UsageError, match="all 0, so that there is nothing to learn from"):
        train(replace(spec, settings=dict.fromkeys(("exposures", "splits", "pairs"), "0")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty"):
        train(replace(spec, data=(tmp_path / "empty",)))


def test_one_in_twenty_photographs_is_held_back_and_a_single_one_serves_for_both() -> None:
    pictures = [np.full((4, 4, 3), k, np.uint8) for k in range(40)]
    learned, held = split(pictures)
    assert (len(learned), len(held)) == (38, 2)
    assert {int(p[0, 0, 0]) for p in learned}.isdisjoint({int(p[0, 0, 0]) for p in held})
    assert [len(part) for part in split(pictures[:3])] == [2, 1]
    assert [len(part) for part in split(pictures[:1])] == [1, 1]


def test_every_step_has_series_of_each_kind_in_8_bit_drawn_by_the_seed() -> None:
    sampler = CropSampler([np.ascontiguousarray(picture) for picture in PHOTOS], 64, seed=0)
    settings = Settings(crop=64, exposures=4, splits=2, pairs=3)
    series = draw(sampler, settings, seeded())
    assert [(each.kind, len(each.frames)) for each in series] == [(EXPOSURE, 4), (FOCUS, 2), (INFRARED, 3)]
    for each in series:
        assert each.frames.shape[2:] == (3, 64, 64) and each.truth.shape == each.frames[:, 0].shape
        assert torch.allclose((each.frames * 255).round(), each.frames * 255, atol=1e-3)
        assert each.kinds.tolist() == [each.kind] * len(each.frames)


def test_brackets_have_two_or_three_frames_and_a_pleasant_picture_each() -> None:
    made = [make_brackets(photos(), seeded(seed)) for seed in range(24)]
    assert {each.frames.shape[1] for each in made} == {2, 3}
    for each in made:
        assert torch.equal(each.truth[:2], photos()[:2]), "half of them are of the photographs as they are"
        assert not torch.equal(each.truth[2:], photos()[2:]), "the others are lit anew"
    assert make_brackets(photos(1), seeded()).frames.shape[0] == 1


@pytest.mark.parametrize("make", [make_brackets, make_splits, make_pairs])
def test_a_share_of_all_series_has_equal_frames_and_these_are_their_own_truth(
    make: Callable[[Tensor, Generator], Series],
) -> None:
    made = make(photos(), seeded())
    none = some_equal(made, photos(), 0.0, seeded())
    assert torch.equal(none.frames, made.frames) and torch.equal(none.truth, made.truth)
    equal = some_equal(made, photos(), 1.0, seeded())
    assert all(torch.equal(series[0], other) for series in equal.frames for other in series)
    assert torch.equal(equal.truth, photos())
    shown = grey(photos()) if made.kind == INFRARED else photos()
    assert torch.allclose(equal.frames[:, 0], shown, atol=0.51 / 255)


def test_a_kind_of_which_none_is_wanted_is_left_out() -> None:
    sampler = CropSampler([np.ascontiguousarray(picture) for picture in PHOTOS], 64, seed=0)
    drawn = draw(sampler, Settings(crop=64, exposures=0, splits=2, pairs=0), seeded())
    assert [series.kind for series in drawn] == [FOCUS]


def test_out_of_focus_costs_the_more_the_farther_it_is_from_the_truth() -> None:
    series = make_splits(photos(), seeded())
    mean = series.frames.mean(1)
    costs = [float(fusion_loss(fused, series, Settings())) for fused in (series.truth, mean, veiled(mean))]
    assert costs == sorted(costs) and costs[0] < 0.3 * costs[1]


def test_a_veil_over_a_bracket_costs_more_than_none() -> None:
    for seed in range(4):
        series = make_brackets(photos(), seeded(seed))
        for fused in (series.truth, series.frames.mean(1)):
            clear, dull = (float(fusion_loss(each, series, Settings())) for each in (fused, veiled(fused)))
            assert clear < dull


def veiled(pictures: Tensor) -> Tensor:
    return 0.5 + 0.3 * (pictures - 0.5)


def test_beside_infrared_what_both_show_costs_less_than_one_of_them_and_colour_costs_more() -> None:
    edge = (torch.arange(64) >= 32).float().expand(1, 3, 64, 64)
    one, other = 0.3 + 0.3 * edge, 0.3 + 0.3 * edge.mT
    series = Series(torch.stack([one, other], 1), INFRARED, one)
    both = torch.maximum(one, other)
    coloured = both + torch.tensor([0.05, -0.0255, 0.0])[:, None, None]
    costs = [float(fusion_loss(fused, series, Settings())) for fused in (both, coloured, 0 * both)]
    assert costs == sorted(costs)
    assert costs[0] < float(fusion_loss(one, series, Settings()))


@pytest.mark.parametrize("kind", [EXPOSURE, FOCUS, INFRARED])
def test_every_parameter_but_other_kinds_learns_from_every_kind_of_series(kind: int) -> None:
    sampler = CropSampler([np.ascontiguousarray(picture) for picture in PHOTOS], 64, seed=0)
    series = draw(sampler, Settings(crop=64, exposures=2, splits=2, pairs=2), seeded())[kind]
    torch.manual_seed(0)
    model = LatentFusion(Architecture(8, 8, 2))
    total, found, nats = losses(model, series, Settings(), seeded())
    total.backward()  # type: ignore[no-untyped-call]
    assert 0 < float(found) < 5 and float(nats) > 0
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and torch.isfinite(parameter.grad).all(), name
        assert bool(parameter.grad.any()), name
    for embedding in (model.attention.kind, model.decoder.kind):
        assert embedding.weight.grad is not None
        moved = embedding.weight.grad.abs().sum(1) > 0
        assert moved.nonzero().flatten().tolist() == [kind] + [len(KINDS)] * (len(moved) > len(KINDS))
