"""`scripts/mix_weights.py` mixes two weights of one network, and says of which."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from restore.weights import header, load, save

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "mix_weights.py"


def weights(path: Path, value: float, config: str = "{}", model: str = "net") -> Path:
    save(path, {"a": torch.full((2, 3), value)}, {"model": model, "config": config, "metrics": "old", "steps": "7"})
    return path


def mix(first: Path, second: Path, share: str, out: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(first), str(second), "--share", share, "-o", str(out), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_mixture_lies_between_both_and_says_so(tmp_path: Path) -> None:
    first, second = weights(tmp_path / "1.safetensors", 1.0), weights(tmp_path / "2.safetensors", 3.0)
    out = tmp_path / "out.safetensors"
    assert mix(first, second, "0.25", out).returncode == 0
    tensors, said = load(out, "net")
    assert torch.equal(tensors["a"], torch.full((2, 3), 1.5))
    assert said["steps"] == "7" and said["metrics"] == "{}", "they are those of another network"
    digests = [header(path)["sha256"][:16] for path in (first, second)]
    assert said["mixed"] == f"0.75 of {digests[0]} and 0.25 of {digests[1]}"


def test_a_part_of_a_network_alone_can_be_mixed(tmp_path: Path) -> None:
    first, second = weights(tmp_path / "1.safetensors", 1.0), tmp_path / "2.safetensors"
    said = {"model": "net", "config": "{}"}
    for path, value in ((first, 1.0), (second, 3.0)):
        save(path, {"far.a": torch.full((2,), value), "near.a": torch.full((2,), value)}, said)
    out = tmp_path / "out.safetensors"
    assert mix(first, second, "0.25", out, "--only", "far.").returncode == 0
    tensors, about = load(out, "net")
    assert [float(tensors[name][0]) for name in ("far.a", "near.a")] == [1.5, 3]
    assert about["mixed"].endswith("in far.")
    refused = mix(first, second, "0.25", tmp_path / "none.safetensors", "--only", "wide.")
    assert refused.returncode == 6 and "1.safetensors" in refused.stderr and "called wide." in refused.stderr
    assert not (tmp_path / "none.safetensors").exists()


def test_what_the_mixture_reaches_can_be_told(tmp_path: Path) -> None:
    first, out = weights(tmp_path / "1.safetensors", 1.0), tmp_path / "out.safetensors"
    assert mix(first, first, "0.5", out, "--metrics", '{"psnr": 31.2}').returncode == 0
    assert header(out)["metrics"] == '{"psnr": 31.2}'


@pytest.mark.parametrize(("config", "model", "said"), [("{1}", "net", "its network"), ("{}", "other", "the model")])
def test_weights_of_different_networks_are_not_mixed(tmp_path: Path, config: str, model: str, said: str) -> None:
    first, second = weights(tmp_path / "1.safetensors", 1.0), weights(tmp_path / "2.safetensors", 3.0, config, model)
    out = tmp_path / "out.safetensors"
    done = mix(first, second, "0.5", out)
    assert done.returncode == 6 and "2.safetensors" in done.stderr and said in done.stderr
    assert not out.exists()


def test_a_share_beyond_one_is_refused(tmp_path: Path) -> None:
    first = weights(tmp_path / "1.safetensors", 1.0)
    done = mix(first, first, "1.5", tmp_path / "out.safetensors")
    assert done.returncode == 2 and "between 0 and 1" in done.stderr
