"""The inpainter in integers of 8 bits: nearly the same numbers, on CPUs that are quick at them, and on no others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from restore_gan_inpaint.execution import INTEGERS, Execution
from restore_gan_inpaint.infer import GanInpainter, load
from restore_gan_inpaint.interpolation import pooled
from restore_gan_inpaint.model import Generator
from restore_gan_inpaint.plugin import WEIGHTS
from restore_gan_inpaint.quantization import Ranges, as_header, integers_are_quick, ranges_in, watched
from torch import Tensor

from restore.errors import WeightsError
from restore.spec import Runtime
from restore.toolkit.device import Machine
from restore.weights import header, save
from restore.weights import load as load_weights
from tests.random_inpainter import CPU, SMALL, SPEC, gan, generator, hole, inpaint, photograph, weights

__all__ = ["gan", "generator", "weights"]

WHOLE = Machine(torch.device("cpu"), INTEGERS, 1)

quick = pytest.mark.skipif(not integers_are_quick(), reason="this CPU is not quick at integers, and may overflow")


def given() -> tuple[Tensor, Tensor]:
    """A picture, grey at 0 and 0 where it is missing, and what is missing."""
    torch.manual_seed(1)
    missing = (torch.rand(2, 1, 48, 80) < 0.3).float()
    return (torch.rand(2, 3, 48, 80) - 0.5) * (1 - missing), missing


@pytest.fixture(scope="module")
def ranges(generator: Generator) -> Ranges:
    picture, missing = given()
    with torch.no_grad(), watched(generator) as found:
        generator(picture + 0.5, missing)
    return found


@pytest.fixture(scope="module")
def calibrated(weights: Path, ranges: Ranges, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The random weights with ranges in their header."""
    path = tmp_path_factory.mktemp("calibrated") / "w.safetensors"
    tensors, about = load_weights(weights, SPEC.name)
    save(path, tensors, {k: v for k, v in about.items() if k not in ("created", "sha256")} | as_header(ranges))
    return path


def test_calibration_sees_the_lowest_and_highest_value_that_enters_each_convolution(
    generator: Generator, ranges: Ranges
) -> None:
    assert set(ranges) == {n for n, m in generator.named_modules() if isinstance(m, torch.nn.Conv2d)}
    low, high = ranges["_fine.stem.feature"]
    assert -0.6 < low < -0.49 and high == 1, "black, and the mask"
    assert ranges["_fine.after.0.plain"][0] == 0, "what passed a gate is not negative"
    assert not any(m._forward_pre_hooks for m in generator.modules()), "it stops watching"


def test_what_is_given_later_widens_the_ranges(generator: Generator) -> None:
    with torch.no_grad(), watched(generator) as found:
        picture, missing = given()
        generator(picture * 0 + 0.5, missing)
        narrow = dict(found)
        generator(picture + 0.5, missing)
        generator(picture * 0 + 0.5, missing)
    assert all(found[name][0] <= low and high <= found[name][1] for name, (low, high) in narrow.items())
    assert found["_fine.stem.feature"][0] < narrow["_fine.stem.feature"][0]


def test_ranges_are_kept_in_the_header(generator: Generator, ranges: Ranges) -> None:
    again = ranges_in(as_header(ranges), generator)
    assert again is not None and again.keys() == ranges.keys()
    assert all(again[name] == pytest.approx(ends, abs=1e-4) for name, ends in ranges.items())
    assert ranges_in({"model": "gan-inpaint"}, generator) is None


@quick
def test_integers_give_nearly_the_same_numbers(generator: Generator, ranges: Ranges) -> None:
    picture, missing = given()
    results = []
    with torch.inference_mode():
        for network in (Execution(generator, CPU), Execution(generator, WHOLE, ranges)):
            both = torch.cat([picture, missing], 1)
            filled, features = network.coarse(pooled(both))
            results.append((filled, features, network.fine(both, filled, features)))
    for exact, whole in zip(*results, strict=True):
        off = (exact - whole).abs()
        assert 0 < off.max() < 0.05 * exact.abs().max() and off.mean() < 0.01 * exact.abs().max()


@quick
def test_values_beyond_what_calibration_saw_are_cut_off_and_do_not_wrap(generator: Generator, ranges: Ranges) -> None:
    network = Execution(generator, WHOLE, ranges)
    picture, missing = given()
    both = torch.cat([picture, missing], 1)
    with torch.inference_mode():
        filled, features = network.coarse(pooled(both))
        usual = network.fine(both, filled, features)
        wild = network.fine(both, filled, 100 * features)
    assert wild.isfinite().all() and wild.abs().max() < 20 * usual.abs().max()


@quick
def test_8_bit_pictures_are_filled_in_integers_where_the_cpu_is_quick_at_them(
    calibrated: Path, gan: GanInpainter, monkeypatch: pytest.MonkeyPatch
) -> None:
    can = {"avx512_vnni": True}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: can, raising=False)
    automatic, asked = load(calibrated, Runtime(device="cpu")), load(calibrated, Runtime(precision="float32"))
    assert automatic.quick.dtype == INTEGERS and asked.quick.dtype == torch.float32
    pixels, mask = photograph(), hole()
    off = np.abs(inpaint(automatic, pixels, mask).pixels.astype(int) - inpaint(gan, pixels, mask).pixels)[mask]
    assert off.max() > 0 and off.mean() < 3, "weights that nobody trained give strong contrasts"
    deep = pixels.astype(np.uint16) * 257
    assert np.array_equal(inpaint(automatic, deep, mask).pixels, inpaint(gan, deep, mask).pixels)


@quick
def test_a_tile_changes_no_byte_in_integers_either(calibrated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_vnni": True}, raising=False)
    mask, pixels = np.tile(hole("scratch"), (1, 2)), np.tile(photograph(), (1, 2, 1))
    whole, tiled = (load(calibrated, Runtime(device="cpu", tile=tile)) for tile in (None, 128))
    assert np.array_equal(inpaint(tiled, pixels, mask).pixels, inpaint(whole, pixels, mask).pixels)


@pytest.mark.parametrize(("capabilities", "dtype"), [({}, torch.float32), ({"avx512_bf16": True}, torch.bfloat16)])
def test_they_are_not_used_where_they_are_slow(
    calibrated: Path, capabilities: dict[str, bool], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert load(calibrated, Runtime(device="cpu")).quick.dtype == dtype


def test_without_ranges_floats_are_used(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_vnni": True}, raising=False)
    assert load(weights, Runtime(device="cpu")).quick.dtype == torch.float32


@pytest.mark.parametrize("ranges", ["{", '{"_fine.head": 3}', '{"_fine.head": [0, 1]}'])
def test_ranges_that_do_not_fit_are_refused(ranges: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.safetensors"
    about = {"model": SPEC.name, "config": json.dumps(SMALL.as_dict()), "ranges": ranges}
    save(path, Generator(SMALL).state_dict(), about)
    with pytest.raises(WeightsError, match="does not fit the network of gan-inpaint"):
        load(path, Runtime(device="cpu"))


@quick
def test_the_shipped_weights_lose_next_to_nothing_in_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "ranges" in header(WEIGHTS)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_vnni": True}, raising=False)
    pixels, mask = photograph(), hole("brush20")
    exact, whole = (
        inpaint(load(WEIGHTS, Runtime(device="cpu", precision=p)), pixels, mask).pixels for p in ("float32", "auto")
    )
    off = (exact.astype(float) - whole)[mask]
    assert 0 < np.sqrt((off**2).mean()) < 2.5
