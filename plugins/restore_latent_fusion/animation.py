"""Moving pictures: a series of images as an animated GIF or WebP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from restore.codecs.atomic import atomic_path
from restore.codecs.depth import to_uint8
from restore.errors import OutputError, UsageError
from restore.image import Image

FORMATS = {".gif": "GIF", ".webp": "WEBP"}
LARGEST = {".gif": 65_535, ".webp": 16_383}
"""Pixels along an edge that a format can count."""


def check_suffix(path: Path) -> None:
    """Refuse names of what cannot move.

    Raises:
        UsageError: It is neither a GIF nor a WebP.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(
            f"an animation cannot be written as {path.name}.", hint="Give -o a name that ends in .gif or .webp."
        )


def write_animation(images: Iterator[Image], path: Path, milliseconds: int) -> None:
    """Write pictures one after the other, played for ever.

    Each is made when it is its turn and then let go for GIF; Pillow's writer of WebP holds all of them, in 8 bits.

    Args:
        images: All of one size; 8 bits are kept of them. GIF holds 256 colours of each.
        path: A name that `check_suffix` accepts; appears whole or not at all.
        milliseconds: How long each is shown; GIF counts hundredths of a second. Where pictures that follow each other
            are the same in the file, it may hold one that is shown for as long as all of them.

    Raises:
        OutputError: It cannot be written, or the pictures are too large for the format.
    """
    frames = (_pillow(image) for image in images)
    first = next(frames)
    largest = LARGEST[path.suffix.lower()]
    if max(first.size) > largest:
        raise OutputError(
            f"cannot be written: {first.width} x {first.height} pixels are more than the {largest} of the format.",
            path=path,
            hint="Make the pictures smaller.",
        )
    with atomic_path(path) as temporary:
        first.save(
            temporary,
            FORMATS[path.suffix.lower()],
            save_all=True,
            append_images=frames,
            duration=milliseconds,
            loop=0,
            **({"quality": 90} if path.suffix.lower() == ".webp" else {}),
        )


def _pillow(image: Image) -> Pillow.Image:
    pixels = to_uint8(image.pixels)
    return Pillow.fromarray(np.ascontiguousarray(pixels[..., 0] if image.is_grey else pixels))
