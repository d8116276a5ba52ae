"""Torch tensors as pictures, and back on the same device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from restore.errors import InputError, UsageError
from restore.image import Image
from restore.library.arrays import checked_floats

_SHAPES = "Give (channels, height, width), or a batch (count, channels, height, width), with 1 or 3 channels."


def from_tensor(tensor: torch.Tensor) -> tuple[Image, ...]:
    """A tensor as pictures, one for each of a batch; nothing of it is modified, and no gradient flows.

    Args:
        tensor: ``(C, H, W)`` or ``(N, C, H, W)`` on any device, C = 1 or 3; floats in [0, 1], or uint8.

    Raises:
        InputError: Another shape or type, nothing in it, or floats that are no numbers or out of range.
    """
    if tensor.ndim not in (3, 4) or tensor.shape[-3] not in (1, 3):
        last = tensor.ndim == 3 and tensor.shape[2] in (1, 3)
        hint = "Its channels stand last: give tensor.permute(2, 0, 1)." if last else _SHAPES
        raise InputError(f"the tensor has the shape {tuple(tensor.shape)}.", hint=hint)
    if tensor.numel() == 0:
        raise InputError(f"the tensor of shape {tuple(tensor.shape)} holds no pixels.", hint=_SHAPES)
    if not tensor.is_floating_point() and tensor.dtype != torch.uint8:
        hint = "Give floats from 0 to 1, or torch.uint8."
        raise InputError(f"the tensor is of the type {tensor.dtype}.", hint=hint)
    batch = tensor.detach().cpu()
    batch = batch if batch.dtype == torch.uint8 else batch.float()
    batch = batch if batch.ndim == 4 else batch[None]
    images = []
    for one in batch:
        pixels = np.ascontiguousarray(one.permute(1, 2, 0).numpy())
        images.append(Image(pixels if pixels.dtype == np.uint8 else checked_floats(pixels, "the tensor")))
    return tuple(images)


def to_tensor(images: Sequence[Image], like: torch.Tensor) -> torch.Tensor:
    """Results as a tensor of the rank, type and device of the one they were made of, in memory of its own.

    Args:
        images: One for each of a batch. Floats are clipped to [0, 1]; masks become 0 and 1 (of floats) or 0 and 255.
        like: What they were made of.

    Raises:
        UsageError: They have different sizes, so that they make no batch.
    """
    if len({image.pixels.shape for image in images}) > 1:
        hint = "Give the pictures of the batch one by one."
        raise UsageError("the results of a batch have different sizes.", hint=hint)
    planes = []
    for image in images:
        plane = torch.from_numpy(np.array(image.pixels)).permute(2, 0, 1)
        if like.is_floating_point():
            plane = plane.float() / (255 if image.pixels.dtype == np.uint8 else 1)
        planes.append(plane.clamp(0, 1) if plane.is_floating_point() else plane)
    batch = torch.stack(planes).to(like.device, like.dtype)
    return batch if like.ndim == 4 else batch[0]
