"""The kinds of pictures that users hold: what goes in as one comes out as one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from restore.errors import InputError, UsageError
from restore.image import Image, Restoration
from restore.library.picture import open_image, read_picture, restored_picture
from restore.plugin_manager import PluginManager

if TYPE_CHECKING:
    from torch import Tensor

_KINDS = "Give a NumPy array, a Pillow image, a torch tensor, a restore.Image, or a file's name."


@dataclass(frozen=True)
class Taken:
    """What a user gave, as pictures.

    Attributes:
        images: One; several for a batch of tensors.
        back: Makes what the user gets of the results, one for each picture.
        path: The file, where it was one.
    """

    images: tuple[Image, ...]
    back: Callable[[Sequence[Restoration]], object]
    path: Path | None = None


def taken(given: object, manager: PluginManager | None = None) -> Taken:
    """What a user gave as pictures, and the way back.

    Args:
        given: A picture of any kind.
        manager: Reads it where it is a file; None to find the plugins anew.

    Raises:
        InputError: It is no picture, or cannot be read.
    """
    if isinstance(given, Image):
        return Taken((Image(given.pixels, given.alpha, given.metadata),), partial(_pictures, given))
    if isinstance(given, str | os.PathLike):
        image = open_image(given) if manager is None else read_picture(Path(given), manager)
        return Taken((image,), partial(_pictures, image), Path(given))
    if isinstance(given, np.ndarray):
        from restore.library.arrays import from_array, to_array

        array = given
        return Taken((from_array(array),), lambda done: to_array(done[0].image, array))
    if is_tensor(given):
        return _of_tensor(given)
    if "PIL.Image" in sys.modules:
        from PIL import Image as PillowImage

        from restore.library.pillow import from_pillow, to_pillow

        if isinstance(given, PillowImage.Image):
            pillow = given
            return Taken((from_pillow(pillow),), lambda done: to_pillow(done[0].image, pillow))
    raise InputError(f"what was given ({type(given).__name__}) is no picture.", hint=_KINDS)


def is_tensor(given: object) -> bool:
    """Whether it is a torch tensor; torch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(given, torch.Tensor)


def frames_of(given: object, manager: PluginManager | None = None) -> tuple[tuple[Image, ...], tuple[Path, ...], Taken]:
    """The frames of a series, what messages call them, and the first of them with its way back.

    Args:
        given: A list of pictures.
        manager: As of `taken`.

    Returns:
        The frames, their names, and the first one. Its way back gives a `Picture` as the model made it, and anything
        else in the depth and the channels of that frame: the reference may be another frame, of other ones.

    Raises:
        UsageError: It is no series, or a batch is in it.
        InputError: A frame is no picture, or cannot be read.
    """
    if not isinstance(given, Sequence) or isinstance(given, str | bytes) or len(given) < 2:
        raise UsageError("at least two frames are needed.", hint="Give a list of pictures of one scene.")
    frames = [taken(each, manager) for each in given]
    if any(len(each.images) != 1 for each in frames):
        raise UsageError("a batch is no frame.", hint="Give a list of tensors of shape (channels, height, width).")
    names = tuple(each.path or Path(f"frame {number}") for number, each in enumerate(frames, 1))
    first = frames[0]
    if not isinstance(given[0], Image | str | os.PathLike):
        first = replace(first, back=partial(_like_the_first, first))
    return tuple(each.images[0] for each in frames), names, first


def _like_the_first(first: Taken, done: Sequence[Restoration]) -> object:
    from restore.library.matching import matched

    return first.back([replace(each, image=matched(each.image, first.images[0])) for each in done])


def _pictures(before: Image, done: Sequence[Restoration]) -> object:
    return restored_picture(done[0], before)


def _of_tensor(given: object) -> Taken:
    from restore.library.tensors import from_tensor, to_tensor

    tensor: Tensor = given  # type: ignore[assignment]  # `is_tensor` has found out without importing torch
    return Taken(from_tensor(tensor), lambda done: to_tensor([each.image for each in done], tensor))
