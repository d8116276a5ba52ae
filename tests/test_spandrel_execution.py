"""Networks run as spandrel runs them: whole where that fits, else in tiles that come close, in the memory they have."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import torch
from restore_spandrel.channels import run_network
from restore_spandrel.execution import Execution
from restore_spandrel.reading import read_model
from restore_spandrel.spans import widest

from restore.errors import DeviceError
from restore.image import Pixels
from restore.spec import Runtime
from tests.spandrel_models import ENLARGING, MENDING, photograph, pixels_of, tensor_of, written

CPU = Runtime(device="cpu", threads=1)

LOOKS_FAR = {"HAT": 0.06, "OmniSR": 0.07, "SwinIR": 0.04, "DRUNet": 0.2, "NAFNet": 0.08, "SCUNet": 0.25}
"""Networks that look further than tiles do, with the root of the mean squared error by the standard deviation of their
result that was measured for random weights and the smallest tiles, rounded up. All others are equal."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def execution(name: str, folder: Path, runtime: Runtime = CPU) -> Execution:
    return Execution.of(read_model(written(name, folder)), runtime)


def directly(one: Execution, picture: Pixels) -> Pixels:
    """What spandrel itself makes of a picture, a grey network channel by channel."""
    given = tensor_of(picture)
    if one.descriptor.input_channels == 1:
        return pixels_of(torch.cat([one.descriptor(given[:, c : c + 1]) for c in range(3)], dim=1))
    return pixels_of(one.descriptor(given))


@pytest.mark.parametrize("name", [*ENLARGING, *MENDING])
def test_a_picture_that_fits_comes_out_as_spandrel_makes_it(name: str, folder: Path) -> None:
    one, picture = execution(name, folder), photograph(53, 70)
    made, _ = run_network(one, picture)
    assert np.array_equal(made, directly(one, picture))
    assert made.std() > 1, "the network makes nothing of it"


@pytest.mark.parametrize("name", [*ENLARGING, *MENDING])
def test_tiles_come_close_to_the_whole_picture(name: str, folder: Path) -> None:
    one, picture = execution(name, folder, Runtime(device="cpu", threads=1, tile=64)), photograph(100, 150)
    made, _ = run_network(one, picture)
    whole = directly(one, picture)
    error = np.abs(made.astype(int) - whole)
    assert made.shape == whole.shape
    if name in LOOKS_FAR:
        assert np.sqrt((error.astype(float) ** 2).mean()) < LOOKS_FAR[name] * whole.std()
    else:
        assert error.max() <= 1  # of 255: rounding


def test_a_tile_is_as_large_as_memory_allows(folder: Path) -> None:
    sizes = {}
    for memory in (80 << 20, 200 << 20):
        one = execution("ESRGAN", folder, Runtime(device="cpu", threads=1, memory=memory))
        edge = one.edge((4000, 4000))
        assert one.bytes_per_pixel * widest(edge) ** 2 <= memory < one.bytes_per_pixel * (widest(edge) + 2) ** 2 + 2**20
        sizes[memory] = edge
    assert 64 <= sizes[80 << 20] < sizes[200 << 20] <= 384


def test_too_little_memory_is_an_error_that_says_how_much_it_takes(folder: Path) -> None:
    one = execution("HAT", folder, Runtime(device="cpu", threads=1, memory=1 << 20))
    with pytest.raises(DeviceError, match=r"this network \(HAT\) cannot run in the 1 MiB .*It takes \d\d+ MiB"):
        one.edge((1000, 1000))


def test_a_network_that_looks_at_the_whole_picture_gets_it_where_it_fits(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = execution("SCUNet", folder)
    assert one.prefers_whole
    assert one.edge((400, 500)) == 500
    small = execution("SCUNet", folder, Runtime(device="cpu", threads=1, memory=400 << 20))
    with caplog.at_level(logging.INFO, logger="restore"):
        small._tell(small.edge((4000, 5000)), (4000, 5000))
    assert "tiles of" in caplog.text and "would do better with the whole picture" in caplog.text


def test_a_precision_that_the_architecture_cannot_compute_in_is_refused(folder: Path) -> None:
    descriptor = read_model(written("NAFNet", folder))
    descriptor.supports_bfloat16 = False
    with pytest.raises(DeviceError, match=r"NAFNet cannot compute in bfloat16. Use --precision float32"):
        Execution.of(descriptor, Runtime(device="cpu", precision="bfloat16"))


def test_a_lower_precision_is_close_and_leaves_the_network_as_it_was(folder: Path) -> None:
    one, picture = (
        execution("Compact", folder, Runtime(device="cpu", threads=1, precision="bfloat16")),
        photograph(40, 40),
    )
    made, _ = run_network(one, picture)
    assert one.descriptor.dtype == torch.float32
    error = np.abs(made.astype(int) - directly(one, picture))
    assert 0 < error.mean() < 3


def test_nan_in_a_lower_precision_is_computed_again_and_in_float32_is_an_error(folder: Path) -> None:
    one, picture = execution("Compact", folder), photograph(40, 40)
    with torch.no_grad():
        next(one.descriptor.model.parameters()).fill_(float("nan"))
    with pytest.raises(DeviceError, match="gave NaN or Inf even in float32"):
        run_network(one, picture)
