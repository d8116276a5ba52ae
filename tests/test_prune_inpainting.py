"""`scripts/prune_inpainting.py` leaves blocks of the coarse half out, and those that stay are as they were."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch
from restore_gan_inpaint.model import Architecture, Generator

from restore.weights import header, load, save

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "prune_inpainting.py"
LONG = Architecture(half=4, quarter=8, eighth=8, sixteenth=8, dilations=(1, 3, 5))


def prune(weights: Path, *given: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(weights), *given]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def weights(path: Path, dead: int) -> Path:
    """Of a network in which one block at 1/16 does nothing."""
    torch.manual_seed(0)
    generator = Generator(LONG)
    plain = generator.get_parameter(f"_coarse.far.{dead}.plain.weight")
    with torch.no_grad():
        plain.zero_()
        generator.get_parameter(f"_coarse.far.{dead}.plain.bias").zero_()
    about = {"model": "gan-inpaint", "config": json.dumps(LONG.as_dict()), "ranges": "{}", "steps": "7"}
    save(path, generator.state_dict(), about)
    return path


def test_without_a_block_that_does_nothing_pictures_are_the_same(tmp_path: Path) -> None:
    whole, out = weights(tmp_path / "w.safetensors", dead=1), tmp_path / "out.safetensors"
    done = prune(whole, "--keep", "2", "0", "-o", str(out))
    assert done.returncode == 0, done.stderr
    picture, missing = torch.rand(1, 3, 64, 64), (torch.rand(1, 1, 64, 64) > 0.8).float()
    results: list[torch.Tensor] = []
    for path in (whole, out):
        generator = Generator(Architecture.from_plain(json.loads(header(path)["config"])))
        generator.load_state_dict(load(path, "gan-inpaint")[0])
        with torch.no_grad():
            results.append(generator(picture, missing)[0])
    assert torch.equal(*results)
    said = header(out)
    assert json.loads(said["config"])["dilations"] == [1, 5] and "ranges" not in said and said["steps"] == "7"
    assert said["mixed"] == f"{header(whole)['sha256'][:16]}, of the blocks at 1/16 only 0 and 2"


def test_a_block_that_is_not_there_cannot_be_kept(tmp_path: Path) -> None:
    done = prune(weights(tmp_path / "w.safetensors", 0), "--keep", "3", "-o", str(tmp_path / "out.safetensors"))
    assert done.returncode == 2 and "blocks 0 to 2" in done.stderr
