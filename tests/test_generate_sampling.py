"""`generate sample`, `interpolate`, `reconstruct`, `augment`: what they write, and what they refuse."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
import torch
from restore_generate.architecture import Architecture, Model, weights_name
from restore_generate.asking import WEIGHTS
from restore_generate.latents import mixed, slerp
from restore_generate.models import build, model_of

from restore.errors import InputError, OutputError, UsageError, WeightsError
from restore.weights import save
from tests.generate_calls import call, class_folders

TINY = Architecture("vae", width=4, latent=6, patch=16)
CLASSES = ("cat", "dog")
Written = Callable[..., Path]


@pytest.fixture
def weights(tmp_path: Path) -> Written:
    """Writes random weights of a tiny model."""

    def write(model: str) -> Path:
        torch.manual_seed(0)
        architecture = replace(TINY, model=cast(Model, model), classes=CLASSES)
        path = tmp_path / f"{model}.safetensors"
        said = {"model": weights_name(model), "config": json.dumps(architecture.as_dict())}
        network = build(architecture)
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d) and module.running_var is not None:
                module.running_var.fill_(1e-3)  # as if it had seen how small its kernels are
        save(path, network.state_dict(), said)
        return path

    return write


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return class_folders(tmp_path / "photos", CLASSES, 2, (40, 50))


def shape(path: Path) -> tuple[int, ...]:
    seen = cv2.imread(str(path))
    assert seen is not None
    return tuple(seen.shape[:2])


@pytest.mark.parametrize("model", ["vae", "cvae", "dcgan", "ae", "bvae", "vrnn"])
def test_the_same_seed_makes_the_same_grid_and_another_another(model: str, weights: Written, tmp_path: Path) -> None:
    grids = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        call("sample", weights(model), "-n", 6, "--columns", 3, "--seed", seed, "-o", tmp_path / f"{name}.png")
        grids.append((tmp_path / f"{name}.png").read_bytes())
    assert grids[0] == grids[1] != grids[2]
    assert shape(tmp_path / "a.png") == (2 * 66 + 2, 3 * 66 + 2)


def test_a_class_is_asked_for_by_its_name(weights: Written, tmp_path: Path) -> None:
    path = weights("cvae")
    for name in CLASSES:
        call("sample", path, "--class", name, "-n", 4, "-o", tmp_path / f"{name}.png")
    assert (tmp_path / "cat.png").read_bytes() != (tmp_path / "dog.png").read_bytes()
    with pytest.raises(UsageError, match=r"no class 'cow'.*cat, dog"):
        call("sample", path, "--class", "cow", "-o", tmp_path / "x.png")
    with pytest.raises(UsageError, match="knows no classes"):
        call("sample", weights("vae"), "--class", "cat", "-o", tmp_path / "x.png")


def test_without_heat_all_samples_are_one(weights: Written, tmp_path: Path) -> None:
    call("sample", weights("vae"), "-n", 2, "--columns", 2, "--temperature", 0, "-o", tmp_path / "x.png")
    seen = cv2.imread(str(tmp_path / "x.png"))
    assert seen is not None and np.array_equal(seen[2:66, 2:66], seen[2:66, 68:132])


def test_a_way_between_seeds_begins_and_ends_with_their_samples(weights: Written, tmp_path: Path) -> None:
    path = weights("dcgan")
    call("interpolate", path, 3, 4, "--steps", 5, "-o", tmp_path / "way.png")
    way = cv2.imread(str(tmp_path / "way.png"))
    assert way is not None and way.shape[:2] == (68, 5 * 66 + 2)
    for seed, left in ((3, 2), (4, 2 + 4 * 66)):
        call("sample", path, "-n", 1, "--seed", seed, "--overwrite", "-o", tmp_path / "end.png")
        end = cv2.imread(str(tmp_path / "end.png"))
        assert end is not None
        assert np.abs(way[2:66, left : left + 64].astype(int) - end).max() <= 1


def test_a_way_between_photographs_needs_an_encoder(weights: Written, photos: Path, tmp_path: Path) -> None:
    ends = (photos / "cat" / "0.png", photos / "dog" / "1.png")
    call("interpolate", weights("vae"), *ends, "-o", tmp_path / "way.png")
    assert shape(tmp_path / "way.png") == (68, 10 * 66 + 2)
    with pytest.raises(UsageError, match="dcgan has no encoder"):
        call("interpolate", weights("dcgan"), *ends, "-o", tmp_path / "other.png")


def test_slerp_keeps_to_the_sphere_and_goes_evenly() -> None:
    first, second = torch.tensor([3.0, 0, 0]), torch.tensor([0, 3.0, 0])
    way = slerp(first, second, 5)
    assert torch.allclose(way[0], first, atol=1e-6) and torch.allclose(way[-1], second, atol=1e-6)
    assert torch.allclose(way.norm(dim=1), torch.full((5,), 3.0), atol=1e-5)
    angles = torch.acos((way[:-1] * way[1:]).sum(1) / 9)
    assert torch.allclose(angles, torch.full((4,), torch.pi / 8), atol=1e-4)


def test_slerp_of_equal_and_opposite_points_is_finite() -> None:
    point = torch.tensor([[1.0, 2.0]])
    for other in (point, -point, 0 * point):
        assert bool(torch.isfinite(mixed(point, other, torch.tensor([0.5]))).all())


def test_photographs_are_shown_above_what_comes_back(weights: Written, photos: Path, tmp_path: Path) -> None:
    said = call("reconstruct", weights("vae"), *sorted(photos.rglob("*.png")), "-o", tmp_path / "x.png")
    assert said.count(" dB") == 4 and shape(tmp_path / "x.png") == (2 * 66 + 2, 4 * 66 + 2)
    with pytest.raises(UsageError, match="told the class"):
        call("reconstruct", weights("cvae"), photos / "cat" / "0.png", "-o", tmp_path / "y.png")
    with pytest.raises(InputError, match="does not exist"):
        call("reconstruct", weights("vae"), photos / "no.png", "-o", tmp_path / "y.png")


@pytest.mark.parametrize("model", ["vae", "cvae"])
def test_new_pictures_lie_in_folders_of_the_old_ones_names(
    model: str, weights: Written, photos: Path, tmp_path: Path
) -> None:
    call("augment", photos, "-m", weights(model), "-n", 6, "-o", tmp_path / "new")
    with (tmp_path / "new" / "made.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 6 and len({row["from"] for row in rows}) == 4
    for row in rows:
        made = cv2.imread(str(tmp_path / "new" / row["made"]))
        assert made is not None and made.shape == (32, 32, 3)
        assert row["made"].split("/")[0] == row["from"].split("/")[0]


def test_at_no_distance_the_picture_comes_back_as_the_model_sees_it(
    weights: Written, photos: Path, tmp_path: Path
) -> None:
    path = weights("vae")
    call("augment", photos, "-m", path, "-n", 1, "--distance", 0, "-o", tmp_path / "new")
    with (tmp_path / "new" / "made.csv").open(newline="") as stream:
        (row,) = csv.DictReader(stream)
    call("reconstruct", path, photos / row["from"], "-o", tmp_path / "x.png")
    made, seen = cv2.imread(str(tmp_path / "new" / row["made"])), cv2.imread(str(tmp_path / "x.png"))
    assert made is not None and seen is not None
    assert np.abs(made.astype(int) - seen[68:132:2, 2:66:2]).max() <= 1


def test_folders_that_do_not_do_are_refused_before_anything_is_written(
    weights: Written, photos: Path, tmp_path: Path
) -> None:
    (photos / "cow").mkdir()
    cv2.imwrite(str(photos / "cow" / "1.png"), np.zeros((9, 9, 3), np.uint8))
    with pytest.raises(InputError, match=r"'cow' is no class.*cat, dog"):
        call("augment", photos, "-m", weights("cvae"), "-o", tmp_path / "new")
    with pytest.raises(OutputError, match="not empty"):
        call("augment", photos, "-m", weights("vae"), "-o", photos)
    with pytest.raises(UsageError, match="no encoder"):
        call("augment", photos, "-m", weights("dcgan"), "-o", tmp_path / "new")
    with pytest.raises(InputError, match="does not exist"):
        call("augment", photos / "no", "-m", weights("vae"), "-o", tmp_path / "new")


def test_outputs_are_not_replaced_unless_that_is_said(weights: Written, tmp_path: Path) -> None:
    words = ("sample", weights("vae"), "-n", 1, "-o", tmp_path / "x.png")
    call(*words)
    with pytest.raises(OutputError, match="exists already"):
        call(*words)
    call(*words, "--overwrite")
    for name, said in (("x.jpg", "suffix"), ("", "folder")):
        with pytest.raises(OutputError, match=said):
            call(*words[:-1], tmp_path / name)


def test_weights_that_are_not_there_or_not_ours_are_named(weights: Written, tmp_path: Path) -> None:
    out = tmp_path / "x.png"
    with pytest.raises(UsageError, match="no generative model 'stable'"):
        call("sample", "stable", "-o", out)
    with pytest.raises(WeightsError, match=r"no weights of vrnn.*restore generate train vrnn"):
        call("sample", "vrnn", "-o", out)
    with pytest.raises(WeightsError, match="makes no pictures"):
        call("sample", weights("classifier"), "-o", out)
    save(tmp_path / "other.safetensors", {"a": torch.zeros(1)}, {"model": "conv-dae"})
    with pytest.raises(WeightsError, match="not the weights of a generative model"):
        call("sample", tmp_path / "other.safetensors", "-o", out)
    said = {"model": "generate-vae", "config": json.dumps(TINY.as_dict())}
    save(tmp_path / "odd.safetensors", {"a": torch.zeros(1)}, said)
    with pytest.raises(WeightsError, match="does not fit the network of vae"):
        call("sample", tmp_path / "odd.safetensors", "-o", out)


@pytest.mark.parametrize("model", ["classifier", "cvae", "dcgan", "vae"])
def test_shipped_weights_are_small_and_load(model: str, tmp_path: Path) -> None:
    path = WEIGHTS / f"{model}.safetensors"
    assert path.stat().st_size <= 8 * 2**20 and model_of(path) == model
    if model != "classifier":
        call("sample", model, "-n", 2, "-o", tmp_path / "x.png")
