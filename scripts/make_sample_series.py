"""Make ``sample_series/`` from pictures of the scikit-image wheel: ``python scripts/make_sample_series.py [FOLDER]``.

Two series for `restore fuse`, as cameras write them. Seeded, nothing is downloaded. ``sample_series/README.md`` lists
sources and licences.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image
from skimage import data

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

STOPS = (-2.0, 0.0, 2.0)
"""Exposures of the bracket."""
HELD = ((9.0, -6.0, 0.6), (0.0, 0.0, 0.0), (-7.0, 8.0, -0.5))
"""How far the camera had moved at each, in pixels across and down, and turned, in degrees."""
BLUR = 4
"""Radius of the disc that a point out of focus becomes, in pixels."""


def linear(srgb: Bytes) -> Array:
    """Linear light in [0, 1], by a power of 2.2."""
    return np.asarray((srgb / 255.0) ** 2.2)


def encoded(light: Array) -> Bytes:
    """8 bits of light; what is beyond white is white."""
    return np.asarray(np.rint(255 * light.clip(0, 1) ** (1 / 2.2)), dtype=np.uint8)


def exif_of(second: int, stops: float, place: int) -> Image.Exif:
    """EXIF of a camera that takes a picture at this second, so many stops from right, at this exposure."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "restore"
    exif[ExifTags.Base.Model] = "sample"
    block = exif.get_ifd(ExifTags.IFD.Exif)
    block[ExifTags.Base.DateTimeOriginal] = f"2026:06:21 12:{place:02d}:{second:02d}"
    block[ExifTags.Base.ExposureBiasValue] = stops
    block[ExifTags.Base.ExposureTime] = 2.0**stops / 60
    return exif


def held(picture: Array, across: float, down: float, degrees: float) -> Array:
    """The picture as a hand that moved sees it; `picture` is larger than what is seen by 20 pixels on each side."""
    height, width = picture.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    turn[:, 2] += across, down
    moved = cv2.warpAffine(picture, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved[20:-20, 20:-20])


def write_bracket(folder: Path) -> None:
    """A table in the light of a window, which no exposure holds: three hand-held frames, two stops apart, noisy."""
    scene = linear(data.coffee())
    across = np.linspace(-1, 1, scene.shape[1])[None, :, None]
    scene = scene * 2.0 ** (2.0 * np.tanh(4 * across) - 0.8)
    random = np.random.default_rng(1)
    for number, (stops, movement) in enumerate(zip(STOPS, HELD, strict=True), 1):
        seen = held(scene, *movement) * 2.0**stops
        noisy = seen + random.standard_normal(seen.shape) * np.sqrt(0.0004 * seen.clip(0) + 0.001**2)
        frame = Image.fromarray(encoded(noisy))
        frame.save(folder / f"table-{number}.jpg", quality=88, exif=exif_of(number, stops, 0))


def write_stack(folder: Path) -> None:
    """A face before a flag: one frame focused on each."""
    picture = data.astronaut()[:420, :420]
    light = linear(picture)
    y, x = np.ogrid[:420, :420]
    near = np.clip(40 - np.hypot((x - 225) / 0.62, (y - 260) / 1.1) + 160, 0, 1)
    near = np.maximum(near, np.clip((y - 300) / 1.0, 0, 1))[..., None]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * BLUR + 1, 2 * BLUR + 1)).astype(np.float64)
    soft = cv2.filter2D(light, -1, disc / disc.sum())
    for number, share in enumerate((near, 1 - near), 1):
        frame = Image.fromarray(encoded(share * light + (1 - share) * soft))
        frame.save(folder / f"face-{number}.jpg", quality=92, exif=exif_of(number, 0.0, 30))


def main() -> None:
    """Write all frames into the folder given as first argument, by default ``sample_series/`` of this checkout."""
    root = Path(__file__).resolve().parents[1]
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else root / "sample_series"
    folder.mkdir(parents=True, exist_ok=True)
    write_bracket(folder)
    write_stack(folder)
    for path in sorted(folder.glob("*.jpg")):
        print(f"{path.stat().st_size // 1024:5d} KiB  {path}")


if __name__ == "__main__":
    main()
