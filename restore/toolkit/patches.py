"""Training crops from folders of photographs: decoded once, kept in memory, cropped at random with a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from restore.errors import InputError

_SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"}


@dataclass(frozen=True)
class Photographs:
    """Decoded photographs.

    Attributes:
        pictures: uint8 RGB arrays ``(H, W, 3)``.
        names: Where each came from, relative to its folder.
        digest: SHA-256 over the names and the bytes of the files, so that a model card can say what was learned from.
    """

    pictures: tuple[npt.NDArray[np.uint8], ...]
    names: tuple[str, ...]
    digest: str


def load_photographs(folders: Iterable[Path], smallest: int) -> Photographs:
    """Decode every photograph below the folders, in order of their names.

    Args:
        folders: Searched with their subfolders.
        smallest: Pictures with an edge below this are left out, in pixels.

    Raises:
        InputError: A folder is missing, a file cannot be decoded, or nothing is left.
    """
    pictures: list[npt.NDArray[np.uint8]] = []
    names: list[str] = []
    digest = hashlib.sha256()
    for folder in folders:
        if not folder.is_dir():
            raise InputError("is not a folder.", path=folder, hint="Name a folder of photographs.")
        for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES):
            data = path.read_bytes()
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
            if picture is None:
                raise InputError("cannot be decoded.", path=path, hint="Take it out of the training folder.")
            if min(picture.shape[:2]) < smallest:
                continue
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            digest.update(name.encode() + hashlib.sha256(data).digest())
            pictures.append(picture)
            names.append(name)
    if not pictures:
        raise InputError(
            f"no photograph of at least {smallest} pixels was found in {', '.join(map(str, folders))}.",
            hint="Name a folder with JPEG, PNG, TIFF or WebP files.",
        )
    return Photographs(tuple(pictures), tuple(names), digest.hexdigest())


class CropSampler:
    """Random square crops with random flips and quarter turns, as many per picture as the root of its area deserves.

    Photographs also take part at smaller scales: what is soft at full size is fine texture there. And of several places
    in a picture the one with the most detail is taken: most of a photograph is sky, wall and blur, which a network has
    learned long before it has learned hair and grass.

    Args:
        pictures: uint8 RGB arrays.
        size: Edge of the crops in pixels.
        seed: Seed of all draws.
        scales: Scales at which each picture takes part, where it is still large enough there.
        candidates: How many places are looked at for each crop; 1 for an even choice.
    """

    def __init__(
        self,
        pictures: Sequence[npt.NDArray[np.uint8]],
        size: int,
        seed: int,
        scales: Sequence[float] = (1.0, 0.7, 0.5),
        candidates: int = 2,
    ) -> None:
        scaled = [(p, s) for p in pictures for s in scales if min(p.shape[:2]) * s >= size or s == max(scales)]
        self.pictures = [p if s == 1 else _smaller(p, s) for p, s in scaled]
        self.size = size
        self.candidates = candidates
        self.random = np.random.default_rng(seed)
        areas = np.array([p.shape[0] * p.shape[1] for p in self.pictures], np.float64)
        self.weights = np.sqrt(areas) / np.sqrt(areas).sum()

    def batch(self, count: int) -> torch.Tensor:
        """Draw crops.

        Returns:
            ``(count, 3, size, size)`` float32 in [0, 1].
        """
        out = np.empty((count, self.size, self.size, 3), np.uint8)
        for k, index in enumerate(self.random.choice(len(self.pictures), count, p=self.weights)):
            crop = max((self._crop(self.pictures[index]) for _ in range(self.candidates)), key=self._detail)
            crop = np.rot90(crop, int(self.random.integers(4)))
            out[k] = crop[:, ::-1] if self.random.random() < 0.5 else crop
        return torch.from_numpy(out).permute(0, 3, 1, 2).float().div_(255)

    def _crop(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        y = int(self.random.integers(picture.shape[0] - self.size + 1))
        x = int(self.random.integers(picture.shape[1] - self.size + 1))
        return picture[y : y + self.size, x : x + self.size]

    def _detail(self, crop: npt.NDArray[np.uint8]) -> float:
        """Mean step between neighbours two pixels apart in green: finer steps may be sensor noise."""
        if self.candidates == 1:
            return 0.0
        green = crop[::2, ::2, 1].astype(np.int16)
        return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())


def _smaller(picture: npt.NDArray[np.uint8], scale: float) -> npt.NDArray[np.uint8]:
    resized: npt.NDArray[np.uint8] = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return resized
