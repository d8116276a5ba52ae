"""Pillow images as pictures, and back."""

from __future__ import annotations

import numpy as np
from PIL import Image as PillowImage

from restore.errors import InputError
from restore.image import Image, Metadata
from restore.library.arrays import from_array, to_array

_PLAIN = {"1": "L", "P": "RGB", "PA": "RGBA"}
"""What modes become that hold no values to compute with."""
_KEYED = {"1": "LA", "L": "LA", "P": "RGBA", "RGB": "RGBA"}
"""What modes become in which one colour means transparent."""
_GREY_16 = {"I;16", "I;16L", "I;16B", "I;16N"}


def from_pillow(picture: PillowImage.Image) -> Image:
    """A Pillow image as a picture, as it lies: its EXIF orientation is not looked at.

    Args:
        picture: Of mode L, LA, RGB, RGBA or I;16; 1 and P are taken as the L, RGB or RGBA that they show, and one with
            a transparent colour as LA or RGBA.

    Raises:
        InputError: Another mode, or no pixels.
    """
    mode = picture.mode
    wanted = (_KEYED if "transparency" in picture.info else _PLAIN).get(mode, _PLAIN.get(mode, mode))
    plain = picture if wanted == mode else picture.convert(wanted)
    if plain.mode not in {"L", "LA", "RGB", "RGBA"} | _GREY_16:
        hint = "Convert it first: picture.convert('RGB')."
        raise InputError(f"a Pillow image of mode {mode} cannot be restored as it is.", hint=hint)
    metadata = Metadata(source_format=picture.format or "", icc=picture.info.get("icc_profile"))
    array = np.asarray(plain)
    if plain.mode == "LA":
        grey = from_array(np.ascontiguousarray(array[..., 0]), "the Pillow image")
        return Image(grey.pixels, np.ascontiguousarray(array[..., 1]), metadata)
    image = from_array(array, "the Pillow image")
    return Image(image.pixels, image.alpha, metadata)


def to_pillow(image: Image, like: PillowImage.Image) -> PillowImage.Image:
    """A result as a Pillow image that holds the same profile, EXIF and the like as the one it was made of."""
    if image.alpha is None:
        pixels = image.pixels[..., 0] if image.is_grey else image.pixels
        found = PillowImage.fromarray(to_array(image, pixels))
    else:
        alpha = PillowImage.fromarray(image.alpha)
        found = PillowImage.fromarray(image.pixels[..., 0] if image.is_grey else image.pixels)
        found.putalpha(alpha)
    found.info = {name: value for name, value in like.info.items() if name != "transparency"}
    return found
