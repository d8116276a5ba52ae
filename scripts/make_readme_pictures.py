"""Make the README's pictures again: ``python scripts/make_readme_pictures.py``.

Runs ``restore denoise`` with its defaults over two samples and puts a piece of each, before and after, side by side,
pixel for pixel. And enlarges a piece of a third one four times: bicubic, ``restore upscale``, its map of uncertainty.
And fills drawn scratches and letters in the third: Telea's method, ``restore inpaint``.
And fuses the sample series: frames as they were taken, half as large, and what ``restore fuse`` makes of them.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageDraw, ImageFont, ImageOps

from restore.holes.drawing import draw_hole

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


ENLARGED = ("clean/portrait-rotated.jpg", (130, 70, 250, 190))
"""The sample that is enlarged, and the piece of it: left, top, right, bottom."""

FILLED = ("clean/portrait-rotated.jpg", (60, 20, 340, 300))
"""The sample whose holes are filled, and the piece of it that is shown."""


def opened(path: Path) -> Image.Image:
    """Return a picture as 8-bit RGB; 16-bit grey is rounded."""
    if path.suffix == ".tif":
        return Image.fromarray(np.rint(tifffile.imread(path) / 257).astype(np.uint8)).convert("RGB")
    with Image.open(path) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


def side_by_side(pieces: Sequence[Image.Image], labels: Sequence[str]) -> Image.Image:
    """Return pieces of one width next to each other, each under its label."""
    width, height = pieces[0].width, max(piece.height for piece in pieces)
    sheet = Image.new("RGB", (len(pieces) * (width + GAP) - GAP, height + LABEL), "white")
    draw = ImageDraw.Draw(sheet)
    for k, (piece, label) in enumerate(zip(pieces, labels, strict=True)):
        draw.text((k * (width + GAP) + 2, 4), label, fill="black", font=ImageFont.load_default(15))
        sheet.paste(piece, (k * (width + GAP), LABEL))
    return sheet


def enlarged(folder: Path) -> Image.Image:
    """Return a piece of a sample, enlarged four times in two ways, and the map of what was invented."""
    name, piece = ENLARGED
    given = folder / "piece.png"
    opened(ROOT / "sample_images" / name).crop(piece).save(given)
    for model, flags in (("bicubic", []), ("vae-sr", ["--training", "clean", "--uncertainty"])):
        target = folder / f"{model}.png"
        subprocess.run(["restore", "upscale", given, "-o", target, "--scale", "4", "-m", model, *flags], check=True)
    pieces = [opened(folder / each) for each in ("bicubic.png", "vae-sr.png", "vae-sr.uncertainty.png")]
    return side_by_side(pieces, ("bicubic, four times", "restore upscale", "its uncertainty"))


def filled(folder: Path) -> Image.Image:
    """Return a piece of a sample with scratches and letters, filled by Telea's method and by ``restore inpaint``."""
    name, piece = FILLED
    whole = opened(ROOT / "sample_images" / name)
    given, mask = folder / "scratched.png", folder / "mask.png"
    random = np.random.default_rng(1)
    scratches, letters = (draw_hole(kind, whole.height, whole.width, random) for kind in ("scratch", "text"))
    hole = scratches | letters
    Image.fromarray((hole * 255).astype(np.uint8)).save(mask)
    Image.fromarray(np.where(hole[..., None], 235, np.asarray(whole)).astype(np.uint8)).save(given)
    for model in ("telea", "gan-inpaint"):
        words: list[str | Path] = [
            "restore",
            "inpaint",
            given,
            "-o",
            folder / f"{model}.png",
            "--mask",
            mask,
            "-m",
            model,
        ]
        subprocess.run(words, check=True)
    pieces = [opened(path).crop(piece) for path in (given, folder / "telea.png", folder / "gan-inpaint.png")]
    return side_by_side(pieces, ("scratches and letters", "OpenCV's Telea", "restore inpaint"))


def fused(folder: Path) -> Image.Image:
    """Return the frames of a bracket and of a focus stack, and the picture made of each."""
    series = ROOT / "sample_series"
    rows = []
    for frames in (["table-1", "table-2", "table-3"], ["face-1", "face-2"]):
        paths = [series / f"{name}.jpg" for name in frames]
        target = folder / f"{frames[0]}.png"
        subprocess.run(["restore", "fuse", *paths, "-o", target], check=True)
        shown = [ImageOps.contain(opened(path), (270, 180)) for path in (*paths, target)]
        rows.append(side_by_side(shown, (*frames, "restore fuse")))
    sheet = Image.new("RGB", (max(row.width for row in rows), sum(row.height for row in rows) + GAP), "white")
    for number, row in enumerate(rows):
        sheet.paste(row, (0, number * (rows[0].height + GAP)))
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
            sheet = side_by_side((before, after), (picture.before, "after restore denoise"))
            sheet.save(target / picture.name, optimize=True)
        enlarged(Path(folder)).save(target / "upscale.png", optimize=True)
        filled(Path(folder)).save(target / "inpaint.png", optimize=True)
        fused(Path(folder)).save(target / "fuse.png", optimize=True)
    for path in sorted(target.glob("*.png")):
        print(f"{path.stat().st_size // 1024:5d} KiB  {path}")


if __name__ == "__main__":
    main()
