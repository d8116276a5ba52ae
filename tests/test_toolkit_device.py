"""Devices that are there, devices that are not, and what happens when memory runs out."""

from __future__ import annotations

import pytest
import torch

from restore.errors import DeviceError
from restore.spec import Runtime
from restore.toolkit.device import Machine, choose, run_safely


def test_the_cpu_is_always_there_in_float32() -> None:
    machine = choose(Runtime(device="cpu"))
    assert machine.device.type == "cpu"
    assert machine.dtype == torch.float32


def test_the_number_of_threads_can_be_set() -> None:
    before = torch.get_num_threads()
    try:
        assert choose(Runtime(device="cpu", threads=1)).threads == 1
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("name", ["gpu", "cpu:1", "cuda:99", "tpu"])
def test_a_device_that_is_not_there_is_named_with_those_that_are(name: str) -> None:
    with pytest.raises(DeviceError, match=name) as caught:
        choose(Runtime(device=name))
    assert caught.value.hint


def test_float16_on_a_cpu_is_refused() -> None:
    with pytest.raises(DeviceError, match="float16"):
        choose(Runtime(device="cpu", precision="float16"))


def test_after_the_smallest_tile_on_a_gpu_the_cpu_goes_on_with_the_first_one() -> None:
    tried: list[tuple[str, int]] = []

    def attempt(machine: Machine, edge: int) -> None:
        tried.append((machine.device.type, edge))
        if machine.device.type != "cpu":
            raise torch.OutOfMemoryError("simulated")

    run_safely(attempt, Machine(torch.device("meta"), torch.float32, 1), 512, 128)
    assert tried == [("meta", 512), ("meta", 256), ("meta", 128), ("cpu", 512)]
