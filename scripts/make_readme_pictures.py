"""Make the README's pictures again: ``python scripts/make_readme_pictures.py``.

Runs ``restore denoise`` with its defaults over two samples and puts a piece of each, before and after, side by side,
pixel for pixel.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parents[1]
GAP = 6
LABEL = 26


@dataclass(frozen=True)
class Picture:
    """One picture of the README.

    Attributes:
        name: Its file in ``docs/images``.
        sample: The sample it shows.
        piece: Left, top, right and bottom of the piece that is shown.
        before: What stands over the sample.
    """

    name: str
    sample: str
    piece: tuple[int, int, int, int]
    before: str


PICTURES = (
    Picture("denoise-photo.png", "coffee-noisy.jpg", (120, 20, 500, 300), "photo in poor light"),
    Picture("denoise-scan.png", "scan-16bit.tif", (0, 20, 380, 300), "16-bit grey scan, sigma 20"),
)


def opened(path: Path) -> Image.Image:
    """Return a picture as 8-bit RGB; 16-bit grey is rounded."""
    if path.suffix == ".tif":
        return Image.fromarray(np.rint(tifffile.imread(path) / 257).astype(np.uint8)).convert("RGB")
    with Image.open(path) as image:
        return image.convert("RGB")


def side_by_side(before: Image.Image, after: Image.Image, labels: tuple[str, str]) -> Image.Image:
    """Return two pieces of one size next to each other, each under its label."""
    width, height = before.size
    sheet = Image.new("RGB", (2 * width + GAP, height + LABEL), "white")
    draw = ImageDraw.Draw(sheet)
    for x, piece, label in zip((0, width + GAP), (before, after), labels, strict=True):
        draw.text((x + 2, 4), label, fill="black", font=ImageFont.load_default(15))
        sheet.paste(piece, (x, LABEL))
    return sheet


def main() -> None:
    """Write all pictures into ``docs/images``."""
    target = ROOT / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    samples = [ROOT / "sample_images" / picture.sample for picture in PICTURES]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["restore", "denoise", *samples, "-o", folder], check=True)
        for picture, sample in zip(PICTURES, samples, strict=True):
            before, after = (opened(p).crop(picture.piece) for p in (sample, Path(folder) / sample.name))
            sheet = side_by_side(before, after, (picture.before, "after restore denoise"))
            sheet.save(target / picture.name, optimize=True)
            print(f"{(target / picture.name).stat().st_size // 1024:5d} KiB  {target / picture.name}")


if __name__ == "__main__":
    main()
