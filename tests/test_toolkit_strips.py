"""Strips: bounded memory, the whole-image result, every size."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from restore.errors import DeviceError
from restore.spec import Runtime, SizeRule
from restore.toolkit import strips
from restore.toolkit.device import Machine, choose
from restore.toolkit.stream import Residual, receptive_radius
from restore.toolkit.strips import edge_within, run_strips
from restore.toolkit.tiles import run_tiles


@pytest.fixture
def network() -> nn.Sequential:
    torch.manual_seed(0)
    block = Residual(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1))
    inner = Residual(nn.Conv2d(16, 24, 2, stride=2), nn.ReLU(), nn.ConvTranspose2d(24, 16, 2, stride=2))
    return nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(12, 16, 3, padding=1), block, inner, nn.PixelShuffle(2))


class Canvas:
    """A picture to read from and a result to write into; every result pixel starts as NaN."""

    def __init__(self, height: int, width: int, channels: int) -> None:
        self.picture = torch.rand(1, 3, height, width)
        self.result = torch.full((1, channels, height, width), float("nan"))

    def source(self, top: int, bottom: int, left: int, right: int) -> Tensor:
        return self.picture[:, :, top:bottom, left:right].contiguous(memory_format=torch.channels_last)

    def sink(self, top: int, left: int, piece: Tensor) -> None:
        self.result[:, :, top : top + piece.shape[2], left : left + piece.shape[3]] = piece


@pytest.fixture
def machine() -> Machine:
    return choose(Runtime(device="cpu"))


SIZES = [(4, 4), (40, 56), (300, 44), (44, 900), (260, 388)]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("run", [run_strips, run_tiles], ids=["strips", "tiles"])
def test_pieces_equal_the_whole_picture_to_the_same_bytes(
    network: nn.Sequential, machine: Machine, size: tuple[int, int], run: object
) -> None:
    canvas = Canvas(*size, channels=4)
    rule = SizeRule(4, receptive_radius(network))
    assert callable(run)
    run(network, canvas.source, canvas.sink, size, rule, machine, 128)
    with torch.inference_mode():
        whole = network(canvas.picture.contiguous(memory_format=torch.channels_last))
    assert float((canvas.result - whole).abs().max()) <= 1e-5
    as_bytes = [(t.clamp(0, 1) * 255).round().to(torch.uint8) for t in (canvas.result, whole)]
    assert torch.equal(*as_bytes)


def test_very_wide_pictures_are_cut_into_columns_and_still_match(
    network: nn.Sequential, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strips, "WIDEST", 128)
    canvas = Canvas(64, 500, channels=4)
    widths: list[int] = []

    def sink(top: int, left: int, piece: Tensor) -> None:
        widths.append(piece.shape[3])
        canvas.sink(top, left, piece)

    run_strips(network, canvas.source, sink, (64, 500), SizeRule(4, receptive_radius(network)), machine, 128)
    assert max(widths) <= 128
    with torch.inference_mode():
        assert torch.allclose(canvas.result, network(canvas.picture), atol=1e-5)


def test_a_network_that_gives_fewer_pixels_lands_on_its_own_grid(machine: Machine) -> None:
    network = nn.Sequential(nn.Conv2d(3, 2, 2, stride=2), nn.Conv2d(2, 1, 2, stride=2))
    canvas = Canvas(300, 132, channels=1)
    canvas.result = torch.full((1, 1, 75, 33), float("nan"))
    run_strips(network, canvas.source, canvas.sink, (300, 132), SizeRule(4, 4), machine, 128)
    with torch.inference_mode():
        assert torch.allclose(canvas.result, network(canvas.picture), atol=1e-5)


@pytest.mark.parametrize("run", [run_strips, run_tiles], ids=["strips", "tiles"])
def test_nan_in_float32_is_an_error_and_never_a_result(network: nn.Sequential, machine: Machine, run: object) -> None:
    canvas = Canvas(40, 40, channels=4)
    canvas.picture[0, 0, 3, 3] = float("nan")
    assert callable(run)
    with pytest.raises(DeviceError, match="NaN or Inf"):
        run(network, canvas.source, canvas.sink, (40, 40), SizeRule(4, 20), machine, 128)


@pytest.mark.parametrize("run", [run_strips, run_tiles], ids=["strips", "tiles"])
def test_a_result_beyond_the_range_of_float16_is_computed_again_in_float32(machine: Machine, run: object) -> None:
    # float16 ends at 65,504.
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False))
    next(network.parameters()).data.fill_(300.0)
    half = Machine(machine.device, torch.float16, machine.threads)
    out = np.zeros((256, 256), np.float32)

    def source(top: int, bottom: int, left: int, right: int) -> Tensor:
        return torch.full((1, 1, bottom - top, right - left), 1000.0)

    def sink(top: int, left: int, piece: Tensor) -> None:
        out[top : top + piece.shape[2], left : left + piece.shape[3]] = piece[0, 0].numpy()

    assert callable(run)
    run(network, source, sink, (256, 256), SizeRule(1, 0), half, 128)
    assert np.all(out == 3e5)


def test_out_of_memory_leads_to_smaller_tiles_and_no_stale_one(machine: Machine) -> None:
    class Hungry(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            if x.shape[2] * x.shape[3] > 200 * 200:
                raise torch.OutOfMemoryError("CUDA out of memory (simulated)")
            return x * 2

    canvas = Canvas(512, 512, channels=3)
    run_tiles(Hungry(), canvas.source, canvas.sink, (512, 512), SizeRule(1, 0), machine, 512)
    assert torch.equal(canvas.result, canvas.picture * 2)


def test_too_little_memory_for_the_smallest_tile_is_an_error(machine: Machine) -> None:
    class Insatiable(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

    canvas = Canvas(512, 512, channels=3)
    with pytest.raises(DeviceError, match="not enough memory even for tiles of 128"):
        run_tiles(Insatiable(), canvas.source, canvas.sink, (512, 512), SizeRule(1, 0), machine, 512)


def test_a_memory_limit_makes_strips_smaller_and_too_little_is_refused() -> None:
    assert edge_within(2**40) == strips.DEFAULT_EDGE
    assert strips.SMALLEST_EDGE <= edge_within(64 * 2**20) < strips.DEFAULT_EDGE
    with pytest.raises(DeviceError, match="cannot run in 1 MiB"):
        edge_within(2**20)


def test_other_errors_of_a_network_are_not_hidden(machine: Machine) -> None:
    canvas = Canvas(64, 64, channels=3)
    with pytest.raises(RuntimeError, match="to have 5 channels"):
        run_tiles(nn.Conv2d(5, 3, 1), canvas.source, canvas.sink, (64, 64), SizeRule(1, 0), machine)
