"""`generate uncertainty`: where the weights of a Bayesian model leave a picture open."""

from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from restore_generate.architecture import Architecture, Model, weights_name
from restore_generate.bvae import BVAE
from restore_generate.models import build

from restore.errors import UsageError
from restore.weights import save
from tests.generate_calls import call


def written(folder: Path, model: Model) -> Path:
    torch.manual_seed(0)
    architecture = Architecture(model, width=4, latent=6)
    path = folder / f"{model}.safetensors"
    network = build(architecture)
    save(path, network.state_dict(), {"model": weights_name(model), "config": json.dumps(architecture.as_dict())})
    return path


def test_surer_weights_make_surer_pictures_and_certain_ones_make_one() -> None:
    torch.manual_seed(0)
    model, noise = BVAE(Architecture("bvae", width=4, latent=6)).eval(), torch.randn(3, 6)
    found = []
    for rho in (-40.0, -6.0, -4.0):
        for value in model.rho.values():
            value.data.fill_(rho)
        mean, deviation = model.over_weights(noise, 16, torch.Generator().manual_seed(1))
        assert mean.shape == deviation.shape == (3, 3, 32, 32)
        found.append(float(deviation.mean()))
        if rho == -40:
            assert torch.allclose(mean, model.decode(noise), atol=1e-5)
    assert found[0] < 1e-6 < 10 * found[1] < 10 * found[2] and found[1] < found[2]


def test_means_lie_above_their_deviations_and_the_scale_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "bvae")
    said = call("uncertainty", path, "-n", 3, "--draws", 4, "-o", tmp_path / "x.png")
    white = re.search(r"over 4 draws: 0\.\d+ in the mean; white is (0\.\d+)", said)
    assert white is not None and 0 < float(white[1]) < 1
    seen = cv2.imread(str(tmp_path / "x.png"))
    assert seen is not None and seen.shape[:2] == (2 * 66 + 2, 3 * 66 + 2)
    deviations = np.concatenate([seen[68:132, 2 + 66 * k : 66 + 66 * k] for k in range(3)])
    assert deviations.max() == 255 and bool((deviations.std(2) == 0).all()), "grey, from nothing to white"
    again = call("uncertainty", path, "-n", 3, "--draws", 4, "-o", tmp_path / "y.png")
    assert again.split("white")[1].split("\n")[0] == said.split("white")[1].split("\n")[0]
    assert (tmp_path / "x.png").read_bytes() == (tmp_path / "y.png").read_bytes()


def test_photographs_are_shown_above_what_comes_back_of_them(tmp_path: Path) -> None:
    photo = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), photo)
    call("uncertainty", written(tmp_path, "bvae"), tmp_path / "a.png", tmp_path / "a.png", "-o", tmp_path / "x.png")
    seen = cv2.imread(str(tmp_path / "x.png"))
    assert seen is not None and seen.shape[:2] == (3 * 66 + 2, 2 * 66 + 2)
    assert np.array_equal(seen[2:66:2, 2:66:2], photo)


def test_models_that_are_certain_of_their_weights_say_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"weights of vae are certain.*train bvae"):
        call("uncertainty", written(tmp_path, "vae"), "-o", tmp_path / "x.png")
