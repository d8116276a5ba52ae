"""`TrainingRun`: the clock, the rates, the checkpoint and the weights file of every training."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from restore.errors import DeviceError, InputError
from restore.spec import TrainSpec
from restore.toolkit.training import MovingAverage
from restore.toolkit.training_run import TrainingRun, fabric_of
from restore.weights import load


def spec_of(folder: Path, steps: int = 10) -> TrainSpec:
    return TrainSpec((folder / "photos",), folder / "out.safetensors", folder, max_steps=steps, seed=5, device="cpu")


def run_of(spec: TrainSpec, network: nn.Module, rates: Mapping[str, float] | None = None) -> TrainingRun:
    adam = torch.optim.Adam(network.parameters(), 1.0)
    return TrainingRun(spec, {"model": network}, {"adam": adam}, rates or {"adam": 0.5}, MovingAverage(network))


def test_the_last_of_so_many_steps_is_known_when_it_begins(tmp_path: Path) -> None:
    run, begun = run_of(spec_of(tmp_path, steps=3), nn.Linear(1, 1)), 0
    while not run.stopping:
        run.begin()
        begun, run.step = begun + 1, run.step + 1
    run.finish()
    assert begun == 3 and run.progress == 1


def test_time_ends_a_training_too(tmp_path: Path) -> None:
    run = run_of(replace(spec_of(tmp_path), max_steps=None, max_time=1e-9), nn.Linear(1, 1))
    run.begin()
    run.finish()
    assert run.stopping


def test_rates_follow_the_schedule_and_others_stay_as_they_are(tmp_path: Path) -> None:
    network = nn.Linear(1, 1)
    optimizers = {name: torch.optim.SGD(network.parameters(), 0.25) for name in ("scheduled", "steady")}
    run = TrainingRun(spec_of(tmp_path), {"model": network}, optimizers, {"scheduled": 0.5}, MovingAverage(network))
    run.begin()
    run.finish()
    assert optimizers["scheduled"].param_groups[0]["lr"] == 0.5 * run.rate
    assert optimizers["steady"].param_groups[0]["lr"] == 0.25
    assert 0 < run.rate < 1, "the first steps are careful"


def test_a_resumed_run_has_the_weights_the_average_and_the_place_of_the_first(tmp_path: Path) -> None:
    network, fresh = nn.Linear(2, 2), nn.Linear(2, 2)
    first = run_of(spec_of(tmp_path), network)
    first.begin()
    network.weight.data += 1
    first.average.update(network)
    first.step = 7
    assert first.is_best(3.0)
    first.save()
    first.finish()
    second = run_of(replace(spec_of(tmp_path), resume=True), fresh)
    assert torch.equal(fresh.weight, network.weight)
    assert torch.equal(second.average.values["weight"], first.average.values["weight"])
    assert (second.step, second.average.steps, second.seed) == (7, 7, 5 + 7)
    assert not second.is_best(2.9) and second.is_best(3.1)
    second.finish()


def test_resuming_without_a_checkpoint_says_what_to_leave_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint") as caught:
        run_of(replace(spec_of(tmp_path), resume=True), nn.Linear(1, 1))
    assert "--resume" in (caught.value.hint or "")


def test_a_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    run = run_of(spec_of(tmp_path), nn.Linear(1, 1))
    run.check(torch.tensor(1.0))
    with pytest.raises(DeviceError, match="step 0"):
        run.check(torch.tensor(float("nan")))
    run.finish()


def test_signals_are_the_runs_only_from_the_first_step_to_the_end_or_a_failure(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    run = run_of(spec_of(tmp_path), nn.Linear(1, 1))
    assert signal.getsignal(signal.SIGINT) is before
    run.begin()
    assert signal.getsignal(signal.SIGINT) is not before
    with pytest.raises(DeviceError):
        run.check(torch.tensor(float("inf")))
    assert signal.getsignal(signal.SIGINT) is before


def test_weights_say_where_they_come_from(tmp_path: Path) -> None:
    network = nn.Linear(2, 2)
    run = run_of(spec_of(tmp_path), network)
    run.begin()
    run.step = 4
    run.export("toy", network.state_dict(), {"width": 2}, {"batch": 8}, "digest", {"psnr": 30.12346}, {"more": "yes"})
    run.finish()
    tensors, header = load(tmp_path / "out.safetensors", "toy")
    assert torch.equal(tensors["weight"], network.weight)
    assert json.loads(header["config"]) == {"width": 2} and json.loads(header["settings"]) == {"batch": 8}
    assert json.loads(header["metrics"]) == {"psnr": 30.1235}
    assert (header["steps"], header["seed"], header["data"], header["more"]) == ("4", "5", "digest", "yes")
    assert header["command"].startswith("restore train toy photos -o out.safetensors")


def test_float32_is_float32_where_it_is_asked_for(tmp_path: Path) -> None:
    fabric = fabric_of(replace(spec_of(tmp_path), precision="float32"))
    with fabric.autocast():
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == torch.float32
