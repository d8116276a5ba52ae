"""Frames as the classical fusers see them, a few rows at a time, and the picture that they fill."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from restore.errors import InputError
from restore.image import Image, Pixels

Floats = npt.NDArray[np.float32]

STRIP = 128
"""Rows that are made float at a time where nothing asks for more."""

_EDGE = 1024
"""The longer edge that a map of shares has at most; it is to be looked at."""


class Frames:
    """The frames of a series as float planes of one kind: colour, or luma alone.

    Args:
        images: Of one size; the first is the reference, whose channels are the result's.
        luma: Whether luma alone is fused and the reference's colours are kept, as for infrared.

    Attributes:
        count: How many frames there are.
        height: Rows.
        width: Columns.
        channels: 3, or 1 where the reference is grey or luma alone is fused.
    """

    def __init__(self, images: Sequence[Image], luma: bool) -> None:
        self.images = images
        self.count = len(images)
        self.height, self.width = images[0].height, images[0].width
        self.channels = 1 if luma else images[0].channels

    def rows(self, number: int, top: int, bottom: int) -> Floats:
        """Some rows of a frame, ``(bottom - top, W, C)``, 0 = black, 1 = white; grey beside colour is repeated.

        Raises:
            InputError: They hold NaN or infinite values.
        """
        image = self.images[number]
        part = image.pixels[top:bottom].astype(np.float32)
        if image.pixels.dtype != np.float32:
            part *= np.float32(1 / image.white)
        elif not np.isfinite(part).all():
            raise InputError(f"frame {number + 1} holds NaN or infinite pixels.", hint="Replace them first.")
        if image.channels > self.channels:
            return luma_of(part)[..., None]
        return part if image.channels == self.channels else part.repeat(self.channels, axis=2)


class Canvas:
    """The fused picture, filled a few rows at a time, in the depth and with the channels of the reference.

    Args:
        reference: The first frame; its colours are kept where luma alone comes in.
    """

    def __init__(self, reference: Image) -> None:
        self.reference = reference
        self.pixels: Pixels = np.empty_like(reference.pixels)

    def put(self, top: int, rows: Floats) -> None:
        """Take finished rows ``(h, W, C)``, or luma ``(h, W, 1)`` of a coloured reference; whole numbers are clipped.

        A new luma is added to all three channels as a difference: their differences from it, the colours, stay.
        """
        bottom, image = top + len(rows), self.reference
        if rows.shape[2] < image.channels:
            given = image.pixels[top:bottom].astype(np.float32) * np.float32(1 / image.white)
            rows = given + (rows - luma_of(given)[..., None])
        if image.pixels.dtype == np.float32:
            self.pixels[top:bottom] = rows
        else:
            self.pixels[top:bottom] = np.clip(np.rint(rows * np.float32(image.white)), 0, image.white)


class Shares:
    """How much each frame contributed, on a coarse grid: added up piece by piece, and in the end divided.

    Args:
        frames: The series.
    """

    def __init__(self, frames: Frames) -> None:
        longer = max(frames.height, frames.width)
        self.cell = 1
        while longer > _EDGE * self.cell:
            self.cell *= 2
        self._total = np.zeros(
            (frames.count, -(-frames.height // self.cell), -(-frames.width // self.cell)), np.float32
        )

    def add(self, number: int, top: int, bottom: int, weight: Floats) -> None:
        """Add to one frame's share.

        Args:
            number: The frame.
            top: The row at which the piece begins, a multiple of `cell`.
            bottom: The row before which it ends: another multiple, or the picture's height.
            weight: At least 0; of these rows, on a grid of any resolution.
        """
        piece = self._total[number, top // self.cell : -(-bottom // self.cell)]
        how = cv2.INTER_AREA if weight.shape[0] > piece.shape[0] else cv2.INTER_LINEAR
        piece += cv2.resize(weight, piece.shape[::-1], interpolation=how).reshape(piece.shape)

    def normalised(self) -> Floats:
        """``(N, h, w)`` with sum 1 over the frames; equal shares where nobody contributed anything."""
        least = np.finfo(np.float32).tiny
        whole = self._total.sum(axis=0)
        nobody = whole < least
        self._total[:, nobody] = 1
        whole[nobody] = len(self._total)
        self._total /= whole
        return self._total


def luma_of(rows: Floats) -> Floats:
    """0.299 R + 0.587 G + 0.114 B of ``(h, W, C)``, as ``(h, W)``; grey as it is."""
    return rows[..., 0] if rows.shape[2] == 1 else cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY).reshape(rows.shape[:2])


def upper(coarser: Floats, finer: Floats) -> Floats:
    """A level of a pyramid as large as the one above it (Burt and Adelson's expansion)."""
    enlarged: Floats = cv2.pyrUp(coarser, dstsize=(finer.shape[1], finer.shape[0])).reshape(finer.shape)
    return enlarged
