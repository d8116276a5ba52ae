"""Many pictures on one: what samples are looked at with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from restore.codecs.atomic import atomic_path
from restore_generate.torchvision_parts import utils

ENLARGED = 2
"""Pictures of 32 pixels are shown so many times as large; each pixel stays a square."""


def write_grid(path: Path, pictures: Tensor, columns: int, enlarged: int = ENLARGED) -> None:
    """Write a PNG of pictures, row by row.

    Args:
        path: The PNG file.
        pictures: ``(N, C, H, W)`` in [0, 1].
        columns: Pictures in a row.
        enlarged: Edge of the square that each pixel becomes.

    Raises:
        OutputError: The file cannot be written.
        PluginError: torchvision is not installed.
    """
    large = pictures.detach().float().cpu().clamp(0, 1).repeat_interleave(enlarged, 2).repeat_interleave(enlarged, 3)
    grid: Tensor = utils().make_grid(large, nrow=columns, padding=enlarged, pad_value=1.0)
    write_picture(path, grid)


def write_picture(path: Path, picture: Tensor) -> None:
    """Write one picture ``(C, H, W)`` in [0, 1] as PNG.

    Raises:
        OutputError: The file cannot be written.
    """
    array = (picture.detach().clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(array[..., ::-1]))
    with atomic_path(path) as temporary:
        temporary.write_bytes(encoded.tobytes())
