"""The rules for the machine: tiles and devices change nothing that can be seen, and memory stays within its bound."""

from __future__ import annotations

import time

import numpy as np

from restore.codecs.header import Header
from restore.conformance.peak import peak_of
from restore.conformance.trials import Bench, picture
from restore.image import Image, Restoration
from restore.result_size import working_bytes_of_series
from restore.spec import Makes, Runtime

TILE, WHOLE = 128, 512
"""Edges of tiles: the smallest that the toolkit makes, and one that holds the whole of the picture that is tried."""

SEAM = 1 / 2550
"""By how much of white a pixel may differ in tiles: a tenth of a step of 8 bits."""

MEAN, FAR, FEW = 0.1 / 255, 1 / 255, 0.001
"""Between devices: how much all pixels may differ in the mean; and how many (a share) by more than a step of 8 bits."""

METHOD, NETWORK = 48 << 20, 128 << 20
"""`restore.spec.Runtime.memory` when the bound is tried: the least that any run grants, and what networks need."""

ROOM = 8 << 20
"""Bytes beyond the bound that are let pass: buffers of threads and libraries, and what the system rounds up."""

FIRST, SMALL, LARGE = (96, 128), (192, 256), (1536, 1536)
"""Height and width of pictures: one that fills caches, one that shows how long the last would take, with which the
bound is tried."""

PATIENCE = 4.0
"""Seconds that the large picture may take; a smaller one is taken where it would be more."""


def in_tiles(bench: Bench) -> str:
    """A picture larger than a tile comes out as it does whole."""
    halo = min(bench.spec.size_rule.halo, 96)
    image = picture(150, 140 + 2 * halo, 3, np.float32)
    whole, tiled = (
        bench.restore(image, restorer=bench.loaded(Runtime(device="cpu", tile=tile, threads=1)))
        for tile in (WHOLE, TILE)
    )
    assert whole.pixels.shape == tiled.pixels.shape, f"{tiled.pixels.shape} in tiles, {whole.pixels.shape} whole"
    if bench.spec.makes is Makes.MASK:
        return _alike_masks(whole, tiled, "in tiles")
    apart = np.abs(whole.pixels.astype(np.float64) - tiled.pixels).max(axis=2)
    row, column = np.unravel_index(int(apart.argmax()), apart.shape)
    said = f"at most {apart.max() * 255:.3f} of 255 apart in tiles of {TILE} pixels"
    assert apart.max() <= SEAM, f"{said}, at row {row}, column {column}"
    return said


def on_accelerators(bench: Bench) -> str:
    """On every other device a picture comes out as on the CPU, within what float32 and TF32 leave open."""
    image = picture(150, 170, 3, np.float32)
    here = bench.restore(image)
    return "; ".join(
        _alike(here, bench.restore(image, restorer=bench.loaded(Runtime(device=name))), name, bench)
        for name in accelerators()
    )


def accelerators() -> tuple[str, ...]:
    """The kinds of devices here beside the CPU."""
    import torch

    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    return tuple(name for name, present in found.items() if present)


def _alike(here: Image, there: Image, name: str, bench: Bench) -> str:
    if bench.spec.makes is Makes.MASK:
        return _alike_masks(here, there, f"on {name}")
    apart = np.abs(here.pixels.astype(np.float64) - there.pixels)
    far = float((apart > FAR).mean())
    said = f"on {name} {apart.mean() * 255:.3f} of 255 apart in the mean, {far:.2%} by more than 1"
    assert apart.mean() <= MEAN and far <= FEW, said
    return said


def _alike_masks(one: Image, other: Image, where: str) -> str:
    changed = float((one.pixels != other.pixels).mean())
    said = f"{changed:.2%} of the mask is another {where}"
    assert changed <= FEW, said
    return said


def within_memory(bench: Bench) -> str:
    """What is held beside picture, result and companions stays within `Runtime.memory` and what the plugin says."""
    granted = NETWORK if bench.spec.takes_weights else METHOD
    restorer = bench.loaded(Runtime(device="cpu", memory=granted, threads=1))
    restorer.restore(bench.scratched(picture(*FIRST)), bench.defaults)  # libraries load and prepare what they keep
    began = time.perf_counter()
    restorer.restore(bench.scratched(picture(*SMALL)), bench.defaults)
    height, width = _affordable(time.perf_counter() - began)
    observation = bench.scratched(picture(height, width))
    made, held = peak_of(lambda: restorer.restore(observation, bench.defaults))
    bound = granted + _promised(bench, height, width, len(observation.frames)) + _bytes(made)
    said = f"{held / 2**20:.0f} MiB of {bound / 2**20:.0f} MiB at {height * width / 1e6:.2g} megapixels"
    assert held <= bound + ROOM, f"{said}; say with working_bytes= what it takes, or work in tiles"
    return said


def _affordable(seconds: float) -> tuple[int, int]:
    """The large size, or a smaller one for a restorer that takes so long for the small one."""
    pixels = SMALL[0] * SMALL[1]
    share = min(1.0, PATIENCE * pixels / max(seconds, 1e-3) / (LARGE[0] * LARGE[1]))
    height, width = (max(small, int(large * share**0.5)) for small, large in zip(SMALL, LARGE, strict=True))
    return height, width


def _promised(bench: Bench, height: int, width: int, frames: int) -> int:
    """What the plugin says it takes for a picture of this size."""
    header = Header(width, height, 3, 8, False, "PNG")
    return working_bytes_of_series(bench.spec, bench.defaults, [header] * frames)


def _bytes(made: Image | Restoration) -> int:
    images = (made.image, *made.companions) if isinstance(made, Restoration) else (made,)
    return sum(image.pixels.nbytes for image in images)
