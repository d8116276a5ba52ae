"""Training generative models from folders: they learn, stop, resume, warn of collapse, and write weights that load."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from restore_generate import train as train_bound
from restore_generate import train_classifier, train_gan
from restore_generate.architecture import MODELS, Model
from restore_generate.checks import active_units, diversity, twins, warnings
from restore_generate.commands import generate
from restore_generate.models import load_model, model_of
from restore_generate.recipe import Average, inner_and_outer

from restore.errors import InputError, UsageError
from restore.spec import TrainSpec
from restore.weights import PROVENANCE, header
from restore.weights import load as load_weights

TINY = {"width": "4", "latent": "4", "batch": "8", "report": "2", "patch": "16"}
BOUND = ("ae", "vae", "cvae", "bvae", "vrnn")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Bright discs and dark squares, twelve each: classes that a child tells apart."""
    random = np.random.default_rng(0)
    for name in ("discs", "squares"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for k in range(12):
            picture = np.full((32, 32, 3), 255 if name == "squares" else 0, np.uint8)
            at = tuple(int(v) for v in random.integers(10, 22, 2))
            if name == "discs":
                cv2.circle(picture, at, 8, (255, 200, 100), -1)
            else:
                cv2.rectangle(picture, (at[0] - 7, at[1] - 7), (at[0] + 7, at[1] + 7), (20, 0, 40), -1)
            cv2.imwrite(str(tmp_path / "data" / name / f"{k}.png"), picture)
    return tmp_path / "data"


@pytest.fixture
def spec(tmp_path: Path, data: Path) -> TrainSpec:
    work = tmp_path / "work"
    return TrainSpec((data,), tmp_path / "w.safetensors", work, max_steps=2, device="cpu", settings=TINY)


def learn(model: str, spec: TrainSpec) -> None:
    if model == "dcgan":
        train_gan.train(spec)
    elif model == "classifier":
        train_classifier.train(spec)
    else:
        train_bound.train(spec, cast(Model, model))


def rows_of(spec: TrainSpec) -> list[dict[str, str]]:
    with (spec.work / "log.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("model", MODELS)
def test_two_steps_write_weights_in_half_precision_a_log_and_a_checkpoint(model: str, spec: TrainSpec) -> None:
    learn(model, spec)
    (row,) = rows_of(spec)
    assert row["step"] == "2" and all(np.isfinite(float(value)) for value in row.values())
    wanted = {"checkpoint.pt", "log.csv"} | ({"grid-0000002.png", "frames"} if model != "classifier" else set())
    assert {path.name for path in spec.work.iterdir()} == wanted
    said = header(spec.output)
    assert set(PROVENANCE) <= set(said) and model_of(spec.output) == model
    assert said["command"].startswith(f"restore generate train {model} data -o w.safetensors")
    assert json.loads(said["settings"])["width"] == 4
    tensors, _ = load_weights(spec.output, f"generate-{model}")
    assert {value.dtype for value in tensors.values()} <= {torch.float16, torch.int64}
    network, architecture = load_model(spec.output, model, torch.device("cpu"))
    assert architecture.classes == ("discs", "squares") and not network.training


@pytest.mark.parametrize("model", ["cvae", "dcgan", "classifier"])
def test_a_stopped_training_goes_on_where_it_was(model: str, spec: TrainSpec) -> None:
    learn(model, spec)
    learn(model, replace(spec, resume=True, max_steps=4))
    assert [row["step"] for row in rows_of(spec)] == ["2", "4"]
    assert torch.load(spec.work / "checkpoint.pt", weights_only=True)["step"] == 4


def test_the_same_seed_learns_the_same(spec: TrainSpec) -> None:
    found = []
    for seed, name in ((0, "a"), (0, "b"), (1, "c")):
        out = spec.output.with_name(f"{name}.safetensors")
        learn("cvae", replace(spec, precision="float32", seed=seed, output=out, work=spec.work / name))
        found.append(load_weights(out, "generate-cvae")[0])
    one, again, other = found
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_the_bound_falls_on_pictures_that_were_held_back(spec: TrainSpec) -> None:
    learn("vae", replace(spec, max_steps=60, settings={**TINY, "report": "20", "rate": "0.02", "average": "0.5"}))
    costs = [-float(row["held_elbo"]) for row in rows_of(spec)]
    assert costs == sorted(costs, reverse=True) and costs[-1] < costs[0] - 100
    for row in rows_of(spec):
        assert -float(row["held_elbo"]) == pytest.approx(
            float(row["held_distortion"]) + float(row["held_divergence"]), rel=1e-3, abs=0.5
        )


def test_a_classifier_learns_what_a_child_tells_apart(spec: TrainSpec) -> None:
    settings = {**TINY, "report": "100", "average": "0.5"}
    learn("classifier", replace(spec, max_steps=100, settings=settings))
    assert float(rows_of(spec)[-1]["held_right"]) == 1


def test_what_is_missing_or_unknown_is_refused(spec: TrainSpec, tmp_path: Path, data: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        learn("vae", replace(spec, resume=True))
    with pytest.raises(UsageError, match=r"no training setting 'widths'.*width"):
        learn("dcgan", replace(spec, settings={"widths": "8"}))
    with pytest.raises(UsageError, match="size=48"):
        learn("vae", replace(spec, settings={"size": "48"}))
    with pytest.raises(UsageError, match="cvae learns classes"):
        learn("cvae", replace(spec, data=(data / "discs",)))
    with pytest.raises(UsageError, match="warm start"):
        learn("vae", replace(spec, warm_start=spec.output))


def test_the_command_trains_and_refuses_an_old_checkpoint(spec: TrainSpec, data: Path) -> None:
    flags = [word for name, value in TINY.items() for word in ("--set", f"{name}={value}")]
    words = ["train", "dcgan", str(data), "-o", str(spec.output), "--max-steps", "2", "--device", "cpu", *flags]
    done = CliRunner().invoke(generate, words)
    assert done.exit_code == 0 and "wrote" in done.output
    assert (spec.output.with_name("w-training") / "checkpoint.pt").is_file()
    again = CliRunner().invoke(generate, words)
    assert isinstance(again.exception, UsageError) and "--resume" in str(again.exception)
    for wrong in (["--max-time", "never"], ["--set", "width"]):
        assert CliRunner().invoke(generate, [*words, *wrong]).exit_code != 0


def test_active_latents_are_those_whose_means_vary_over_the_data() -> None:
    means = torch.zeros(100, 3)
    means[:, 1] = torch.linspace(-1, 1, 100)
    means[:, 2] = 0.05 * torch.linspace(-1, 1, 100)
    assert active_units(means) == 1


def test_copies_and_samples_that_are_all_alike_are_seen_and_real_pictures_are_not_suspected() -> None:
    generator = torch.Generator().manual_seed(0)
    real, other = torch.rand(2, 64, 3, 32, 32, generator=generator)
    dull = 0.5 + 0.1 * (real - 0.5)
    few = real[:4].repeat(16, 1, 1, 1)
    assert diversity(other, real) == pytest.approx(1, abs=0.05) and twins(other, real) == 0
    assert diversity(dull, real) == pytest.approx(0.1, abs=0.02)
    assert twins(few, real) == 1 and diversity(few, real) > 0.7, "few modes far apart are seen by their copies"


def test_each_collapse_is_named_with_what_to_do() -> None:
    sound = {"diversity": 0.9, "twins": 0.0, "active": 60.0}
    assert warnings("vae", sound, 128) == []
    (posterior,) = warnings("vae", {**sound, "active": 3}, 128)
    assert "posterior collapse: only 3 of 128" in posterior and "--set anneal" in posterior
    (alike,) = warnings("dcgan", {"diversity": 0.2, "twins": 0.0}, 100)
    assert "0.20" in alike and "rate" in alike
    (modes,) = warnings("dcgan", {"diversity": 0.9, "twins": 0.5}, 100)
    assert "mode collapse: 50 %" in modes


def test_counters_are_kept_while_parameters_are_averaged() -> None:
    norm = torch.nn.BatchNorm2d(2)
    average = Average(norm, 0.5)
    norm(torch.rand(4, 2, 3, 3))
    average.update(norm)
    assert int(average.values["num_batches_tracked"]) == 1
    inner, outer = inner_and_outer(torch.nn.Sequential(torch.nn.Conv2d(2, 2, 3), torch.nn.Linear(2, 2)))
    assert len(inner) == 1 and len(outer) == 3
