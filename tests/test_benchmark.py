"""How a benchmark runs models and measures them; what it gives them is tested task by task."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from restore.benchmark.cost import count_flops, peak_memory
from restore.benchmark.denoising import denoising_cases
from restore.benchmark.running import INPUT, options_for, run_benchmark
from restore.benchmark.tasks import Case, Setup
from restore.benchmark.worker import Contender, Worker, serve_restorer, serve_sgemm
from restore.errors import PluginError, UsageError
from restore.image import Image, Observation, picture_of
from restore.plugin_manager import PluginManager
from restore.spec import Options, Runtime

Photo = Callable[..., Path]


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> PluginManager:
    """The classical methods, here and in the processes that a benchmark starts."""
    monkeypatch.setenv("RESTORE_PLUGINS", "classic")
    return PluginManager.discover()


@pytest.fixture
def data(photo: Photo, tmp_path: Path) -> Path:
    for name in ("a.png", "b.png", "c.png"):
        photo(tmp_path / "data" / name, width=64, height=48)
    return tmp_path / "data"


def test_models_are_told_only_what_they_have_options_for(
    data: Path, manager: PluginManager, tiny_manager: PluginManager
) -> None:
    case = next(denoising_cases(Setup(data), manager))
    assert options_for(Contender("tv", "tv", {"weight": "0.5"}), case, manager).model_dump() == {
        "sigma": 25.0,
        "strength": 1.0,
        "weight": 0.5,
        "iterations": 200,
    }
    assert options_for(Contender("plain", "plain", {}), case, tiny_manager) == Options()
    with pytest.raises(UsageError, match="weight"):
        options_for(Contender("tv", "tv", {"weight": "much"}), case, manager)


def test_models_take_turns_picture_by_picture_in_changing_order(data: Path, manager: PluginManager) -> None:
    seen = []

    def observer(number: int, case: Case, label: str) -> None:
        seen.append((number, case.name, label))

    contenders = [Contender("bilateral", "bilateral", {}), Contender("wavelet", "wavelet", {})]
    cases = denoising_cases(Setup(data, limit=2), manager)
    outcome = run_benchmark(cases, contenders, Runtime(threads=1), manager, observer)
    assert seen == [
        (1, "a.png", "bilateral"),
        (1, "a.png", "wavelet"),
        (2, "b.png", "wavelet"),
        (2, "b.png", "bilateral"),
    ]
    assert [row.label for row in outcome.rows()] == [INPUT, "bilateral", "wavelet"]
    wavelet = [sample for sample in outcome.samples if sample.label == "wavelet"]
    seconds = sum(sample.measured.seconds for sample in wavelet if sample.measured)
    assert outcome.rows()[2].seconds_per_megapixel == pytest.approx(seconds / (2 * 64 * 48 / 1e6))
    assert outcome.rows()[2].means["psnr_rgb"].value == pytest.approx(
        sum(sample.values["psnr_rgb"] for sample in wavelet) / 2
    )
    assert outcome.sgemm is None, "no model used torch, so its speed is not measured"


@pytest.fixture
def wavelet(manager: PluginManager) -> Contender:
    return Contender("wavelet", "wavelet", {})


def test_a_worker_gives_what_the_model_gives_here(manager: PluginManager, wavelet: Contender) -> None:
    observation = Observation((Image(np.random.default_rng(0).random((700, 600, 3), dtype=np.float32)),))
    spec = manager.restorer("wavelet")
    options = spec.options.model_validate({"sigma": 25})
    with Worker("wavelet", serve_restorer, wavelet, Runtime()) as worker:
        measured, pixels, _ = worker.restore(observation, options)
    expected = picture_of(manager.load(spec, None, Runtime()).restore(observation, options)).pixels
    assert np.array_equal(pixels, expected)
    assert measured.seconds > 0
    assert measured.flops is None


def test_a_models_peak_of_memory_is_its_own_and_not_its_parents(wavelet: Contender) -> None:
    ballast = np.ones(500 << 20, dtype=np.uint8)
    observation = Observation((Image(np.zeros((64, 64, 3), dtype=np.float32)),))
    with Worker("wavelet", serve_restorer, wavelet, Runtime()) as worker:
        measured, _, _ = worker.restore(observation, Options())
    assert ballast.nbytes < peak_memory()
    assert 20 << 20 < measured.peak < ballast.nbytes


def test_a_model_whose_process_dies_is_an_error_and_not_a_hang(wavelet: Contender) -> None:
    observation = Observation((Image(np.zeros((64, 64, 3), dtype=np.float32)),))
    with Worker("wavelet", serve_restorer, wavelet, Runtime()) as worker:
        pid = worker._process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(PluginError, match="the process of wavelet ended with -9"):
            worker.restore(observation, Options())


def test_errors_of_the_child_arrive_with_their_advice(manager: PluginManager) -> None:
    with pytest.raises(PluginError, match=r"There is no model 'nosuch'\. Models: ") as caught:
        Worker("nosuch", serve_restorer, Contender("nosuch", "nosuch", {}), Runtime())
    assert caught.value.hint


def test_the_operations_of_a_network_are_counted_under_inference_mode() -> None:
    import torch

    class Convolving:
        def restore(self, observation: Observation, options: Options) -> Image:
            with torch.inference_mode():
                torch.nn.functional.conv2d(torch.ones(1, 3, 10, 12), torch.ones(8, 3, 3, 3), padding=1)
            return observation.image

    observation = Observation((Image(np.zeros((10, 12, 3), dtype=np.uint8)),))
    assert count_flops(Convolving(), observation, Options()) == 2 * 10 * 12 * 8 * 3 * 9


def test_a_method_that_does_without_torch_has_no_operations(manager: PluginManager) -> None:
    spec = manager.restorer("bilateral")
    observation = Observation((Image(np.zeros((10, 12, 3), dtype=np.uint8)),))
    assert count_flops(manager.load(spec, None, Runtime()), observation, spec.options()) is None


def test_the_machines_own_speed_is_taken_with_real_matrices() -> None:
    with Worker("sgemm", serve_sgemm, Runtime(threads=1)) as worker:
        assert 1e9 < worker.multiply() < 1e15
