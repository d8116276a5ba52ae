"""The inpainter with small random weights, and pictures with holes for it and for its training."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from restore_gan_inpaint.infer import GanInpainter, load
from restore_gan_inpaint.model import Architecture, Generator
from restore_gan_inpaint.plugin import InpaintOptions, provide_restorers
from skimage import data
from torch import Tensor

from restore.holes.drawing import draw_hole
from restore.image import Image, Observation, Pixels
from restore.spec import Runtime
from restore.toolkit.device import Machine
from restore.weights import save

SPEC = provide_restorers()[0]
SMALL = Architecture(16, 16, 16, 16)
CPU = Machine(torch.device("cpu"), torch.float32, 1)

Mask = npt.NDArray[np.bool_]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Those of `generator`, as a file."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    said = dict.fromkeys(("version", "data", "steps", "seed", "metrics", "command"), "none")
    save(path, Generator(SMALL).state_dict(), {**said, "model": SPEC.name, "config": json.dumps(SMALL.as_dict())})
    return path


@pytest.fixture(scope="module")
def generator() -> Generator:
    """A network with random weights, the same each time."""
    torch.manual_seed(0)
    return Generator(SMALL).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def gan(weights: Path) -> GanInpainter:
    """The restorer with those weights."""
    return load(weights, Runtime(device="cpu", precision="float32"))


def photograph(height: int = 200, width: int = 264) -> Pixels:
    """A part of one."""
    return np.ascontiguousarray(data.astronaut()[:height, :width])


def hole(kind: str = "scratch", height: int = 200, width: int = 264) -> Mask:
    """Where it is missing."""
    return draw_hole(kind, height, width, np.random.default_rng(1))


def some(height: int = 64, width: int = 64, count: int = 2) -> tuple[Tensor, Tensor]:
    """Pictures for training ``(N, 3, H, W)``, and a hole in each ``(N, 1, H, W)``."""
    torch.manual_seed(0)
    missing = torch.zeros(count, 1, height, width)
    missing[:, :, 20:40, 10:50] = 1
    return torch.rand(count, 3, height, width), missing


def inpaint(
    gan: GanInpainter,
    image: Image | Pixels,
    mask: Mask | None,
    found: bool = False,
    grain: str = "auto",
    self_ensemble: bool = False,
) -> Image:
    """Fill a picture."""
    image = image if isinstance(image, Image) else Image(image)
    options = InpaintOptions.model_validate({"grain": grain, "self_ensemble": self_ensemble})
    return gan.restore(Observation((image,), mask, mask_found=found), options)
