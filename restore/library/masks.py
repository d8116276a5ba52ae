"""What is missing in a picture, in every way a user can hold it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from restore.errors import InputError
from restore.image import Image
from restore.library.kinds import is_tensor, taken
from restore.masks.growing import Mask
from restore.masks.reading import marked

if TYPE_CHECKING:
    from torch import Tensor

WORDS = ("auto", "alpha")
"""What may be said in the place of a mask: find damage, or take what is transparent."""

_HINT = "A mask has the picture's height and width; True or white is missing."


def word_of(mask: object) -> str | None:
    """The word that stands in the place of a mask, or None."""
    return mask if isinstance(mask, str) and mask in WORDS else None


def mask_of(given: object, image: Image) -> Mask:
    """A user's mask.

    Args:
        given: Booleans ``(H, W)`` as an array or a tensor, True = missing; or a picture of any kind that
            `restore.library.kinds.taken` takes, white = missing.
        image: What it is of.

    Returns:
        ``(H, W)``, True = missing.

    Raises:
        InputError: It is no mask, or of another size.
    """
    mask = _booleans(given)
    if mask is None:
        picture = taken(given)
        path = Path(given) if isinstance(given, str | os.PathLike) else Path("mask")
        mask = marked(picture.images[0], path)
    if mask.shape != (image.height, image.width):
        rows, columns = mask.shape[0], mask.shape[1] if mask.ndim > 1 else 1
        said = f"the mask has {columns} x {rows} pixels, but the picture has {image.width} x {image.height}."
        raise InputError(said, hint=_HINT)
    return mask


def masks_of(given: object, images: tuple[Image, ...]) -> list[Mask]:
    """The masks of a batch: one for all, or a batch of as many.

    Raises:
        InputError: As of `mask_of`, or they are neither one nor as many as there are pictures.
    """
    count, pictures = _count(given, images), len(images)
    if count not in (1, pictures):
        there = "there is 1 picture" if pictures == 1 else f"there are {pictures} pictures"
        raise InputError(f"{count} masks were given, but {there}.", hint="Give one mask for all, or one for each.")
    if count > 1:
        return [mask_of(given[index], image) for index, image in enumerate(images)]  # type: ignore[index]
    return [mask_of(given, image) for image in images]


def _count(given: object, images: tuple[Image, ...]) -> int:
    """How many masks an array or a tensor holds; 1 for what is no batch."""
    if not (is_tensor(given) or isinstance(given, np.ndarray)):
        return 1
    shape = tuple(given.shape)  # type: ignore[attr-defined]
    if len(shape) == 4:
        return int(shape[0])
    planes = len(shape) == 3 and shape[1:] == (images[0].height, images[0].width)
    # Three planes of numbers may be the colours of one mask; of booleans they never are.
    boolean = str(given.dtype).endswith("bool")  # type: ignore[attr-defined]
    return int(shape[0]) if planes and (boolean or shape[0] == len(images)) else 1


def _booleans(given: object) -> Mask | None:
    """Booleans of an array or a tensor, without an axis of one channel; None for anything else."""
    array = _as_array(cast("Tensor", given)) if is_tensor(given) else given
    if not isinstance(array, np.ndarray):
        return None
    if array.dtype != np.bool_:
        if is_tensor(given) and array.ndim == 2:
            return _painted(array)
        return None
    while array.ndim > 2 and 1 in (array.shape[0], array.shape[-1]):
        array = array[0] if array.shape[0] == 1 else array[..., 0]
    if array.ndim != 2:
        raise InputError(f"the mask has the shape {array.shape}.", hint=_HINT)
    return array


def _as_array(tensor: Tensor) -> np.ndarray:
    """A tensor's values; NumPy knows no bfloat16."""
    values = tensor.detach().cpu()
    return (values.float() if values.is_floating_point() else values).numpy()


def _painted(array: np.ndarray) -> Mask:
    """What is white in a plain tensor of one channel."""
    return marked(taken(array).images[0], Path("mask"))
