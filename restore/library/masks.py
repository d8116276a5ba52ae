"""What is missing in a picture, in every way a user can hold it."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from restore.errors import InputError
from restore.image import Image
from restore.library.kinds import is_tensor, taken
from restore.masks.growing import Mask
from restore.masks.reading import marked

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
        InputError: As of `mask_of`.
    """
    several = is_tensor(given) or isinstance(given, np.ndarray)
    if several and len(images) > 1 and getattr(given, "ndim", 0) > 2 and len(given) == len(images):  # type: ignore[arg-type]
        return [mask_of(given[index], image) for index, image in enumerate(images)]  # type: ignore[index]
    return [mask_of(given, image) for image in images]


def _booleans(given: object) -> Mask | None:
    """Booleans of an array or a tensor, without an axis of one channel; None for anything else."""
    array = given.detach().cpu().numpy() if is_tensor(given) else given  # type: ignore[attr-defined]
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


def _painted(array: np.ndarray) -> Mask:
    """What is white in a plain tensor of one channel."""
    return marked(taken(array).images[0], Path("mask"))
