"""Training from a folder of photographs: it learns, stops, resumes, and writes weights that load."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import pytest
import torch
import torch.nn.functional as F
from restore_vae_sr.consistency import assembled
from restore_vae_sr.infer import load
from restore_vae_sr.model import SCALES, Architecture, Gaussian, VaeSr, faithful_network, sampled_network
from restore_vae_sr.plugin import UpscaleOptions
from restore_vae_sr.recipe import (
    HELD_WITHIN,
    Pair,
    Settings,
    calibrate,
    losses,
    luma_psnr,
    made_small,
    split,
    spread_loss,
)
from restore_vae_sr.train import train
from skimage import data
from torch import Generator, Tensor

from restore.errors import InputError, UsageError
from restore.image import Image, Observation
from restore.spec import Runtime, TrainSpec
from restore.weights import header

TINY = {"width": "8", "latent": "4", "trunk": "1", "crop": "16", "batch": "6"}
SMALL = Architecture(width=8, trunk=1, decoder=1, latent=4)


@pytest.fixture(scope="module", autouse=True)
def small_crops_are_judged() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("restore_vae_sr.recipe.VALIDATED", 96)
        yield


def order_in(folder: Path) -> TrainSpec:
    """A training of a small network in three steps."""
    photos = folder / "photos"
    photos.mkdir()
    for k, picture in enumerate((data.astronaut(), data.coffee(), data.chelsea(), data.rocket())):
        cv2.imwrite(str(photos / f"{k}.png"), picture[:256, :256, ::-1])
    return TrainSpec(
        data=(photos,),
        output=folder / "w.safetensors",
        work=folder / "work",
        max_steps=3,
        device="cpu",
        settings=TINY,
    )


@pytest.fixture
def spec(tmp_path: Path) -> TrainSpec:
    return order_in(tmp_path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainSpec:
    """One that has been carried out; nobody writes to its files."""
    spec = order_in(tmp_path_factory.mktemp("trained"))
    train(spec)
    return spec


def pairs(count: int = 2) -> list[Pair]:
    generator = Generator().manual_seed(0)
    made = []
    for scale in SCALES:
        sharp = torch.rand(count, 3, 16 * scale, 16 * scale, generator=generator)
        made.append(made_small(sharp, scale, Settings(), generator))
    return made


def _given(noise: Tensor, top: int, rows: int, columns: int) -> Tensor:
    return noise[:, :, top : top + rows, :columns]


def test_a_few_steps_write_weights_a_log_a_grid_and_a_checkpoint(trained: TrainSpec) -> None:
    about = header(trained.output)
    assert about["model"] == "vae-sr"
    assert about["steps"] == "3"
    assert set(json.loads(about["metrics"])) == {"x2", "x3", "x4", "spread", "within", "nats", "active"}
    used = json.loads(about["divergence"])
    assert {scale: len(values) for scale, values in used.items()} == {"x2": 4, "x3": 4, "x4": 4}
    assert {p.name for p in trained.work.iterdir()} == {"checkpoint.pt", "log.csv", "grid-0000003.png"}
    picture = Image(data.astronaut()[:24, :30].copy())
    vae = load((trained.output,), Runtime(device="cpu"))
    assert vae.restore(Observation((picture,)), UpscaleOptions(scale=3)).image.pixels.shape == (72, 90, 3)


def test_the_photo_training_spoils_what_it_learns_from(spec: TrainSpec) -> None:
    train(replace(spec, max_steps=1, settings=TINY | {"training": "photo"}))
    assert json.loads(header(spec.output)["settings"])["training"] == "photo"
    sharp = torch.rand(2, 3, 64, 64)
    clean, photo = (
        made_small(sharp, 2, Settings(training=kind), Generator().manual_seed(0)).small for kind in ("clean", "photo")
    )
    assert clean.shape == photo.shape == (2, 3, 32, 32)
    assert float((clean - photo).abs().mean()) > 1e-3


def test_a_resumed_training_goes_on_where_it_stopped(trained: TrainSpec, tmp_path: Path) -> None:
    work = shutil.copytree(trained.work, tmp_path / "work")
    train(replace(trained, work=work, output=tmp_path / "w.safetensors", resume=True, max_steps=5))
    rows = (work / "log.csv").read_text().splitlines()
    assert [r.split(",")[1] for r in rows] == ["step", "3", "5"]


def test_resuming_without_a_checkpoint_and_unknown_settings_are_refused(spec: TrainSpec) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        train(replace(spec, resume=True))
    with pytest.raises(UsageError, match="no training setting 'widths'"):
        train(replace(spec, settings={"widths": "8"}))
    with pytest.raises(UsageError, match=r"batch=2 has no crop for each of the scales \(2, 3, 4\)"):
        train(replace(spec, settings={"batch": "2"}))


def test_a_warm_start_begins_with_the_given_weights(trained: TrainSpec, tmp_path: Path) -> None:
    again = replace(trained, warm_start=trained.output, output=tmp_path / "w.safetensors", work=tmp_path, max_steps=1)
    train(replace(again, settings=TINY | {"rate": "0", "inner_rate": "0"}))
    old, new = (load((p,), Runtime(device="cpu")).models["clean"].state_dict() for p in (trained.output, again.output))
    assert torch.equal(old["trunk.0.weight"], new["trunk.0.weight"])


def test_learning_makes_the_error_small_and_uses_the_latent() -> None:
    torch.manual_seed(0)
    model, settings, generator = VaeSr(SMALL), Settings(), Generator().manual_seed(0)
    batch = pairs()
    adam = torch.optim.Adam(model.parameters(), 5e-3)
    found = []
    for _ in range(25):
        loss = losses(model, batch, settings, generator)
        adam.zero_grad()
        loss.total.backward()  # type: ignore[no-untyped-call]
        adam.step()
        found.append((float(loss.error), float(loss.nats)))
    assert found[-1][0] < 0.97 * found[0][0]
    assert found[-1][1] > 0.01


def test_the_streaming_networks_are_the_ones_that_were_trained() -> None:
    torch.manual_seed(0)
    model = VaeSr(SMALL)
    small = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        for scale in SCALES:
            up, features = model.upscaler(scale), model.trunk(small)
            prior = up.prior(features)
            decoded = up.decode(features, prior.mean)
            both = faithful_network(model, scale, with_spread=True)(small)
            assert torch.allclose(both, torch.cat([up.residual(decoded), up.spread(decoded)], 1), atol=1e-5)
            noise = torch.randn(1, SMALL.latent, 9, 11)
            drawn = sampled_network(model, scale, partial(_given, noise), 0.7)(small)
            assert torch.allclose(drawn, up.residual(up.decode(features, prior.sample(noise, 0.7))), atol=1e-5)


def test_the_divergence_of_two_normal_distributions_is_the_textbook_s() -> None:
    q = Gaussian(torch.tensor([1.0]), torch.tensor([4.0]).log())
    p = Gaussian(torch.tensor([0.0]), torch.tensor([1.0]).log())
    assert float(q.divergence(p)) == pytest.approx(0.5 * (4 + 1 - 1) - torch.tensor(2.0).log().item())
    assert float(q.divergence(q)) == 0


def test_the_spread_that_is_most_likely_is_the_size_of_the_error() -> None:
    off = torch.full((1, 12, 4, 4), 0.1)
    tried = torch.linspace(-4, 0, 81)
    best = min(tried, key=lambda v: float(spread_loss(off, torch.full((1, 4, 4, 4), float(v)))))
    assert float(best.exp()) == pytest.approx(0.1, rel=0.06)


def test_after_calibration_two_deviations_hold_the_share_that_was_aimed_at() -> None:
    torch.manual_seed(0)
    model, batch = VaeSr(SMALL), pairs(4)
    calibrate(model, batch, consistent=False)
    for pair in batch:
        phases = faithful_network(model, pair.scale, with_spread=True)(pair.small)
        residual, log_spread = phases.split([3 * pair.scale**2, pair.scale**2], 1)
        restored = F.pixel_shuffle(assembled(pair.small, residual, pair.scale, 0), pair.scale).clamp(0, 1)
        within = (restored - pair.sharp).abs() <= 2 * F.pixel_shuffle(log_spread, pair.scale).exp()
        assert float(within.float().mean()) == pytest.approx(HELD_WITHIN, abs=0.01)


def test_the_measure_is_the_field_s_psnr_of_luma() -> None:
    off = torch.full((1, 3, 20, 20), 10 / 255)
    off[:, :, :2] = 1  # in the border, which does not count
    off[:, :, -2:] = 1
    assert luma_psnr(off, 2) == pytest.approx(-20 * torch.tensor(10 / 255 * 219 / 255).log10().item(), abs=1e-4)


def test_one_photograph_in_sixteen_is_held_back() -> None:
    pictures = [data.astronaut()[:8, :8] for _ in range(48)]
    learned, held = split(pictures)
    assert (len(learned), len(held)) == (45, 3)
    assert [len(part) for part in split(pictures[:1])] == [1, 1]
