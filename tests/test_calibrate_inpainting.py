"""`scripts/calibrate_inpainting.py` writes ranges and metrics into the header of weights."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import torch
from restore_gan_inpaint.model import Architecture, Generator
from restore_gan_inpaint.quantization import ranges_in
from skimage import data

from restore.weights import header, load, save

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "calibrate_inpainting.py"
NARROW = Architecture(half=4, quarter=8, eighth=8, sixteenth=8)


def test_ranges_and_metrics_are_measured_and_nothing_else_changes(tmp_path: Path) -> None:
    generator = Generator(NARROW)
    weights, out, photos = tmp_path / "w.safetensors", tmp_path / "out.safetensors", tmp_path / "photos"
    about = {"model": "gan-inpaint", "config": json.dumps(NARROW.as_dict()), "metrics": "{}", "steps": "7"}
    save(weights, generator.state_dict(), about)
    photos.mkdir()
    cv2.imwrite(str(photos / "a.png"), data.astronaut()[:200, :200, ::-1])
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(weights), str(photos), "-o", str(out)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said, (before, _), (after, _) = header(out), load(weights, "gan-inpaint"), load(out, "gan-inpaint")
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert said["steps"] == "7" and 0 < json.loads(said["metrics"])["scratch"] < 60
    assert "scratch " in done.stdout
    ranges = ranges_in(said, generator)
    assert ranges is not None and ranges["_fine.stem.feature"][1] == 1


def test_a_folder_without_photographs_is_named(tmp_path: Path) -> None:
    weights = tmp_path / "w.safetensors"
    about = {"model": "gan-inpaint", "config": json.dumps(NARROW.as_dict()), "metrics": "{}"}
    save(weights, Generator(NARROW).state_dict(), about)
    command = [sys.executable, str(SCRIPT), str(weights), str(tmp_path), "-o", str(tmp_path / "out.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and str(tmp_path) in done.stderr
