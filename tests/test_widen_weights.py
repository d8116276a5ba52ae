"""`scripts/widen_weights.py` begins a wider network where a narrower one is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch
from restore_gan_inpaint.model import Architecture, Generator

from restore.weights import header, load, save

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "widen_weights.py"
NARROW = Architecture(half=4, quarter=8, eighth=8, sixteenth=8)
WIDE = Architecture(half=6, quarter=12, eighth=8, sixteenth=8)


def weights(path: Path, architecture: Architecture) -> Path:
    about = {"model": "gan-inpaint", "config": json.dumps(architecture.as_dict()), "ranges": "{}", "steps": "7"}
    save(path, Generator(architecture).state_dict(), about)
    return path


def widen(*given: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), *map(str, given)], capture_output=True, text=True, check=False)


def test_the_wider_network_gives_the_same_pictures(tmp_path: Path) -> None:
    torch.manual_seed(0)
    narrow, wide = weights(tmp_path / "n.safetensors", NARROW), weights(tmp_path / "w.safetensors", WIDE)
    out = tmp_path / "out.safetensors"
    assert widen(narrow, wide, "-o", out).returncode == 0
    picture, missing = torch.rand(1, 3, 64, 64), (torch.rand(1, 1, 64, 64) > 0.8).float()
    results: list[torch.Tensor] = []
    for path, architecture in ((narrow, NARROW), (out, WIDE)):
        generator = Generator(architecture)
        generator.load_state_dict(load(path, "gan-inpaint")[0])
        with torch.no_grad():
            results.append(generator(picture, missing)[0])
    assert (results[0] - results[1]).abs().max() < 1e-5
    assert any(
        p[4:].abs().sum() > 0 for n, p in load(out, "gan-inpaint")[0].items() if n == "_fine.stem.feature.weight"
    )
    said = header(out)
    assert json.loads(said["config"])["half"] == 6 and said["steps"] == "7" and "ranges" not in said
    assert said["mixed"] == f"{header(narrow)['sha256'][:16]}, widened"


def test_a_narrower_network_is_refused(tmp_path: Path) -> None:
    narrow, wide = weights(tmp_path / "n.safetensors", NARROW), weights(tmp_path / "w.safetensors", WIDE)
    done = widen(wide, narrow, "-o", tmp_path / "out.safetensors")
    assert done.returncode == 6 and "n.safetensors" in done.stderr and "with more channels" in done.stderr
    assert not (tmp_path / "out.safetensors").exists()
