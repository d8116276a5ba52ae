"""`generate map`: what lies where in a latent space of two axes, and in a plane through one of more."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist
from typing import cast

import cv2
import numpy as np
import pytest
import torch
from restore_generate.architecture import Architecture, Model, weights_name
from restore_generate.making import load
from restore_generate.maps import grid_places, principal_plane, scatter, whole_plane
from restore_generate.models import build

from restore.errors import InputError, PluginError, UsageError
from restore.weights import save
from tests.generate_calls import call, class_folders

CLASSES = ("cat", "dog")
Written = Callable[..., Path]


@pytest.fixture
def weights(tmp_path: Path) -> Written:
    """Writes random weights of a tiny model."""

    def write(model: str, latent: int = 2, channels: int = 3) -> Path:
        torch.manual_seed(0)
        architecture = Architecture(cast(Model, model), 32, channels, CLASSES, 4, latent, 1, 32)
        path = tmp_path / f"{model}-{latent}.safetensors"
        said = {"model": weights_name(model), "config": json.dumps(architecture.as_dict())}
        save(path, build(architecture).state_dict(), said)
        return path

    return write


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return class_folders(tmp_path / "photos", CLASSES, 3)


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    seen = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert seen is not None
    return np.asarray(seen, np.uint8)


def test_every_picture_of_the_grid_stands_for_an_equally_likely_part_of_the_plane() -> None:
    places = grid_places(4).view(4, 4, 2)
    wanted = torch.tensor([NormalDist().inv_cdf(share) for share in (0.125, 0.375, 0.625, 0.875)])
    assert torch.allclose(places[0, :, 0], wanted, atol=1e-5), "to the right the first grows"
    assert torch.allclose(places[:, 0, 1], wanted.flip(0), atol=1e-5), "upwards the second does"


def test_the_principal_plane_is_that_in_which_points_vary_most() -> None:
    generator = torch.Generator().manual_seed(0)
    spread = torch.tensor([0.1, 3.0, 0.1, 1.0])
    points = 5 + spread * torch.randn(4000, 4, generator=generator)
    plane = principal_plane(points)
    assert torch.allclose(plane.axes.norm(dim=1), torch.tensor([3.0, 1.0]), rtol=0.05)
    assert abs(float(plane.axes[0, 1])) > 2.8 and abs(float(plane.axes[1, 3])) > 0.9
    assert plane.shares is not None and plane.shares[0] == pytest.approx(9 / 10.02, abs=0.01)
    assert torch.allclose(plane.places(points).std(0), torch.ones(2), rtol=1e-3)
    corner = torch.tensor([[1.0, -2.0]])
    assert torch.allclose(plane.places(plane.latents(corner)), corner, atol=1e-4)
    assert plane.names[0] == f"principal component 1 ({100 * plane.shares[0]:.1f} %)"


def test_the_plane_of_two_latents_is_themselves() -> None:
    plane, points = whole_plane(torch.device("cpu")), torch.randn(3, 2)
    assert torch.equal(plane.latents(points), points) and torch.equal(plane.places(points), points)
    assert plane.names == ("first latent", "second latent")


def test_dots_lie_where_the_map_shows_what_is_made_there() -> None:
    places = torch.tensor([[-1.0, 1.0]]).repeat(5, 1)
    seen = scatter(places, [0] * 5, (), 500, ("a", "b"))
    assert seen.shape == (3, 500, 500)
    coloured = (seen.max(0).values - seen.min(0).values) > 0.3
    rows, columns = torch.nonzero(coloured, as_tuple=True)
    assert 0.7 < 1 - float(rows.float().mean()) / 500 < 0.95, "a standard deviation up is at 84 % of the height"
    assert 0.15 < float(columns.float().mean()) / 500 < 0.35


@pytest.mark.parametrize("count", [2, 15, 30])
def test_each_class_has_a_colour_of_its_own(count: int) -> None:
    places = torch.stack([torch.linspace(-2, 2, count), torch.zeros(count)], 1)
    seen = scatter(places, list(range(count)), [f"class {k}" for k in range(count)], 600, ("a", "b"))
    assert seen.shape == (3, 600, 768)
    shades = (seen * 255).round().to(torch.int64).flatten(1)
    found, many = torch.unique(shades[0] * 65536 + shades[1] * 256 + shades[2], return_counts=True)
    vivid = (torch.stack([found // 65536, found // 256 % 256, found % 256]).float().std(0) > 20) & (many >= 4)
    assert int(vivid.sum()) >= count * 0.7, "some of thirty are nearly alike"


@pytest.mark.parametrize("model", ["vae", "ae", "bvae", "dcgan", "vrnn"])
def test_the_map_shows_the_model_over_the_plane(model: str, weights: Written, tmp_path: Path) -> None:
    path = weights(model)
    call("map", path, "--columns", 3, "-o", tmp_path / "map.png")
    seen = pixels(tmp_path / "map.png")
    assert seen.shape == (3 * 64, 3 * 64, 3)
    maker = load(path, "cpu")
    middle = (maker.decode(torch.zeros(1, 2), [0])[0].permute(1, 2, 0) * 255).round().byte().numpy()
    assert np.abs(seen[64:128:2, 64:128:2].astype(int) - middle).max() <= 1


def test_pictures_of_a_folder_are_dots_beside_it(weights: Written, photos: Path, tmp_path: Path) -> None:
    call("map", weights("vae", channels=1), "--data", photos, "--columns", 10, "-o", tmp_path / "map.png")
    seen = pixels(tmp_path / "map.png")
    assert seen.shape == (640, 640 + round(640 * 1.28), 3)
    assert bool((seen[:, :640].std(2) == 0).all()) and bool((seen[:, 640:].std(2) > 20).any())


def test_a_model_of_classes_is_asked_for_one(weights: Written, photos: Path, tmp_path: Path) -> None:
    path = weights("cvae")
    with pytest.raises(UsageError, match=r"told the class.*--class: cat, dog"):
        call("map", path, "-o", tmp_path / "x.png")
    for name in CLASSES:
        call("map", path, "--class", name, "--data", photos, "--columns", 2, "-o", tmp_path / f"{name}.png")
    assert not np.array_equal(pixels(tmp_path / "cat.png")[:128, :128], pixels(tmp_path / "dog.png")[:128, :128])
    (photos / "dog").rename(photos / "cow")
    with pytest.raises(InputError, match=r"other classes.*cat, dog"):
        call("map", path, "--class", "cat", "--data", photos, "-o", tmp_path / "x.png")


def test_more_latents_than_two_are_refused_or_projected(weights: Written, photos: Path, tmp_path: Path) -> None:
    path = weights("vae", latent=6)
    with pytest.raises(UsageError, match=r"6 latents; a map shows two.*latent=2.*--project"):
        call("map", path, "-o", tmp_path / "x.png")
    with pytest.raises(UsageError, match="--data"):
        call("map", path, "--project", "-o", tmp_path / "x.png")
    with pytest.raises(UsageError, match="no encoder"):
        call("map", weights("dcgan"), "--data", photos, "-o", tmp_path / "x.png")
    said = call("map", path, "--data", photos, "--project", "--columns", 2, "-o", tmp_path / "map.png")
    assert "% of the variance" in said and pixels(tmp_path / "map.png").shape[0] == 480


def test_without_matplotlib_the_extra_is_named(
    weights: Written, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(PluginError, match=r"restore-photos\[generate\]"):
        call("map", weights("vae"), "--data", photos, "-o", tmp_path / "x.png")
    assert not (tmp_path / "x.png").exists()
