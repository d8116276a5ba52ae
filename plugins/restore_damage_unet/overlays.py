"""Scanned film damage as transparent pictures: reading, holding back, placing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from restore.errors import InputError

Alpha = npt.NDArray[np.uint8]
"""``(H, W)``: 0 = sound film, 255 = nothing of the picture left."""

ANCHORS = 64
"""Damaged pixels remembered per overlay, so that a placed one can be made to show."""
VISIBLE = 40
"""Alpha from which a pixel can be an anchor."""
HELD_BACK = 10
"""One in so many overlays of each kind is held back for validation."""


@dataclass(frozen=True)
class Overlay:
    """One piece of damage.

    Attributes:
        kind: What its name begins with: "scratches", "hair-short" …
        alpha: At full size, and at half of it for small scales, where sampling alone would tear thin lines.
        anchors: ``(N, 2)`` float, x and y of damaged pixels at full size.
    """

    kind: str
    alpha: tuple[Alpha, Alpha]
    anchors: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Overlays:
    """Overlays and the SHA-256 over their names and bytes."""

    items: tuple[Overlay, ...]
    digest: str


def holds_overlays(folder: Path) -> bool:
    """Whether a folder holds overlays, not photographs: its first picture by name is a PNG with transparency."""
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg", ".tif", ".tiff"))
    if not files or files[0].suffix.lower() != ".png":
        return False
    with files[0].open("rb") as stream:
        head = stream.read(26)
    return len(head) == 26 and head[25] in (4, 6)  # the colour type in the first chunk: grey or RGB with alpha


def load_overlays(folders: Iterable[Path]) -> Overlays:
    """Read all overlays below the folders, in order of their names. Damage is what is opaque; colours are ignored.

    Raises:
        InputError: A file cannot be decoded or has no alpha, or there is none.
    """
    items, digest = [], hashlib.sha256()
    for folder in folders:
        for path in sorted(folder.rglob("*.png")):
            data = path.read_bytes()
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
            if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
                raise InputError("is not a picture with transparency.", path=path, hint="Keep overlays to themselves.")
            digest.update(path.name.encode() + hashlib.sha256(data).digest())
            alpha = np.ascontiguousarray(picture[..., 3])
            y, x = np.nonzero(alpha >= VISIBLE)
            if len(y):
                chosen = np.random.default_rng(0).integers(0, len(y), ANCHORS)
                half = cv2.resize(alpha, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
                anchors = np.stack([x[chosen], y[chosen]], 1).astype(np.float64)
                items.append(Overlay(re.sub(r"-\d+$", "", path.stem), (alpha, half.astype(np.uint8)), anchors))
    if not items:
        raise InputError(
            "no overlays of film damage were given.",
            hint="Name a folder of RGBA PNG files with the damage in their alpha beside those of photographs.",
        )
    return Overlays(tuple(items), digest.hexdigest())


def split_overlays(items: Sequence[Overlay]) -> tuple[list[Overlay], list[Overlay]]:
    """Overlays to learn from, and every tenth of each kind, held back; where a kind has one only, it is both."""
    learned, held = [], []
    for kind in sorted({item.kind for item in items}):
        own = [item for item in items if item.kind == kind]
        kept = own[HELD_BACK // 2 :: HELD_BACK] or own[-1:]
        held += kept
        learned += [item for item in own if all(item is not k for k in kept)] or kept
    return learned, held


def placed(
    overlay: Overlay, size: tuple[int, int], scale: float, random: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Turn, mirror and scale an overlay, and lay it so that some of it is seen.

    Args:
        overlay: What to place.
        size: Height and width of the canvas.
        scale: Canvas pixels per pixel of the overlay.
        random: Draws angle, mirroring and place.

    Returns:
        The alpha on the canvas, ``(H, W)``, 0 to 1.
    """
    small = scale < 0.7
    alpha = overlay.alpha[int(small)]
    factor = scale * (2 if small else 1)
    anchor = overlay.anchors[random.integers(len(overlay.anchors))] / (2 if small else 1)
    angle, mirror = random.uniform(0, 2 * np.pi), random.choice((-1.0, 1.0))
    turn = factor * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) @ np.diag([mirror, 1.0])
    target = random.uniform((0, 0), (size[1], size[0]))
    matrix = np.hstack([turn, (target - turn @ anchor)[:, None]])
    canvas = cv2.warpAffine(alpha, matrix, (size[1], size[0]), flags=cv2.INTER_LINEAR)
    return np.asarray(canvas, np.float32) / np.float32(255)
