"""The holes that `gan-inpaint` learns to fill: drawn ones, scanned film damage, missing borders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from restore.errors import InputError
from restore.holes.drawing import draw_hole

Mask = npt.NDArray[np.uint8]

CANVAS = (512, 768)
"""Holes are drawn on a picture of this size and crops taken of it, so that lengths and widths are those of pictures."""

SHARES = {"scratch": 0.26, "text": 0.22, "brush20": 0.14, "brush40": 0.14, "boxes": 0.08, "film": 0.1, "border": 0.06}
"""How many of the holes are of each kind: of those in `restore.holes`, and of the two made here."""

DENSER = {"scratch": 6, "text": 3}
"""How many more of the thin kinds are drawn into one hole, at most: one scratch in a crop teaches little."""

DAMAGED = 32
"""Opacity (of 255) from which a pixel under scanned film damage is taken for missing."""

MOST = 0.75
"""Crops in which a larger share is missing are not learned from."""


class Holes:
    """Crops of holes, drawn at random with a seed.

    Args:
        size: Edge of the crops in pixels, at most the shorter edge of `CANVAS`.
        seed: Of everything random.
        count: How many holes are drawn beforehand.
        overlays: Folder of scanned film damage, RGBA pictures whose alpha is the damage; None to do without.

    Raises:
        InputError: The folder holds no such picture.
    """

    def __init__(self, size: int, seed: int, count: int, overlays: Path | None = None) -> None:
        self.size = size
        self.random = np.random.default_rng([seed, 5])
        damage = read_overlays(overlays) if overlays else []
        shares = {kind: share for kind, share in SHARES.items() if kind != "film" or damage}
        chances = np.array(list(shares.values()))
        kinds = self.random.choice(list(shares), count, p=chances / chances.sum())
        self.holes = [self._draw(str(kind), damage) for kind in kinds]

    def batch(self, count: int) -> torch.Tensor:
        """Draw crops.

        Returns:
            ``(count, 1, size, size)`` float32, 1 = missing; in each something is, and something is not.
        """
        return torch.from_numpy(np.stack([self._crop() for _ in range(count)])[:, None].astype(np.float32))

    def _crop(self) -> Mask:
        while True:
            hole = self.holes[int(self.random.integers(len(self.holes)))]
            y, x = (int(self.random.integers(edge - self.size + 1)) for edge in hole.shape)
            crop = np.rot90(hole[y : y + self.size, x : x + self.size], int(self.random.integers(4)))
            crop = crop[:, ::-1] if self.random.random() < 0.5 else crop
            if 0.002 < crop.mean() < MOST:
                return np.ascontiguousarray(crop)

    def _draw(self, kind: str, damage: Sequence[Mask]) -> Mask:
        if kind == "film":
            return self._film(damage)
        if kind == "border":
            return self._border()
        hole = draw_hole(kind, *CANVAS, self.random).astype(np.uint8)
        if kind in DENSER:
            for _ in range(int(self.random.integers(DENSER[kind] + 1))):
                hole |= draw_hole(kind, *CANVAS, self.random).astype(np.uint8)
        if self.random.random() < 0.3:
            hole = cv2.dilate(hole, np.ones((3, 3), np.uint8))  # what users mark is a little more than what is missing
        return hole

    def _film(self, damage: Sequence[Mask]) -> Mask:
        """Scanned damage scattered over the canvas, from smaller than scanned to twice as large."""
        hole = np.zeros(CANVAS, np.uint8)
        for _ in range(int(self.random.integers(2, 7))):
            piece = damage[int(self.random.integers(len(damage)))]
            scale = float(2 ** self.random.uniform(-1, 1))
            piece = cv2.resize(np.rot90(piece, int(self.random.integers(4))), None, fx=scale, fy=scale)
            piece = piece[: CANVAS[0], : CANVAS[1]]
            y, x = (int(self.random.integers(a - b + 1)) for a, b in zip(CANVAS, piece.shape, strict=True))
            hole[y : y + piece.shape[0], x : x + piece.shape[1]] |= (piece > DAMAGED).astype(np.uint8)
        return hole

    def _border(self) -> Mask:
        """One to three sides of a picture missing up to a slightly slanted line, as after a rotation or a tear."""
        hole = np.zeros(CANVAS, np.uint8)
        height, width = CANVAS
        for side in self.random.choice(4, int(self.random.integers(1, 4)), replace=False):
            a, b = self.random.uniform(8, 120, 2)
            edge = (
                [(0, 0), (width, 0), (width, b), (0, a)]
                if side % 2 == 0
                else [(0, 0), (a, 0), (b, height), (0, height)]
            )
            corners = np.array(edge) if side < 2 else np.array((width, height)) - np.array(edge)
            cv2.fillPoly(hole, [np.rint(corners).astype(np.int32)], 1)
        return hole


def read_overlays(folder: Path) -> list[Mask]:
    """Read scanned film damage: the alpha of every RGBA PNG below a folder, in order of their names.

    Raises:
        InputError: There is none, or a picture cannot be read.
    """
    found = []
    for path in sorted(folder.rglob("*.png")):
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
            raise InputError("is no RGBA picture of film damage.", path=path, hint="Take it out of the folder.")
        found.append(np.ascontiguousarray(picture[..., 3]))
    if not found:
        raise InputError(
            "holds no PNG of film damage.", path=folder, hint="Name the folder with --set overlays=FOLDER."
        )
    return found
