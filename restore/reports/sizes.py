"""How large a page's pictures are: the more photos, the smaller, so that a page of thousands can still be opened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Of the pictures in a page.

    Attributes:
        overview: Pixels along the longer edge of a whole picture.
        detail: Pixels along the edges of what is shown in its own pixels.
        small: Pixels along the longer edge of a frame, a mask or a map.
        quality: Of WebP, 1 to 100.
    """

    overview: int
    detail: int
    small: int
    quality: int


_STEPS = (
    (60, Sizes(1024, 512, 320, 82)),
    (300, Sizes(640, 384, 256, 80)),
    (1_500, Sizes(360, 208, 176, 68)),
    (6_000, Sizes(208, 112, 112, 50)),
)
_SMALLEST = Sizes(176, 96, 96, 45)


def sizes_for(photos: int) -> Sizes:
    """The sizes for a page of so many photos: up to some 20 MB for 300 of them, 80 MB for 5,000."""
    return next((sizes for most, sizes in _STEPS if photos <= most), _SMALLEST)
