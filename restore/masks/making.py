"""The mask of one picture, from everything the user has said: gathered, checked, grown."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from restore.codecs.header import Header, peek
from restore.errors import InputError
from restore.image import Image
from restore.masks.growing import Mask, bands, grown
from restore.masks.reading import marked
from restore.masks.request import NOTHING, Masking

OPAQUE = 0.98
"""What is less opaque than this is missing; a lossy format may store a trifle less than was meant."""


@dataclass(frozen=True)
class MaskFile:
    """A mask as it was read.

    Attributes:
        path: Its file.
        image: Upright.
    """

    path: Path
    image: Image


def make_mask(image: Image, masking: Masking, source: Path, file: MaskFile | None = None) -> Mask:
    """The hard, grown mask of one picture: every pixel that the result may change.

    Args:
        image: The picture, upright.
        masking: What is missing; a detector is not asked here.
        source: The picture's file, for the messages.
        file: Its mask, where `masking` names a file or a folder.

    Returns:
        ``(H, W)``, True = missing: the union of all that is missing, grown by ``grow + feather`` pixels. It may be
        empty; `nothing_missing` then says why.

    Raises:
        InputError: The mask is no mask or of another size, a box lies outside the picture, or nothing would be left.
    """
    said = said_missing(image, masking, source, file)
    return finished_mask(said, masking, source, None if file is None else file.path)


def said_missing(image: Image, masking: Masking, source: Path | None, file: MaskFile | None = None) -> Mask:
    """What the user says is missing, not yet grown; arguments as of `make_mask`.

    Raises:
        InputError: The mask is no mask or of another size, or a box lies outside the picture.
    """
    mask = np.zeros((image.height, image.width), np.bool_)
    if file is not None:
        _check_size(image, source or file.path, file)
        mask |= marked(file.image, file.path, invert=masking.invert)
    if masking.alpha and image.alpha is not None:
        for band in bands(image.height):
            mask[band] |= image.alpha[band] < OPAQUE * image.white
    if masking.colour is not None:
        _add_coloured(mask, image, masking.colour, masking.tolerance)
    for box in masking.boxes:
        place = box.within(image.height, image.width)
        if place is None:
            raise InputError(
                f"has {image.width} x {image.height} pixels, and --box {box} lies outside.",
                path=source,
                hint="Boxes are x,y,w,h in pixels from the upper left corner of the upright picture.",
            )
        mask[place] = True
    return mask


def finished_mask(mask: Mask, masking: Masking, source: Path | None, file: Path | None = None) -> Mask:
    """All that is missing, grown as the user wants it.

    Args:
        mask: ``(H, W)``, True = missing; not modified.
        masking: By how much it grows.
        source: The picture's file, for the messages; None where whoever asks does not know it.
        file: The mask's file, for the messages.

    Raises:
        InputError: Nothing of the picture would be left.
    """
    if mask.all():
        raise _nothing_left(mask, masking, source, file, "")
    result = grown(mask, masking.grow + masking.feather)
    if result.all():
        how = f" once it is grown by {masking.grow + masking.feather} pixels"
        raise _nothing_left(mask, masking, source, file, how)
    return result


def nothing_missing(image: Image, masking: Masking, file: Path | None = None) -> str:
    """Why the mask of a picture is empty, as a sentence for the user that begins with `NOTHING`.

    Args:
        image: The picture.
        masking: What was to be missing.
        file: The mask's file, where there is one.
    """
    causes = []
    if file is not None:
        causes.append(f"its mask {file} is {'white' if masking.invert else 'black'} all over")
    if masking.alpha:
        causes.append("nothing in it is transparent" if image.alpha is not None else "it has no transparency")
    if masking.colour is not None:
        red, green, blue = masking.colour
        causes.append(f"nothing in it has the colour #{red:02x}{green:02x}{blue:02x} (tolerance {masking.tolerance})")
    if masking.detector is not None:
        causes.append("no damage was found")
    return f"{NOTHING}, so nothing was filled: {' and '.join(causes)}."


def mask_bytes(picture: Header, masking: Masking, file: Path | None) -> int:
    """What a mask takes in memory beside its picture: its file as it is decoded, and three bytes for every pixel.

    Where a detector looks for damage, its answer takes two more; where something transparent may be known, so do the
    distances from the visible pixels (ten) and two copies, see `restore.masks.joining.without_hidden`.

    Args:
        picture: The picture's.
        masking: What is missing.
        file: Its mask, or None; one whose header does not tell counts nothing.
    """
    header = None if file is None else peek(file)
    each = 3 if masking.detector is None else 5
    if picture.alpha and not masking.alpha:
        each += 10 + 2 * picture.channels * picture.bits // 8
    return each * picture.width * picture.height + (0 if header is None else header.bytes)


def _check_size(image: Image, source: Path, file: MaskFile) -> None:
    """Refuse a mask of another size than the picture's."""
    mask = file.image
    if (mask.height, mask.width) == (image.height, image.width):
        return
    hint = "A mask must have the picture's size, pixel for pixel."
    turned = (mask.width, mask.height) == (image.height, image.width)
    if turned and image.metadata.orientation >= 5 and mask.metadata.orientation == 1:
        hint = (
            "It fits the picture as it is stored, lying on its side: make it from the picture as it is shown, or give "
            f"it the picture's own EXIF orientation ({image.metadata.orientation})."
        )
    raise InputError(
        f"is a mask of {mask.width} x {mask.height} pixels, but {source.name} has {image.width} x {image.height}.",
        path=file.path,
        hint=hint,
    )


def _add_coloured(mask: Mask, image: Image, colour: tuple[int, int, int], tolerance: int) -> None:
    """Mark what has a colour, to half a step of 8 bits more than the tolerance: for 16 bit and float."""
    unit = image.white / 255
    for band in bands(image.height):
        same = np.ones(mask[band].shape, np.bool_)
        for channel, value in enumerate(colour):
            pixels = image.pixels[band][..., channel % image.channels]
            same &= (pixels > (value - tolerance - 0.5) * unit) & (pixels < (value + tolerance + 0.5) * unit)
        mask[band] |= same


def _nothing_left(mask: Mask, masking: Masking, source: Path | None, file: Path | None, how: str) -> InputError:
    """Say that everything is missing: there is nothing to fill it from."""
    size = f"{mask.shape[1]} x {mask.shape[0]}"
    if masking.detector is not None:
        return InputError(
            f"would be missing as a whole{how}: all {size} pixels, with the damage that was found.",
            path=source,
            hint="`restore detect` makes a mask of what is found, to look at and to edit. Give it with --mask FILE.",
        )
    if file is None:
        return InputError(
            f"would be missing as a whole{how}: all {size} pixels.",
            path=source,
            hint="Look at --mask, --mask-color, --tolerance, --box and --grow.",
        )
    name = "the picture" if source is None else source.name
    return InputError(
        f"is a mask of {size} pixels and leaves nothing of {name} ({size} pixels){how}.",
        path=file,
        hint="White is missing, black is kept; --invert-mask is for masks made the other way round.",
    )
