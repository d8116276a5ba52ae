"""Holes made of words, as a watermark, a date or a caption leaves them."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt
from numpy.random import Generator

Canvas = npt.NDArray[np.uint8]

WORDS = (
    "© 2026", "Archive", "COPYRIGHT", "Sample", "do not copy", "preview", "Photo", "12/08/1974", "Kodak 5063", "PROOF",
    "Grandma", "summer", "www.example.org", "No. 37", "Berlin", "all rights reserved", "DRAFT", "family", "Ilford HP5",
    "1968", "Watermark", "studio", "for Anna", "img_0042",
)  # fmt: skip
"""What is written: marks of agencies, captions, edge prints of film, dates."""

SIZES = (14, 64)
"""Sizes of the letters in pixels, from the top of an ascender to the bottom of a descender or so."""

WEIGHTS = (300, 400, 600, 800)
"""Light to extra bold, as in OpenType."""

TRIES = 8
"""Places tried for a line before it may cover others."""


def text(canvas: Canvas, share: float, generator: Generator) -> None:
    """Write lines of words until a share of the canvas is covered.

    OpenCV's own upright or slanted font, 14 to 64 pixels large (at most a quarter of the shorter edge), light to
    extra bold; two thirds of the lines level or nearly so, the others at any angle up to 45 degrees. A line is not
    written over another as long as there is room.

    Args:
        canvas: ``(H, W)``, 0 = known, 1 = missing. Changed in place.
        share: Of all pixels, 0 to 1, counting those that are missing before.
        generator: Where chance comes from.
    """
    height, width = canvas.shape
    most = max(8, min(SIZES[1], min(height, width) // 4))
    while np.count_nonzero(canvas) < share * canvas.size:
        size = round(min(SIZES[0], most) * (most / min(SIZES[0], most)) ** generator.random())
        words = "  ".join(generator.choice(WORDS, int(generator.integers(1, 4))))
        steepest = 3 if generator.random() < 2 / 3 else 45
        written = _turned(_line(words, size, generator), generator.uniform(-steepest, steepest))
        for _ in range(TRIES):
            part, seen = _placed(written, canvas, generator)
            if not (canvas[part] & seen).any():
                break
        canvas[part] |= seen


def _line(words: str, size: int, generator: Generator) -> Canvas:
    """A level line of words, as large as it needs to be; 0 to 255."""
    font = cv2.FontFace("italic" if generator.random() < 0.25 else "sans")
    weight = int(generator.choice(WEIGHTS))
    box = cv2.getTextSize((0, 0), words, (0, 0), font, size, weight)
    line = np.zeros((box[3] + 4, box[2] + 4), np.uint8)
    cv2.putText(line, words, (2 - box[0], 2 - box[1]), 255, font, size, weight)
    return line


def _turned(line: Canvas, degrees: float) -> Canvas:
    """A line turned about its middle, counter-clockwise, cut to what is written; 0 or 1."""
    height, width = line.shape
    edge = math.ceil(math.hypot(height, width))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += (edge - width) / 2, (edge - height) / 2
    turned = (cv2.warpAffine(line, matrix, (edge, edge)) > 63).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(turned)
    cut: Canvas = turned[top : top + height, left : left + width]
    return cut


def _placed(written: Canvas, canvas: Canvas, generator: Generator) -> tuple[tuple[slice, slice], Canvas]:
    """Where on a canvas a line comes to lie, its middle anywhere, and what of it is on the canvas."""
    slices, seen = [], written
    for axis in (0, 1):
        start = int(generator.integers(0, canvas.shape[axis])) - written.shape[axis] // 2
        stop = min(start + written.shape[axis], canvas.shape[axis])
        first = max(0, start)
        seen = seen.take(range(first - start, stop - start), axis=axis)
        slices.append(slice(first, stop))
    return (slices[0], slices[1]), seen
