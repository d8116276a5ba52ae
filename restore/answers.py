"""Whether what a restorer returned is what was due: a picture of the right size and depth, or a mask; companions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from restore.contracts import promised_companions
from restore.errors import PluginError
from restore.image import Image, Metadata, Restoration
from restore.result_size import result_size, size_is_found
from restore.spec import Makes, Options, RestorerSpec

DAMAGED = 255
"""What a mask says where a picture is damaged; elsewhere it is 0."""

_DEFECT = "This is a defect of the plugin: `restore plugins` says where it comes from."
_ROWS = 256


def checked(answer: object, given: Image, spec: RestorerSpec, options: Options) -> Restoration:
    """What a restorer returned, if it keeps its contract.

    Args:
        answer: What it returned.
        given: The picture it was given, the first of several.
        spec: Its description.
        options: What it was asked for.

    Returns:
        The answer as a restoration. A mask has none of the picture's metadata: it was not taken by that camera, nor at
        that place, and it is upright.

    Raises:
        PluginError: Wrong type, size, depth, number of channels or values; or not the companions that it promised.
    """
    restoration = Restoration(answer) if isinstance(answer, Image) else answer
    if not isinstance(restoration, Restoration) or not isinstance(restoration.image, Image):
        raise PluginError(f"the model '{spec.name}' returned a {type(answer).__name__} instead of a picture.")
    if spec.makes is Makes.MASK:
        _check_mask(restoration.image, given, spec)
        restoration = replace(restoration, image=_bare(restoration.image, given))
    else:
        _check_picture(restoration.image, given, spec, options)
    _check_companions(restoration.companions, spec, options)
    return restoration


def _check_picture(result: Image, given: Image, spec: RestorerSpec, options: Options) -> None:
    height, width = result_size(spec, options, given.height, given.width)
    wanted: object = (height, width, given.channels)
    if size_is_found(spec, options):
        sound = result.channels == given.channels and result.height * result.width <= height * width
        wanted = f"at most {height} x {width} in {given.channels} channels"
    else:
        sound = result.pixels.shape == wanted
    if not sound or result.pixels.dtype != given.pixels.dtype:
        raise PluginError(
            f"the model '{spec.name}' returned {result.pixels.shape} {result.pixels.dtype} "
            f"where {wanted} {given.pixels.dtype} was due.",
            hint=_DEFECT,
        )


def _check_mask(result: Image, given: Image, spec: RestorerSpec) -> None:
    wanted, found = (given.height, given.width, 1), None
    if result.pixels.shape != wanted or result.pixels.dtype != np.uint8:
        found = f"{result.pixels.shape} {result.pixels.dtype}"
    elif result.alpha is not None:
        found = "a mask with transparency"
    elif any(_has_grey(result.pixels[row : row + _ROWS]) for row in range(0, given.height, _ROWS)):
        found = f"a mask with other values than 0 and {DAMAGED}"
    if found is not None:
        raise PluginError(
            f"the model '{spec.name}' returned {found} where a mask was due: {wanted} uint8, 0 or {DAMAGED}.",
            hint=_DEFECT,
        )


def _has_grey(pixels: np.ndarray) -> bool:
    return bool(((pixels != 0) & (pixels != DAMAGED)).any())


def _bare(mask: Image, given: Image) -> Image:
    """The mask with nothing but what there is to warn of, the picture's own warnings first."""
    known = given.metadata.warnings
    new = tuple(each for each in mask.metadata.warnings if each not in known)
    return replace(mask, metadata=Metadata(warnings=known + new))


def _check_companions(given: object, spec: RestorerSpec, options: Options) -> None:
    """Refuse other companions than the restorer promised for these options."""
    promised = promised_companions(spec, options)
    pictures = given if isinstance(given, tuple | list) and all(isinstance(each, Image) for each in given) else None
    if pictures is None or len(pictures) != len(promised):
        what = "other things than pictures" if pictures is None else f"{len(pictures)} companions"
        names = ", ".join(f"{each.name}{each.extension or ''}" for each in promised)
        raise PluginError(
            f"the model '{spec.name}' returned {what} where it promised {len(promised)}{names and f' ({names})'}.",
            hint=_DEFECT,
        )
