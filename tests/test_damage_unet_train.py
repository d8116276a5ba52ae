"""Training from folders of photographs and overlays: it learns, stops, resumes, and writes weights that load."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from restore_damage_unet import damage
from restore_damage_unet.damage import draw_layers, drawn_scratch, scanned, toned, truth_of
from restore_damage_unet.infer import load
from restore_damage_unet.model import CHANNELS, Architecture, Detector, shown
from restore_damage_unet.overlays import Overlay, holds_overlays, load_overlays, placed, split_overlays
from restore_damage_unet.plugin import DetectOptions
from restore_damage_unet.recipe import Batch, calibrate, loss_of, make_batch, split
from restore_damage_unet.scoring import Agreement, agreement
from restore_damage_unet.train import train
from skimage import data
from torch import Generator

from restore.errors import InputError, UsageError
from restore.image import Image, Observation
from restore.spec import Runtime, TrainSpec
from restore.weights import header

TINY = {"widths": "8-8", "crop": "64", "batch": "2", "judged": "1"}


def write_overlays(folder: Path) -> Path:
    """Two kinds of damage: hairs and spots, white on nothing."""
    folder.mkdir()
    for k in range(12):
        picture = np.full((80, 80, 4), 255, np.uint8)
        alpha = np.zeros((80, 80), np.uint8)
        if k % 2:
            cv2.line(alpha, (10, 5 * k), (70, 60), 255, 2, cv2.LINE_AA)
        else:
            cv2.circle(alpha, (40, 40), 4 + k, 200, cv2.FILLED, cv2.LINE_AA)
        picture[..., 3] = alpha
        cv2.imwrite(str(folder / f"{'hair-short' if k % 2 else 'spots'}-{k:03d}.png"), picture)
    return folder


@pytest.fixture
def overlays(tmp_path: Path) -> list[Overlay]:
    return list(load_overlays([write_overlays(tmp_path / "film")]).items)


@pytest.fixture
def spec(tmp_path: Path) -> TrainSpec:
    photos = tmp_path / "photos"
    photos.mkdir()
    for k, picture in enumerate((data.astronaut(), data.coffee(), data.chelsea(), data.rocket())):
        cv2.imwrite(str(photos / f"{k}.png"), picture[:300, :300, ::-1])
    return TrainSpec(
        data=(photos, write_overlays(tmp_path / "film")),
        output=tmp_path / "w.safetensors",
        work=tmp_path / "work",
        max_steps=2,
        device="cpu",
        settings=TINY,
    )


def test_two_steps_write_weights_a_log_a_grid_and_a_checkpoint(spec: TrainSpec) -> None:
    train(spec)
    about = header(spec.output)
    assert about["model"] == "damage-unet"
    assert about["steps"] == "2"
    assert about["command"].startswith("restore train damage-unet photos film -o w.safetensors")
    assert set(json.loads(about["metrics"])) == {"f1", "precision", "recall", "single", "marked", "logit"}
    assert {p.name for p in spec.work.iterdir()} == {"checkpoint.pt", "log.csv", "grid-0000002.png"}
    unet = load(spec.output, Runtime(device="cpu"))
    picture = Image(data.astronaut()[:24, :30].copy())
    assert unet.restore(Observation((picture,)), DetectOptions()).pixels.shape == (24, 30, 1)


def test_a_resumed_training_goes_on_where_it_stopped(spec: TrainSpec) -> None:
    train(spec)
    train(replace(spec, resume=True, max_steps=4))
    rows = (spec.work / "log.csv").read_text().splitlines()
    assert [r.split(",")[1] for r in rows] == ["step", "2", "4"]


def test_what_is_missing_or_unknown_is_refused(spec: TrainSpec) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        train(replace(spec, resume=True))
    with pytest.raises(UsageError, match="no training setting 'width'"):
        train(replace(spec, settings={"width": "8"}))
    with pytest.raises(UsageError, match="widths=8-8-8 needs a multiple of 8, not crop=100"):
        train(replace(spec, settings={"widths": "8-8-8", "crop": "100"}))
    with pytest.raises(InputError, match="no overlays"):
        train(replace(spec, data=spec.data[:1]))
    with pytest.raises(InputError, match="no photograph"):
        train(replace(spec, data=spec.data[1:]))


def test_a_warm_start_begins_with_the_given_weights(spec: TrainSpec) -> None:
    train(spec)
    again = replace(spec, warm_start=spec.output, output=spec.output.with_name("again.safetensors"), max_steps=1)
    train(replace(again, settings=TINY | {"rate": "0", "inner_rate": "0"}))
    old, new = (load(p, Runtime(device="cpu")).network.state_dict() for p in (spec.output, again.output))
    assert torch.equal(old["1.weight"], new["1.weight"])


def test_folders_of_transparent_pngs_are_overlays_and_all_others_photographs(spec: TrainSpec, tmp_path: Path) -> None:
    assert [holds_overlays(folder) for folder in spec.data] == [False, True]
    (tmp_path / "empty").mkdir()
    assert not holds_overlays(tmp_path / "empty")


def test_an_opaque_picture_among_overlays_is_refused_by_name(tmp_path: Path) -> None:
    folder = write_overlays(tmp_path / "film")
    cv2.imwrite(str(folder / "zebra.png"), np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(InputError, match="not a picture with transparency") as caught:
        load_overlays([folder])
    assert caught.value.path == folder / "zebra.png"


def test_one_overlay_in_ten_of_each_kind_is_held_back(overlays: list[Overlay]) -> None:
    many = overlays * 5
    held = split_overlays(many)[1]
    assert {item.kind for item in held} == {"hair-short", "spots"}
    assert len(held) == 6
    alone = split_overlays(overlays[:1])
    assert [len(part) for part in alone] == [1, 1]
    assert not {id(item) for item in split_overlays(overlays)[0]} & {id(item) for item in split_overlays(overlays)[1]}


def test_one_photograph_in_ten_is_held_back() -> None:
    pictures = [data.astronaut()[:8, :8] for _ in range(40)]
    assert [len(part) for part in split(pictures)] == [36, 4]
    assert [len(part) for part in split(pictures[:1])] == [1, 1]


@pytest.mark.parametrize("scale", [0.4, 1.0, 2.2])
def test_a_placed_overlay_is_seen_and_as_large_as_asked_for(overlays: list[Overlay], scale: float) -> None:
    spot = next(item for item in overlays if item.kind == "spots")
    areas = [placed(spot, (200, 200), scale, np.random.default_rng(seed)).sum() for seed in range(20)]
    assert min(areas) > 0
    whole = float((spot.alpha[0] / 255).sum()) * scale**2
    assert max(areas) == pytest.approx(whole, rel=0.15)


def test_a_drawn_scratch_is_thin_and_long() -> None:
    for seed in range(5):
        canvas = drawn_scratch(128, np.random.default_rng(seed))
        assert 0 < (canvas > 0.3).mean() < 0.15
        assert canvas.max() <= 1


def test_damage_is_laid_on_or_drawn_in_the_share_that_is_asked_for(
    overlays: list[Overlay], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def noted(source: str) -> None:
        original = getattr(damage, source)

        def draw(*given: object) -> object:
            made.append(source)
            return original(*given)

        monkeypatch.setattr(damage, source, draw)

    noted("placed")
    noted("drawn_scratch")

    def shares(drawn: float) -> float:
        made.clear()
        draw_layers(overlays, 60, 64, 0.0, np.random.default_rng(0), drawn)
        return made.count("drawn_scratch") / len(made)

    assert shares(0) == 0 and shares(1) == 1
    assert 0.3 < shares(0.5) < 0.7


def test_truth_is_where_the_picture_changes_and_clean_crops_have_none(overlays: list[Overlay]) -> None:
    random, generator = np.random.default_rng(0), Generator().manual_seed(0)
    clean = torch.full((8, 3, 80, 80), 0.5)
    layers = draw_layers(overlays, 8, 80, 0.0, random)
    batch = make_batch(clean, layers, generator)
    assert batch.scan.shape == (8, 3, 64, 64)
    assert batch.truth.mean((1, 2, 3)).gt(0).sum() >= 6
    assert set(batch.truth.flatten().tolist()) == {0.0, 1.0}
    nothing = make_batch(clean, draw_layers(overlays, 8, 80, 1.0, random), generator)
    assert not nothing.truth.any()
    assert nothing.weight.min() == 1


def test_what_can_hardly_be_seen_counts_little() -> None:
    change = torch.tensor([0.0, 12, 24, 40]).reshape(1, 1, 1, 4) / 255
    truth, weight = truth_of(change)
    assert truth.flatten().tolist() == [0, 0, 1, 1]
    assert weight.flatten().tolist() == pytest.approx([1, 0.2, 0.2, 1])


def test_noise_and_compression_are_no_damage() -> None:
    clean = toned(torch.rand(12, 3, 64, 64), Generator().manual_seed(1))
    scan, change = scanned(clean, clean.clone(), Generator().manual_seed(2))
    assert not change.any()
    assert (scan - clean).abs().mean() > 1e-3
    assert 0 <= float(scan.min()) <= float(scan.max()) <= 1


def test_the_loss_is_small_for_the_truth_and_counts_every_mark_on_a_clean_crop() -> None:
    truth = torch.zeros(2, 1, 32, 32)
    truth[0, :, 10:20, 10:12] = 1
    batch = Batch(torch.zeros(2, 3, 32, 32), truth, torch.ones_like(truth))
    perfect = (truth * 2 - 1) * 12
    assert float(loss_of(perfect, batch)) < 0.01
    marked = perfect.clone()
    marked[1, :, 5, :20] = 12
    assert float(loss_of(marked, batch)) > float(loss_of(perfect, batch)) + 0.05


def test_a_damaged_pixel_counts_more_where_there_are_few() -> None:
    truth = torch.zeros(1, 1, 64, 64)
    truth[..., 5, 5] = 1
    few = Batch(torch.zeros(1, 3, 64, 64), truth, torch.ones_like(truth))
    many = replace(few, truth=torch.ones_like(truth))
    silent = torch.full_like(truth, -3.0)
    found = torch.where(truth > 0, 3.0, silent)
    gain = [float(loss_of(silent, b) - loss_of(found, b)) for b in (few, many)]
    assert gain[0] > 2 * gain[1] > 0


def test_learning_lowers_the_loss(overlays: list[Overlay]) -> None:
    torch.manual_seed(0)
    model = Detector(Architecture((8, 8)))
    clean = torch.full((4, 3, 80, 80), 0.5)
    batch = make_batch(clean, draw_layers(overlays, 4, 80, 0.0, np.random.default_rng(0)), Generator().manual_seed(0))
    adam = torch.optim.Adam(model.parameters(), 5e-3)
    found = []
    for _ in range(30):
        loss = loss_of(model(shown(batch.scan)), batch)
        adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        found.append(float(loss.detach()))
    assert found[-1] < 0.7 * found[0]


def test_calibration_moves_the_threshold_to_one_half() -> None:
    torch.manual_seed(0)
    model, picture = Detector(Architecture((8, 8))), torch.rand(1, CHANNELS, 8, 8)
    with torch.no_grad():
        before = model(picture)
        calibrate(model, 1.5)
        assert torch.allclose(model(picture), before - 1.5, atol=1e-6)


def test_agreement_forgives_one_pixel_and_no_more() -> None:
    truth, near, far = (np.zeros((9, 9), bool) for _ in range(3))
    truth[4, 2:7] = near[5, 2:7] = far[6, 2:7] = True
    assert agreement(near, truth).f1 == 1
    assert agreement(far, truth).f1 == 0
    assert agreement(near, truth, tolerance=0).f1 == 0
    half = agreement(near, truth) + agreement(far, truth)
    assert (half.precision, half.recall) == (0.5, 0.5)
    nothing = np.zeros((9, 9), bool)
    assert agreement(nothing, nothing) == Agreement()
    assert agreement(nothing, nothing).f1 == 1
    assert agreement(nothing, truth).f1 == 0
