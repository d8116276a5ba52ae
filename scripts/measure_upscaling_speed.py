"""Measure how fast vae-sr enlarges a picture, beside a network of the kind it competes with, in one process.

    python scripts/measure_upscaling_speed.py PHOTO [--edge 512] [--rounds 3] [--threads 2]

A square from the middle of the photograph, mirrored where that is smaller, is enlarged four times, from 8 bits to 8
bits and from memory to memory. ``vae-sr`` is its whole restorer with default options and the training for clean
pictures: interpolation, network, consistency, rounding. The other is EDSR-baseline for x4 (Lim et al.: Enhanced deep
residual networks for single image super-resolution, CVPR workshops 2017): 16 residual blocks of 64 channels without
normalisation, 1.5 M parameters, which are random here, since they do not change the time. It runs as people run it, on
the whole picture; the same in the layout that is faster; and as this toolkit runs foreign networks, in tiles with a
halo. Rounds take turns, so that a machine whose speed drifts treats all alike; the smallest time of each counts.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from restore.image import Image, Observation, Pixels, picture_of
from restore.plugin_manager import PluginManager
from restore.spec import Runtime, SizeRule
from restore.toolkit.device import choose
from restore.toolkit.pixels import PixelReader, to_pixels
from restore.toolkit.tiles import run_tiles

SCALE = 4
HALO = 36
"""Receptive radius of EDSR-baseline in small pixels: 35 convolutions at their size, one at a half, one at a quarter."""


class Block(nn.Module):
    """A residual block of EDSR: convolution, ReLU, convolution, sum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(width, width, 3, padding=1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """``(N, width, H, W)`` → the same."""
        result: Tensor = x + self.body(x)
        return result


class Edsr(nn.Module):
    """EDSR-baseline for x4, without the shift of the mean colour, which costs nothing.

    Args:
        width: Channels of all features.
        blocks: Residual blocks.
    """

    def __init__(self, width: int = 64, blocks: int = 16) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.body = nn.Sequential(*(Block(width) for _ in range(blocks)), nn.Conv2d(width, width, 3, padding=1))
        twice = [part for _ in range(2) for part in (nn.Conv2d(width, 4 * width, 3, padding=1), nn.PixelShuffle(2))]
        self.tail = nn.Sequential(*twice, nn.Conv2d(width, 3, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """``(N, 3, H, W)`` → ``(N, 3, 4 H, 4 W)``."""
        features = self.head(x)
        result: Tensor = self.tail(features + self.body(features))
        return result


Upscaler = Callable[[Pixels], Pixels]
"""``(H, W, 3)`` uint8 → ``(4 H, 4 W, 3)`` uint8."""


def ours(manager: PluginManager, runtime: Runtime) -> Upscaler:
    """The restorer vae-sr as `restore upscale` runs it."""
    spec = manager.restorer("vae-sr")
    restorer = manager.load(spec, None, runtime)
    options = spec.options.model_validate({"scale": SCALE, "training": "clean"})
    return lambda pixels: picture_of(restorer.restore(Observation((Image(pixels),)), options)).pixels


def whole(network: Edsr, layout: torch.memory_format) -> Upscaler:
    """EDSR on the whole picture."""
    network = network.to(memory_format=layout)  # type: ignore[call-overload]

    def run(pixels: Pixels) -> Pixels:
        with torch.inference_mode():
            given = torch.from_numpy(pixels).permute(2, 0, 1)[None].float().div(255).contiguous(memory_format=layout)
            result = network(given).mul_(255).round_().clamp_(0, 255).to(torch.uint8)
            return np.ascontiguousarray(result[0].permute(1, 2, 0).numpy())

    return run


def in_tiles(network: Edsr, runtime: Runtime) -> Upscaler:
    """EDSR in this toolkit's tiles, also in channels_last."""
    machine = choose(runtime)

    def run(pixels: Pixels) -> Pixels:
        reader = PixelReader(pixels, 1)
        result = np.empty((SCALE * pixels.shape[0], SCALE * pixels.shape[1], 3), np.uint8)

        def store(top: int, left: int, window: Tensor) -> None:
            rows, columns = window.shape[2:]
            result[top : top + rows, left : left + columns] = to_pixels(window, result.dtype)

        run_tiles(network, reader, store, (reader.height, reader.width), SizeRule(1, HALO), machine, scale=SCALE)
        return result

    return run


def square(photo: Path, edge: int, manager: PluginManager) -> Pixels:
    """A square from the middle of a photograph, mirrored where it is smaller, as 8-bit RGB."""
    pixels = manager.read_image(photo, 500_000_000).pixels
    if pixels.dtype != np.uint8:
        raise SystemExit(f"{photo}: 8-bit pictures only.")
    missing = [max(0, edge - length) for length in pixels.shape[:2]]
    pixels = np.pad(pixels, [(0, missing[0]), (0, missing[1]), (0, 0)], "symmetric")
    top, left = ((length - edge) // 2 for length in pixels.shape[:2])
    piece = pixels[top : top + edge, left : left + edge]
    return np.ascontiguousarray(np.repeat(piece, 3 // piece.shape[2], axis=2))


def main() -> None:
    """Time, in turn, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--edge", type=int, default=512, help="of the small picture")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    given = parser.parse_args()
    manager, runtime = PluginManager.discover(), Runtime(device="cpu", threads=given.threads)
    pixels = square(given.photo, given.edge, manager)
    torch.manual_seed(0)
    networks = [Edsr().eval().requires_grad_(False) for _ in range(3)]
    parameters = sum(parameter.numel() for parameter in networks[0].parameters())
    upscalers = {
        "vae-sr, whole restorer": ours(manager, runtime),
        "EDSR-baseline, whole picture, default layout": whole(networks[0], torch.contiguous_format),
        "EDSR-baseline, whole picture, channels_last": whole(networks[1], torch.channels_last),
        "EDSR-baseline, tiles of this toolkit": in_tiles(networks[2], runtime),
    }
    corner = np.ascontiguousarray(pixels[:64, :64])
    seconds: dict[str, list[float]] = {name: [] for name in upscalers}
    for upscale in upscalers.values():
        upscale(corner)
    for _ in range(given.rounds):
        for name, upscale in upscalers.items():
            began = time.perf_counter()
            result = upscale(pixels)
            seconds[name].append(time.perf_counter() - began)
            assert result.shape == (SCALE * given.edge, SCALE * given.edge, 3), result.shape
    megapixels = (SCALE * given.edge) ** 2 / 1e6
    best = {name: min(times) for name, times in seconds.items()}
    fastest = best["vae-sr, whole restorer"]
    print(
        f"x{SCALE} to {megapixels:.2f} MP, {torch.get_num_threads()} threads, best of {given.rounds}, "
        f"EDSR-baseline of {parameters / 1e6:.2f} M parameters"
    )
    for name, time_of_it in best.items():
        speed = f"{time_of_it:7.2f} s  {megapixels / time_of_it:6.3f} MP/s"
        print(f"{name:48s}{speed}  {time_of_it / fastest:6.2f} x the time of vae-sr")
    print(f"load {os.getloadavg()[0]:.1f} at the end, {time.strftime('%Y-%m-%d')}")


if __name__ == "__main__":
    main()
