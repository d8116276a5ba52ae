"""A network for fusion that nobody taught, and series to fuse with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from restore_latent_fusion.infer import LatentFuser
from restore_latent_fusion.model import Architecture, LatentFusion
from restore_latent_fusion.plugin import FuseOptions
from skimage import data

from restore.image import Image, Observation, Pixels, Restoration, SeriesKind
from restore.spec import Runtime
from restore.weights import save

SMALL = Architecture(width=16, deep=16, latent=4)
PLAIN = FuseOptions()
CPU = Runtime(device="cpu", threads=1, precision="float32")
DEPTHS = [(np.uint8, 255), (np.uint16, 65535), (np.float32, 1)]


def lively() -> LatentFusion:
    """A network that nobody taught, which yet prefers frames and adds something to them."""
    torch.manual_seed(0)
    model = LatentFusion(SMALL)
    with torch.no_grad():
        head = model.attention.logits[-2]
        assert isinstance(head, torch.nn.Conv2d)
        head.weight.mul_(40)
    return model.eval().requires_grad_(False)


def write_random_weights(path: Path) -> Path:
    """Write the weights of `lively`."""
    said = dict.fromkeys(("version", "data", "steps", "seed", "metrics", "command"), "none")
    save(path, lively().state_dict(), {**said, "model": "latent-fusion", "config": json.dumps(SMALL.as_dict())})
    return path


def frames_of(height: int, width: int, count: int = 2, channels: int = 3) -> list[npt.NDArray[np.uint8]]:
    """A photograph at several exposures, soft in different places."""
    whole = np.ascontiguousarray(cv2.resize(data.astronaut()[20:420, 60:500], (width, height))[..., :channels])
    rng = np.random.default_rng(0)
    found = []
    for k in range(count):
        gain = 0.5 + k / max(1, count - 1)
        noisy = whole.reshape(height, width, channels) * gain + rng.normal(0, 6, (height, width, channels))
        found.append(np.rint(noisy.clip(0, 255)).astype(np.uint8))
    return found


def fuse(fuser: LatentFuser, frames: Sequence[Pixels | Image], kind: SeriesKind | None = SeriesKind.FOCUS) -> Image:
    answer = ask(fuser, frames, kind)
    assert isinstance(answer, Image)
    return answer


def ask(
    fuser: LatentFuser,
    frames: Sequence[Pixels | Image],
    kind: SeriesKind | None = SeriesKind.FOCUS,
    names: tuple[str, ...] = (),
    options: FuseOptions = PLAIN,
) -> Image | Restoration:
    images = tuple(frame if isinstance(frame, Image) else Image(frame) for frame in frames)
    return fuser.restore(Observation(images, kind=kind, names=names), options)


def infrared_pair(dtype: type = np.uint8, white: int = 255) -> tuple[Pixels, Pixels]:
    """A coloured picture without black and white, and a grey one with a hot spot."""
    visible = 90 + frames_of(80, 96)[1] / 255 * 60
    infrared = np.full((80, 96, 1), 100.0)
    cv2.circle(infrared, (40, 50), 12, 200, cv2.FILLED)
    scaled = [frame / 255 * white for frame in (visible, infrared)]
    return tuple(s.round(6 if white == 1 else 0).astype(dtype) for s in scaled)  # type: ignore[return-value]
