"""`scripts/calibrate_detection.py` moves the detector's threshold and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch
from restore_damage_unet.model import Architecture, Detector

from restore.weights import header, load, save

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "calibrate_detection.py"
TINY = Architecture((4, 8))


def moved(weights: Path, logit: str, out: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(weights), "--logit", logit, "-o", str(out), "--metrics", '{"f1": 0.5}']
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_logit_is_less_by_what_was_asked_for_and_the_header_says_so(tmp_path: Path) -> None:
    torch.manual_seed(0)
    detector = Detector(TINY)
    before, after = tmp_path / "before.safetensors", tmp_path / "after.safetensors"
    halved = {name: value.half() for name, value in detector.state_dict().items()}
    save(before, halved, {"model": "damage-unet", "config": json.dumps(TINY.as_dict()), "metrics": "{}", "steps": "3"})
    assert moved(before, "1.5", after).returncode == 0

    found = []
    for path in (before, after):
        tensors, _ = load(path, "damage-unet")
        assert {value.dtype for value in tensors.values()} == {torch.float16}
        detector.load_state_dict(tensors)
        with torch.no_grad():
            found.append(detector(torch.linspace(-1, 1, 7 * 256).view(1, 7, 16, 16)))
    assert torch.allclose(found[0] - 1.5, found[1], atol=2e-3)
    said = header(after)
    assert said["steps"] == "3" and said["metrics"] == '{"f1": 0.5}'
    assert said["mixed"].endswith(", the threshold moved by 1.5")


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    save(other, {"a": torch.zeros(1)}, {"model": "conv-dae", "config": "{}"})
    done = moved(other, "1", tmp_path / "out.safetensors")
    assert done.returncode != 0 and "conv-dae" in done.stderr
    assert not (tmp_path / "out.safetensors").exists()
