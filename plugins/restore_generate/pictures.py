"""Small pictures to learn from, all in memory: image folders, with classes or without, MNIST and CIFAR-10."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from restore.errors import InputError
from restore_generate.torchvision_parts import datasets

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".bmp"}
HELD = 10
"""One in so many pictures is held back, evenly over the classes."""


@dataclass(frozen=True)
class PictureSet:
    """Pictures of one size.

    Attributes:
        pixels: uint8 ``(N, C, H, W)``.
        labels: int64 ``(N,)``: numbers of the classes; all 0 where there are none.
        classes: Names of the classes, empty where there are none.
        digest: SHA-256 over names and bytes, so that a model card can say what was learned from.
    """

    pixels: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.pixels)

    def part(self, chosen: Tensor) -> PictureSet:
        """The pictures with these numbers, or where this mask is true."""
        return PictureSet(self.pixels[chosen], self.labels[chosen], self.classes, self.digest)

    def split(self) -> tuple[PictureSet, PictureSet]:
        """What is learned from, and every tenth picture, held back; one picture serves for both."""
        held = torch.arange(len(self)) % HELD == min(HELD, len(self)) // 2
        return (self.part(~held), self.part(held)) if len(self) > 1 else (self, self)

    def pictures(self) -> Tensor:
        """float32 ``(N, C, H, W)`` in [0, 1]."""
        return self.pixels.float() / 255

    def one_hot(self) -> Tensor:
        """float32 ``(N, classes)``."""
        return one_hot(self.labels, len(self.classes))


def one_hot(labels: Tensor, classes: int) -> Tensor:
    """float32 ``(N, classes)`` of numbers ``(N,)``; of no columns where there are no classes."""
    if not classes:
        return torch.zeros(len(labels), 0)
    return torch.nn.functional.one_hot(labels, classes).float()


def load_pictures(folders: Sequence[Path], edge: int, channels: int, limit: int | None = None) -> PictureSet:
    """Read the pictures of one or more folders.

    A folder with `cifar-10-batches-py` or `MNIST/raw` in it (or that is one of them) is read as that data set, through
    torchvision; nothing is downloaded. In any other, pictures that lie in subfolders are of the class that their
    subfolder names, if no picture lies beside the subfolders. Other sizes are cut square and resized.

    Args:
        folders: Where to look, with all subfolders. Several must agree in their classes.
        edge: Height and width to make, in pixels.
        channels: 3 for colour, 1 for grey.
        limit: Read so many pictures at most, evenly spread over all; None for all.

    Raises:
        InputError: A folder is missing, a file cannot be decoded, nothing is there, or classes do not agree.
        PluginError: A data set needs torchvision, which is missing.
    """
    parts = [_load(folder, edge, channels, limit) for folder in folders]
    first = parts[0]
    for folder, part in zip(folders[1:], parts[1:], strict=True):
        if part.classes != first.classes:
            said = ", ".join(part.classes) or "no classes"
            hint = f"All folders must have the classes of {folders[0]}: {', '.join(first.classes) or 'none'}."
            raise InputError(f"has {said}.", path=folder, hint=hint)
    digest = hashlib.sha256("".join(part.digest for part in parts).encode()).hexdigest()
    pixels, labels = (torch.cat(each) for each in zip(*((p.pixels, p.labels) for p in parts), strict=True))
    return PictureSet(pixels, labels, first.classes, first.digest if len(parts) == 1 else digest)


def _load(folder: Path, edge: int, channels: int, limit: int | None) -> PictureSet:
    if not folder.is_dir():
        said = "is not a folder." if folder.exists() else "does not exist."
        raise InputError(said, path=folder, hint="Name a folder of pictures.")
    known = _known(folder, edge, channels, limit)
    return known or _folder(folder, edge, channels, limit)


def _known(folder: Path, edge: int, channels: int, limit: int | None) -> PictureSet | None:
    """MNIST or CIFAR-10, where the folder holds one."""
    for root in (folder, folder.parent, folder.parent.parent):
        inside = folder == root or folder.name in ("cifar-10-batches-py", "raw", "MNIST")
        if inside and (root / "cifar-10-batches-py").is_dir():
            read = datasets().CIFAR10
        elif inside and (root / "MNIST" / "raw").is_dir():
            read = datasets().MNIST
        else:
            continue
        try:
            found = read(str(root), train=True, download=False)
        except RuntimeError as error:
            hint = "The files must be the published ones, unpacked; their checksums are compared."
            raise InputError(f"the data set cannot be read ({error}).", path=folder, hint=hint) from error
        arrays = np.asarray(found.data)
        chosen = _spread(len(arrays), limit)
        pixels = torch.stack([_fitted(np.atleast_3d(arrays[k]), edge, channels) for k in chosen])
        labels = torch.as_tensor(np.asarray(found.targets))[chosen]
        digest = hashlib.sha256(np.ascontiguousarray(arrays[chosen]).tobytes()).hexdigest()
        return PictureSet(pixels, labels.long(), tuple(str(name) for name in found.classes), digest)
    return None


def _folder(folder: Path, edge: int, channels: int, limit: int | None) -> PictureSet:
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    if not paths:
        hint = "Name a folder with JPEG, PNG, TIFF, WebP or BMP files."
        raise InputError("there is no picture in it.", path=folder, hint=hint)
    paths = [paths[k] for k in _spread(len(paths), limit)]
    names = [path.relative_to(folder).parts for path in paths]
    loose = any(len(parts) == 1 for parts in names)
    classes = () if loose else tuple(sorted({parts[0] for parts in names}))
    digest = hashlib.sha256()
    pixels = []
    for path in paths:
        pixels.append(read_picture(path, edge, channels))
        digest.update(path.relative_to(folder).as_posix().encode() + hashlib.sha256(path.read_bytes()).digest())
    numbers = [classes.index(parts[0]) if classes else 0 for parts in names]
    # One class is none: there is nothing to tell apart.
    known = classes if len(classes) > 1 else ()
    return PictureSet(torch.stack(pixels), torch.tensor(numbers), known, digest.hexdigest())


def read_picture(path: Path, edge: int, channels: int) -> Tensor:
    """Read one picture and fit it to a model: uint8 ``(C, edge, edge)``.

    Raises:
        InputError: It is missing or cannot be decoded.
    """
    if not path.is_file():
        said = "is not a file." if path.exists() else "does not exist."
        raise InputError(said, path=path, hint="Give a picture: JPEG, PNG, TIFF, WebP or BMP.")
    data = np.frombuffer(path.read_bytes(), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR_RGB) if data.size else None
    if picture is None:
        hint = "Take it out, or save it as JPEG, PNG, TIFF, WebP or BMP."
        raise InputError("cannot be decoded as a picture.", path=path, hint=hint)
    return _fitted(np.asarray(picture, np.uint8), edge, channels)


def _spread(count: int, limit: int | None) -> list[int]:
    wanted = count if limit is None else min(limit, count)
    return [k * count // wanted for k in range(wanted)]


def _fitted(picture: npt.NDArray[np.uint8], edge: int, channels: int) -> Tensor:
    """uint8 ``(C, edge, edge)`` of ``(H, W, 1 or 3)``: the square in the middle, resized, in the colours asked for."""
    height, width = picture.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    square = picture[top : top + short, left : left + short]
    if short != edge:
        method = cv2.INTER_AREA if short > edge else cv2.INTER_CUBIC
        square = np.atleast_3d(cv2.resize(square, (edge, edge), interpolation=method))
    if channels == 1 and square.shape[2] == 3:
        square = np.atleast_3d(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY))
    elif channels == 3 and square.shape[2] == 1:
        square = np.repeat(square, 3, 2)
    return torch.from_numpy(np.ascontiguousarray(square.transpose(2, 0, 1)))


class Batches:
    """Batches without end: every picture once in each round, in an order of its own, half of them mirrored.

    Args:
        data: The pictures.
        size: Pictures of a batch; less where there are fewer.
        generator: Of all draws.
        flips: Whether to mirror, left and right; wrong for digits and letters.
        device: Where batches go.
    """

    def __init__(
        self, data: PictureSet, size: int, generator: torch.Generator, flips: bool, device: torch.device
    ) -> None:
        self.data, self.size, self.generator, self.flips, self.device = data, size, generator, flips, device
        self._numbers = self._endless()

    def _endless(self) -> Iterator[Tensor]:
        size = min(self.size, len(self.data))
        while True:
            order = torch.randperm(len(self.data), generator=self.generator)
            yield from (part for part in torch.split(order, size) if len(part) == size)

    def draw(self) -> tuple[Tensor, Tensor]:
        """Pictures float32 ``(B, C, H, W)`` in [0, 1] and one-hot classes ``(B, classes)``."""
        chosen = next(self._numbers)
        pixels = self.data.pixels[chosen]
        if self.flips:
            mirrored = torch.rand(len(chosen), generator=self.generator) < 0.5
            pixels = torch.where(mirrored[:, None, None, None], pixels.flip(3), pixels)
        pictures = (pixels.float() / 255).to(self.device, memory_format=torch.channels_last)
        return pictures, one_hot(self.data.labels[chosen], len(self.data.classes)).to(self.device)
