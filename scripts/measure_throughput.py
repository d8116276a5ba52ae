"""Measure a whole run over a folder of photographs beside the bare network on the same pixels, in one process.

    python scripts/measure_throughput.py PHOTO [--count 4] [--megapixels 12] [--rounds 3]

The folder is made from one photograph, tiled to the size asked for, with noise, saved as JPEG. A whole run is what
``restore denoise FOLDER -o OUT`` does: reading, estimating the noise, denoising, encoding, writing. The bare network is
the denoiser alone on ready float tensors in tiles of 512 pixels without a halo. Rounds alternate, so that a machine
whose speed drifts treats both alike; the smallest time of each counts. OpenCV's non-local means runs on a part of one
picture for comparison.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import torch
from restore_conv_dae.infer import ConvDae
from restore_conv_dae.plugin import DenoiseOptions

from restore.engine import Job, run
from restore.planning import plan
from restore.plugin_manager import PluginManager
from restore.spec import Runtime
from restore.toolkit.device import place


def make_folder(photo: Path, folder: Path, count: int, megapixels: float) -> int:
    """Write `count` noisy JPEGs of this size; returns the pixels of one."""
    picture = np.asarray(PIL.Image.open(photo).convert("RGB"))
    width = round(math.sqrt(megapixels * 4e6 / 3))
    height = round(width * 3 / 4)
    times = (-(-height // picture.shape[0]), -(-width // picture.shape[1]), 1)
    large = np.tile(picture, times)[:height, :width]
    for k in range(count):
        noise = np.random.default_rng(k).normal(0, 12, large.shape)
        noisy = np.clip(large + noise, 0, 255).astype(np.uint8)
        PIL.Image.fromarray(noisy).save(folder / f"{k}.jpg", quality=92)
    return height * width


def bare_network(dae: ConvDae, pixels: int) -> float:
    """Seconds for the denoiser alone over so many pixels, as 512-pixel tiles on ready tensors."""
    network = place(dae.networks.denoiser, dae.networks.machine)
    tile = torch.rand(1, 4, 512, 512).contiguous(memory_format=torch.channels_last)
    tiles = round(pixels / 512**2)
    with torch.inference_mode():
        network(tile)
        began = time.perf_counter()
        for _ in range(tiles):
            network(tile)
    return (time.perf_counter() - began) * pixels / (tiles * 512**2)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("photo", type=Path)
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    manager = PluginManager.discover()
    spec = manager.restorer("conv-dae")
    dae = manager.load(spec, None, Runtime(device="cpu"))
    assert isinstance(dae, ConvDae)
    whole: dict[str, list[float]] = {"auto": [], "12": []}
    bare: list[float] = []
    classic: list[float] = []
    with tempfile.TemporaryDirectory() as place_:
        folder = Path(place_) / "in"
        folder.mkdir()
        pixels = make_folder(arguments.photo, folder, arguments.count, arguments.megapixels)
        total = pixels * arguments.count
        crop = np.asarray(PIL.Image.open(folder / "0.jpg"))[:768, :1024]
        for turn in range(arguments.rounds):
            bare.append(bare_network(dae, total))
            began = time.perf_counter()
            cv2.fastNlMeansDenoisingColored(crop, None, 12, 12, 7, 21)
            classic.append((time.perf_counter() - began) * total / (crop.shape[0] * crop.shape[1]))
            for sigma, seconds in whole.items():
                options = DenoiseOptions.model_validate({"sigma": sigma if sigma == "auto" else float(sigma)})
                out = Path(place_) / f"out-{sigma}-{turn}"
                report = run(Job(plan([str(folder)], out), spec, options, Runtime(device="cpu")), manager)
                assert report.done == arguments.count, report.results
                seconds.append(report.seconds)
    print(f"{arguments.count} JPEGs of {pixels / 1e6:.1f} MP, {torch.get_num_threads()} threads, best of {len(bare)}")
    print(f"bare network, 512-pixel tiles     {min(bare):7.2f} s  {total / 1e6 / min(bare):5.2f} MP/s")
    for sigma, seconds in whole.items():
        ratio = min(seconds) / min(bare)
        name = f"whole run, --sigma {sigma}"
        print(f"{name:32s}  {min(seconds):7.2f} s  {total / 1e6 / min(seconds):5.2f} MP/s  ratio {ratio:.3f}")
    print(f"OpenCV fastNlMeansDenoisingColored{min(classic):7.2f} s  {total / 1e6 / min(classic):5.2f} MP/s")


if __name__ == "__main__":
    main()
