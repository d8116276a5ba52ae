"""A network for blending that nobody taught, and two photographs to blend."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from restore_latent_fusion.model import Architecture, LatentFusion
from skimage import data

from restore.image import Pixels
from restore.weights import save

SMALL = Architecture(width=16, deep=16, latent=4)


def write_random_weights(path: Path) -> Path:
    """Write weights in whose pictures latents yet can be seen."""
    torch.manual_seed(0)
    model = LatentFusion(SMALL)
    with torch.no_grad():
        model.decoder.picture.weight.mul_(10)
    said = dict.fromkeys(("version", "data", "steps", "seed", "metrics", "command"), "none")
    save(path, model.state_dict(), {**said, "model": "latent-fusion", "config": json.dumps(SMALL.as_dict())})
    return path


def photograph(height: int = 60, width: int = 84) -> Pixels:
    """Where blending begins."""
    return np.ascontiguousarray(data.astronaut()[40 : 40 + height, 150 : 150 + width])


def other(height: int = 60, width: int = 84) -> Pixels:
    """Where it ends."""
    return np.ascontiguousarray(data.coffee()[100 : 100 + height, 200 : 200 + width])


def away(one: Pixels, two: Pixels) -> float:
    """How far apart two pictures are, in the mean."""
    return float(np.abs(one.astype(float) - two.astype(float)).mean())
