"""What saving leaves of pictures of any size: JPEG as tensors, WebP through its own codec."""

from __future__ import annotations

import io

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image as PillowImage
from torch import Tensor

from restore.degrade.compression import jpeg

LONGEST = 16_383
"""Pixels of the longest edge that WebP can hold."""


def saved_as_jpeg(pictures: Tensor, quality: Tensor, subsample: bool) -> Tensor:
    """What a baseline JPEG leaves, blocks beginning in the upper left corner; see `restore.degrade.jpeg`.

    Args:
        pictures: ``(N, 3, H, W)``, of any size; what is lacking to whole blocks repeats the edge, as libjpeg does it.
        quality: Of libjpeg, ``(N, 1, 1, 1)``, rounded to whole numbers, as files have it.
        subsample: Halve the colour channels (4:2:0), else 4:4:4.

    Returns:
        ``(N, 3, H, W)`` rounded to 8 bits, in [0, 1].
    """
    height, width = pictures.shape[2:]
    whole = F.pad(pictures, (0, -width % 16, 0, -height % 16), mode="replicate")
    return jpeg(whole, quality.round(), subsample, whole=True)[:, :, :height, :width]


def saved_as_webp(pictures: Tensor, quality: Tensor) -> Tensor:
    """What lossy WebP leaves: written and read again by libwebp, on the CPU; no gradients flow.

    Args:
        pictures: ``(N, 3, H, W)``, edges up to `LONGEST`.
        quality: 0 to 100, ``(N, 1, 1, 1)``, rounded.

    Returns:
        ``(N, 3, H, W)`` rounded to 8 bits, in [0, 1].

    Raises:
        ValueError: A picture is larger than WebP can hold.
    """
    if max(pictures.shape[2:]) > LONGEST:
        raise ValueError(f"WebP holds edges up to {LONGEST} pixels")
    bytes_ = (pictures.detach().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()
    read = []
    for picture, each in zip(bytes_, quality.flatten().tolist(), strict=True):
        file = io.BytesIO()
        PillowImage.fromarray(picture).save(file, "WEBP", quality=round(each))
        read.append(np.asarray(PillowImage.open(file).convert("RGB")))
    back = torch.from_numpy(np.stack(read)).permute(0, 3, 1, 2)
    return back.to(pictures) / 255
