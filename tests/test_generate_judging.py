"""Judging generative models: closed forms on Gaussians, the table, and FID through the user's Inception weights."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest
import torch
from restore_generate.architecture import Architecture, Model, weights_name
from restore_generate.classifier import Classifier
from restore_generate.frechet import Gaussian, features_of, frechet_distance, gaussian_of, share_met
from restore_generate.inception import inception_scores, read_state
from restore_generate.judging import blurred, table
from restore_generate.models import build

from restore.errors import InputError, UsageError, WeightsError
from restore.toolkit.torchvision_operators import declare_missing_operators
from restore.weights import save
from tests.generate_calls import call

TINY = Architecture("classifier", width=4, latent=6, classes=("cat", "dog"))


def gaussian(mean: list[float], covariance: list[list[float]]) -> Gaussian:
    return Gaussian(torch.tensor(mean).double(), torch.tensor(covariance).double())


def test_equal_gaussians_are_no_distance_apart() -> None:
    one = gaussian([1, 2], [[2, 1], [1, 3]])
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


def test_gaussians_that_differ_in_their_means_are_the_square_of_that_apart() -> None:
    covariance = [[2.0, 1.0], [1.0, 3.0]]
    assert frechet_distance(gaussian([0, 0], covariance), gaussian([3, 4], covariance)) == pytest.approx(25)


def test_independent_variables_add_the_squares_of_their_deviations_differences() -> None:
    first, second = gaussian([0, 0], [[4, 0], [0, 9]]), gaussian([0, 0], [[1, 0], [0, 25]])
    assert frechet_distance(first, second) == pytest.approx((2 - 1) ** 2 + (3 - 5) ** 2)


def test_the_distance_of_any_two_in_the_plane_has_a_closed_form() -> None:
    """In two dimensions tr((AB)^½) is (tr AB + 2 (det AB)^½)^½."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(5):
        a, b = (r @ r.T for r in torch.randn(2, 2, 2, generator=generator).double())
        product = a @ b
        root = (product.trace() + 2 * torch.linalg.det(product).clamp(min=0).sqrt()).sqrt()
        wanted = float(a.trace() + b.trace() - 2 * root)
        zero = torch.zeros(2).double()
        assert frechet_distance(Gaussian(zero, a), Gaussian(zero, b)) == pytest.approx(wanted, rel=1e-6)
        assert frechet_distance(Gaussian(zero, b), Gaussian(zero, a)) == pytest.approx(wanted, rel=1e-6)


def test_flat_directions_are_no_trouble() -> None:
    features = torch.randn(10, 30, generator=torch.Generator().manual_seed(0))  # rank 9 of 30
    moved = features + 1
    assert frechet_distance(gaussian_of(features), gaussian_of(moved)) == pytest.approx(30, rel=1e-4)


def test_the_gaussian_of_samples_nears_the_one_they_are_of() -> None:
    generator = torch.Generator().manual_seed(0)
    factor = torch.tensor([[2.0, 0.0], [1.0, 0.5]])
    samples = torch.tensor([1.0, -1.0]) + torch.randn(100_000, 2, generator=generator) @ factor.T
    found = gaussian_of(samples)
    truth = Gaussian(torch.tensor([1.0, -1.0]).double(), (factor @ factor.T).double())
    assert frechet_distance(found, truth) < 1e-3


def weights(path: Path, model: str, **changes: Any) -> Path:
    torch.manual_seed(0)
    architecture = replace(TINY, model=cast(Model, model), **changes)
    said = {"model": weights_name(model), "config": json.dumps(architecture.as_dict())}
    save(path / f"{model}.safetensors", build(architecture).state_dict(), said)
    return path / f"{model}.safetensors"


def pictures(folder: Path, seed: int, classes: tuple[str, ...] = ("cat", "dog")) -> Path:
    random = np.random.default_rng(seed)
    for name in classes:
        (folder / name).mkdir(parents=True)
        for k in range(8):
            cv2.imwrite(str(folder / name / f"{k}.png"), random.integers(0, 255, (32, 32, 3), np.uint8))
    return folder


def test_the_table_has_references_and_each_model_with_what_can_be_said_of_it(tmp_path: Path) -> None:
    data, second = pictures(tmp_path / "a", 0), pictures(tmp_path / "b", 1)
    models = [weights(tmp_path, name) for name in ("dcgan", "vae", "cvae")]
    flags = [word for path in models for word in ("-m", path)]
    classifier = ("--classifier", weights(tmp_path, "classifier"))
    said = call("judge", data, second, *flags, *classifier, "-n", 12, "-o", tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as stream:
        rows = {row.pop(""): row for row in csv.DictReader(stream)}
    assert list(rows)[:3] == ["noise", "blurred real pictures", "second real set"] and len(rows) == 6
    assert all(float(row["frechet"]) >= 0 for row in rows.values())
    dcgan, vae, cvae = (rows[str(path)] for path in models)
    assert not dcgan["elbo"] and not dcgan["met"] and vae["elbo"] and not vae["met"] and cvae["met"] and cvae["psnr"]
    assert float(vae["elbo"]) == pytest.approx(-float(vae["distortion"]) - float(vae["divergence"]), rel=1e-2)
    assert rows["second real set"]["met"] and "fid" not in vae
    assert all(str(path) in said for path in models)


def test_the_set_itself_is_nearer_than_another_and_that_nearer_than_noise() -> None:
    torch.manual_seed(0)
    classifier = cast(Classifier, build(TINY)).eval()
    smooth = torch.nn.functional.interpolate(torch.rand(600, 3, 4, 4), 32, mode="bilinear")
    device = torch.device("cpu")
    reference = gaussian_of(features_of(classifier, smooth[:300], device))
    sets = smooth[:300], smooth[300:], blurred(torch.rand(300, 3, 32, 32), 1.0), torch.rand(300, 3, 32, 32)
    distances = [frechet_distance(reference, gaussian_of(features_of(classifier, each, device))) for each in sets]
    assert distances[0] == pytest.approx(0, abs=1e-9) and distances[0] < distances[1] < min(distances[2:])


def test_a_class_is_met_where_the_classifier_says_so() -> None:
    torch.manual_seed(0)
    classifier = cast(Classifier, build(TINY)).eval()
    some = torch.rand(8, 3, 32, 32)
    answers = classifier(some).argmax(1).tolist()
    assert share_met(classifier, some, answers, torch.device("cpu")) == 1
    assert share_met(classifier, some, [1 - a for a in answers], torch.device("cpu")) == 0


def test_models_that_do_not_fit_the_classifier_are_refused(tmp_path: Path) -> None:
    data = pictures(tmp_path / "a", 0)
    classifier = ("--classifier", weights(tmp_path, "classifier"), "-n", 4)
    with pytest.raises(UsageError, match="the classifier takes others"):
        call("judge", data, data, "-m", weights(tmp_path, "vae", edge=64), *classifier)
    with pytest.raises(UsageError, match="are not the classifier's"):
        call("judge", data, data, "-m", weights(tmp_path, "cvae", classes=("cow", "hen")), *classifier)
    (tmp_path / "one").mkdir()
    cv2.imwrite(str(tmp_path / "one" / "x.png"), np.zeros((32, 32, 3), np.uint8))
    with pytest.raises(InputError, match="fewer than two"):
        call("judge", data, tmp_path / "one", *classifier)
    with pytest.raises(WeightsError, match="belong to the model 'generate-vae'"):
        call("judge", data, data, "--classifier", weights(tmp_path, "vae"))


def test_columns_that_nobody_fills_are_left_out() -> None:
    rows = table({"a": {"frechet": 1.0}, "b": {"frechet": 2.0, "psnr": 20.0}})
    assert rows == [["", "frechet", "psnr"], ["a", "1", ""], ["b", "2", "20"]]


def test_a_missing_or_wrong_file_of_inception_weights_is_named_before_anything_is_computed(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"pt_inception.*releases of torch-fidelity"):
        read_state(tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("hello")
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        read_state(tmp_path / "text.pth")
    torch.save({"a": 1}, tmp_path / "odd.pth")
    with pytest.raises(WeightsError, match="something else than tensors"):
        read_state(tmp_path / "odd.pth")
    torch.save({"a": torch.zeros(2)}, tmp_path / "other.pth")
    some = torch.rand(2, 3, 32, 32)
    with pytest.raises(WeightsError, match="not the weights of torch-fidelity's"):
        inception_scores(tmp_path / "other.pth", some, some)
    with pytest.raises(InputError, match="colour"):
        inception_scores(tmp_path / "other.pth", some[:, :1], some[:, :1])


class Harmful:
    """What a hostile file may hold: opened carelessly, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_file_of_weights_is_not_run(tmp_path: Path) -> None:
    torch.save({"a": Harmful(tmp_path / "harmed")}, tmp_path / "bad.pth")
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        read_state(tmp_path / "bad.pth")
    assert not (tmp_path / "harmed").exists()


def test_fid_and_inception_score_come_from_the_files_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    declare_missing_operators()
    from torch_fidelity import feature_extractor_inceptionv3 as published

    with monkeypatch.context() as patch:  # its constructor wants weights; random ones do here
        patch.setattr(published, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(published.FeatureExtractorInceptionV3, "load_state_dict", lambda *_: None)
        torch.manual_seed(0)
        network = published.FeatureExtractorInceptionV3("inception-v3-compat", ["64"])
    torch.save(network.state_dict(), tmp_path / "random.pth")
    generator = torch.Generator().manual_seed(0)
    real, made = torch.rand(2, 3, 3, 32, 32, generator=generator)
    found = inception_scores(tmp_path / "random.pth", real, made, features=64)
    same = inception_scores(tmp_path / "random.pth", real, real, features=64)
    assert found["fid"] > same["fid"] and same["fid"] == pytest.approx(0, abs=1e-3)
    assert found["inception_score"] >= 1
