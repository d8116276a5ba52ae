"""The parts of a training loop."""

from __future__ import annotations

import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import nn

from restore.errors import InputError, UsageError, WeightsError
from restore.spec import TrainSpec
from restore.toolkit.training import (
    Counts,
    CsvLog,
    Interruption,
    MovingAverage,
    Numbers,
    Rate,
    Share,
    Sixteens,
    channels_last,
    command,
    cosine_rate,
    load_checkpoint,
    parse_settings,
    save_checkpoint,
    save_grid,
    take_weights,
    trains_in_bf16,
)
from restore.weights import save


@dataclass(frozen=True)
class _Settings:
    rate: Rate = 0.1
    kind: Literal["slow", "fast"] = "slow"
    crop: Sixteens = 32
    share: Share = 0.5
    widths: Counts = "8-16"
    scales: Numbers = "1-0.5"

    def __post_init__(self) -> None:
        if self.crop == 48 and self.kind == "fast":
            raise ValueError("crop=48 is for the slow ones")


def _spec(**settings: str) -> TrainSpec:
    return TrainSpec(data=(Path("a/photos"),), output=Path("b/w.safetensors"), work=Path("c"), settings=settings)


def test_settings_are_read_from_text_and_keep_their_defaults() -> None:
    assert parse_settings(_Settings, _spec(rate="0.5"), "model") == _Settings(0.5, "slow")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"speed": "1"}, "no training setting 'speed'"),
        ({"rate": "much"}, "rate=much"),
        ({"rate": "-1"}, "rate=-1"),
        ({"kind": "odd"}, "kind=odd"),
        ({"crop": "40"}, "crop=40: .*multiple of 16"),
        ({"share": "1.1"}, "share=1.1"),
        ({"widths": "8-0"}, "widths=8-0"),
        ({"scales": "1;0.5"}, "scales=1;0.5"),
        ({"scales": "1-0.0"}, "scales=1-0.0"),
        ({"crop": "48", "kind": "fast"}, "do not go together: crop=48 is for the slow ones"),
    ],
)
def test_unknown_settings_and_values_are_refused_by_name(settings: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_settings(_Settings, _spec(**settings), "model")


def test_the_command_names_folders_without_their_place() -> None:
    given = _spec(rate="0.5", overlays=str(Path("damage/film").absolute()))
    spec = replace(given, max_time=60.0, warm_start=Path("d/old.safetensors"))
    wanted = "restore train m photos -o w.safetensors --max-time 60s --seed 0 --warm-start old.safetensors"
    assert command(spec, "m") == f"{wanted} --set rate=0.5 --set overlays=film"


def test_kernels_are_laid_out_channels_last() -> None:
    conv = nn.Conv2d(4, 4, 3)
    channels_last(nn.Sequential(conv))
    assert conv.weight.is_contiguous(memory_format=torch.channels_last)


def test_nobody_is_given_bf16_who_asked_for_float32() -> None:
    assert not trains_in_bf16(replace(_spec(), precision="float32"))


def test_the_average_follows_a_model_that_has_settled() -> None:
    model = nn.Linear(1, 1)
    average = MovingAverage(model, decay=0.9)
    nn.init.constant_(model.weight, 5.0)
    for _ in range(200):
        average.update(model)
    assert float(average.values["weight"]) == pytest.approx(5.0, abs=1e-3)


def test_the_average_smooths_a_model_that_jumps() -> None:
    model = nn.Linear(1, 1, bias=False)
    average = MovingAverage(model, decay=0.99)
    for step in range(2000):
        nn.init.constant_(model.weight, float(step % 2))
        average.update(model)
    assert float(average.values["weight"]) == pytest.approx(0.5, abs=0.01)


def test_the_rate_rises_peaks_and_falls_to_its_floor() -> None:
    assert cosine_rate(0.0, 1.0, 0, warm_up=10) == pytest.approx(0.1)
    assert cosine_rate(0.0, 1.0, 10, warm_up=10) == pytest.approx(1.0)
    assert cosine_rate(0.5, 1.0, 99, warm_up=10, floor=0.0) == pytest.approx(0.5)
    assert cosine_rate(1.5, 1.0, 99, warm_up=10, floor=0.02) == pytest.approx(0.02)


def test_a_training_of_few_steps_rises_sooner_and_one_that_goes_on_is_careful_again() -> None:
    assert cosine_rate(0.1, 1.0, 5, warm_up=200) == pytest.approx(cosine_rate(0.1, 1.0, 500, warm_up=200))
    assert cosine_rate(0.05, 1.0, 2, warm_up=200) == pytest.approx(0.5, abs=0.01)
    assert cosine_rate(0.5, 1.0, 1, warm_up=200, floor=0.0, begun=0.5) == pytest.approx(0.01 * 0.5)


def test_a_checkpoint_comes_back_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "c.pt", {"step": 3, "w": torch.arange(4)})
    state = load_checkpoint(tmp_path / "c.pt")
    assert state["step"] == 3
    assert torch.equal(state["w"], torch.arange(4))
    assert [p.name for p in tmp_path.iterdir()] == ["c.pt"]


def test_resuming_without_a_checkpoint_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--resume"):
        load_checkpoint(tmp_path / "c.pt")


def test_a_resumed_log_goes_on_in_the_same_file(tmp_path: Path) -> None:
    CsvLog(tmp_path / "log.csv", ["step", "loss"]).write({"step": 1, "loss": 0.123456789})
    CsvLog(tmp_path / "log.csv", ["step", "loss"]).write({"step": 2, "loss": 0.5})
    assert (tmp_path / "log.csv").read_text().split() == ["step,loss", "1,0.12346", "2,0.5"]


def test_a_grid_shows_rgb_in_rows(tmp_path: Path) -> None:
    from PIL import Image

    red, green = torch.zeros(3, 4, 4), torch.zeros(3, 4, 4)
    red[0], green[1] = 1, 2
    save_grid(tmp_path / "g.png", [[red, green], [green, red]])
    with Image.open(tmp_path / "g.png") as grid:
        assert grid.size == (8, 8)
        assert grid.getpixel((1, 1)) == (255, 0, 0)
        assert grid.getpixel((5, 1)) == (0, 255, 0)


def test_a_first_signal_is_a_request_and_finishing_raises_it() -> None:
    interruption = Interruption()
    signal.raise_signal(signal.SIGINT)
    assert interruption.requested
    with pytest.raises(KeyboardInterrupt):
        interruption.finish()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_without_a_signal_finishing_does_nothing() -> None:
    Interruption().finish()


def test_a_network_goes_on_from_weights_of_its_own_shape_only(tmp_path: Path) -> None:
    learned, wide, path = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 8, 3), tmp_path / "learned.safetensors"
    save(path, learned.state_dict(), {"model": "any", "config": '{"width": 4}'})
    fresh = nn.Conv2d(3, 4, 3)
    take_weights(fresh, learned.state_dict(), path)
    assert torch.equal(fresh.weight, learned.weight)
    with pytest.raises(WeightsError) as caught:
        take_weights(wide, learned.state_dict(), path)
    said = "'weight' is 4x3x3x3 in the file and 8x3x3x3 in the network, and 1 more."
    assert f"{path}: the weights are those of a network of another shape: {said}" in str(caught.value)
    assert '--set values they were trained with (its network was made with {"width": 4})' in str(caught.value)
    with pytest.raises(WeightsError, match="'bias' is missing in the file and 8 in the network"):
        take_weights(wide, {"weight": wide.weight}, path)


def test_a_checkpoint_of_another_network_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"checkpoint\.pt: .*Train with the --set values they were trained with, or"):
        take_weights(nn.Linear(2, 3), nn.Linear(2, 4).state_dict(), tmp_path / "checkpoint.pt")
